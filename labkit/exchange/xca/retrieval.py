"""What ITI-39 and RAD-75 have in common: documents that are asked for by community and repository.

RAD-75 is to RAD-69 what ITI-39 is to ITI-43, and its answers have the same form (RAD TF-2 4.75).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from labkit.exchange.images.request import (
    RAD69,
    RAD69_ANSWER,
    RAD75,
    RAD75_ANSWER,
    ImageRequest,
    ImagingRequest,
)
from labkit.exchange.soap import xml
from labkit.exchange.xds.messages import DocumentRequest, read_retrieve, write_retrieve
from labkit.exchange.xds.names import RETRIEVE

ITI43 = RETRIEVE
ITI39 = "urn:ihe:iti:2007:CrossGatewayRetrieve"


@dataclass(frozen=True)
class Asked:
    """One thing that is wanted.

    Attributes
    ----------
    home, repository, unique_id
        Whose it is, where it is, and what it is.
    item
        The same as its transaction has it.
    """

    home: str
    repository: str
    unique_id: str
    item: Any


@dataclass(frozen=True)
class Request:
    """A request for documents or images, read.

    Attributes
    ----------
    asked
        What is wanted, each once.
    """

    asked: tuple[Asked, ...]
    _write: Callable[[Sequence[Any], str], xml.Element]

    def body(self, asked: Sequence[Asked], home: str) -> xml.Element:
        """Write the request for some of it, with that homeCommunityId (``""`` for none)."""
        return self._write([one.item for one in asked], home)


@dataclass(frozen=True)
class Kind:
    """A pair of transactions: within a community, and between gateways.

    Attributes
    ----------
    within, between
        ``"RAD-69"``, ``"RAD-75"``.
    action, answer
        wsa:Action of request and response within a community.
    across, across_answer
        The same between gateways.
    read
        Reads a request of either.
    """

    within: str
    between: str
    action: str
    answer: str
    across: str
    across_answer: str
    read: Callable[[xml.Element | None], Request]


def _documents(body: xml.Element | None) -> Request:
    def write(items: Sequence[DocumentRequest], home: str) -> xml.Element:
        return write_retrieve(replace(one, homeCommunityId=home) for one in items)

    found = dict.fromkeys(read_retrieve(body))
    return Request(
        tuple(
            Asked(one.homeCommunityId, one.repositoryUniqueId, one.uniqueId, one) for one in found
        ),
        write,
    )


def _images(body: xml.Element | None) -> Request:
    request = ImagingRequest.read(body)

    def write(items: Sequence[ImageRequest], home: str) -> xml.Element:
        return replace(request, images=tuple(replace(one, home=home) for one in items)).write()

    found = dict.fromkeys(request.images)
    return Request(
        tuple(Asked(one.home, one.repository, one.instance, one) for one in found), write
    )


DOCUMENTS = Kind(
    "ITI-43", "ITI-39", ITI43, f"{ITI43}Response", ITI39, f"{ITI39}Response", _documents
)
IMAGES = Kind("RAD-69", "RAD-75", RAD69, RAD69_ANSWER, RAD75, RAD75_ANSWER, _images)
KINDS = (DOCUMENTS, IMAGES)
