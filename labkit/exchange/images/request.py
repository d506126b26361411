"""What is asked in RAD-69 and RAD-75: images, and the transfer syntaxes that will do.

``RetrieveImagingDocumentSetRequest`` (RAD TF-2 4.69.4.1.2, 4.69.5): study and series have a
namespace of their own, ``DocumentRequest`` is the one of ITI-43.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

from labkit.common.errors import DataError
from labkit.exchange.soap import xml
from labkit.exchange.xds.messages import DocumentRequest
from labkit.exchange.xds.names import RETRIEVE, XDSB

XDSI = "urn:ihe:rad:xdsi-b:2009"
RAD69 = "urn:ihe:rad:2009:RetrieveImagingDocumentSet"
RAD69_ANSWER = f"{RETRIEVE}Response"
RAD75 = "urn:ihe:rad:2011:CrossGatewayRetrieveImagingDocumentSet"
RAD75_ANSWER = f"{RAD75}Response"
MOST = 10_000
"""Images that one request may name."""


@dataclass(frozen=True, order=True)
class ImageRequest:
    """One object that is wanted (``DocumentRequest``, in its study and series).

    Attributes
    ----------
    study, series, instance
        UIDs; the last is the documentUniqueId.
    repository
        repositoryUniqueId of the Imaging Document Source that has it: in a manifest, the Retrieve
        Location UID (0040,E011).
    home
        homeCommunityId, ``urn:oid:…``; ``""`` within a community.
    """

    study: str
    series: str
    instance: str
    repository: str
    home: str = ""

    @property
    def document(self) -> DocumentRequest:
        """The same as ITI-43 has it, without study and series."""
        return DocumentRequest(self.repository, self.instance, self.home)


@dataclass(frozen=True)
class ImagingRequest:
    """A whole request.

    Attributes
    ----------
    images
        What is wanted.
    transfer_syntaxes
        UIDs; the answer is in one of them.
    """

    images: tuple[ImageRequest, ...]
    transfer_syntaxes: tuple[str, ...]

    @classmethod
    def read(cls, body: xml.Element | None) -> ImagingRequest:
        """Read the body of a RAD-69 or RAD-75 request.

        Raises
        ------
        DataError
            Something that it has to have is missing (RAD TF-2 4.69.5), or it names too many.
        """
        if body is None or body.tag != f"{{{XDSI}}}RetrieveImagingDocumentSetRequest":
            raise _wrong("the body is empty" if body is None else f"the body is {body.tag}")
        images = []
        for study in _some(body, XDSI, "StudyRequest"):
            study_uid = _attribute(study, "studyInstanceUID")
            for series in _some(study, XDSI, "SeriesRequest"):
                series_uid = _attribute(series, "seriesInstanceUID")
                images += [
                    ImageRequest(
                        study_uid,
                        series_uid,
                        _text(one, "DocumentUniqueId"),
                        _text(one, "RepositoryUniqueId"),
                        _text(one, "HomeCommunityId", needed=False),
                    )
                    for one in _some(series, XDSB, "DocumentRequest")
                ]
        if len(images) > MOST:
            raise _wrong(f"it names {len(images)} images; {MOST} are taken at once")
        listed = _some(body, XDSI, "TransferSyntaxUIDList")[0]
        syntaxes = tuple(xml.text_of(one) for one in _some(listed, XDSI, "TransferSyntaxUID"))
        if not all(syntaxes):
            raise _wrong("a TransferSyntaxUID is empty")
        return cls(tuple(images), syntaxes)

    def write(self) -> xml.Element:
        """Make the body of the request."""
        body = xml.make(f"{{{XDSI}}}RetrieveImagingDocumentSetRequest", _PREFIXES)
        for study, of_study in groupby(sorted(self.images), key=lambda one: one.study):
            parent = xml.add(body, f"{{{XDSI}}}StudyRequest", studyInstanceUID=study)
            for series, wanted in groupby(of_study, key=lambda one: one.series):
                child = xml.add(parent, f"{{{XDSI}}}SeriesRequest", seriesInstanceUID=series)
                for one in wanted:
                    _write(child, one)
        listed = xml.add(body, f"{{{XDSI}}}TransferSyntaxUIDList")
        for uid in self.transfer_syntaxes:
            xml.add(listed, f"{{{XDSI}}}TransferSyntaxUID", uid)
        return body


_PREFIXES: dict[str | None, str] = {"xdsiB": XDSI, "xdsb": XDSB}


def _write(series: xml.Element, one: ImageRequest) -> None:
    document = xml.add(series, f"{{{XDSB}}}DocumentRequest")
    # In this order, which the schema of ITI-43 fixes.
    for name, value in (
        ("HomeCommunityId", one.home),
        ("RepositoryUniqueId", one.repository),
        ("DocumentUniqueId", one.instance),
    ):
        if value:
            xml.add(document, f"{{{XDSB}}}{name}", value)


def _some(parent: xml.Element, namespace: str, name: str) -> list[xml.Element]:
    found = xml.children(parent, f"{{{namespace}}}{name}")
    if not found:
        raise _wrong(f"{_local(parent)} has no {name}")
    return found


def _attribute(element: xml.Element, name: str) -> str:
    value = (element.get(name) or "").strip()
    if not value:
        raise _wrong(f"{_local(element)} has no {name}")
    return value


def _text(element: xml.Element, name: str, *, needed: bool = True) -> str:
    value = xml.text_of(element.find(f"{{{XDSB}}}{name}"))
    if needed and not value:
        raise _wrong(f"a DocumentRequest has no {name}")
    return value


def _wrong(what: str) -> DataError:
    return DataError(
        f"This is no RetrieveImagingDocumentSetRequest: {what}.",
        remedy="RAD TF-2 4.69.5 has an example; ImagingRequest(...).write() makes one.",
    )


def _local(element: xml.Element) -> str:
    return str(element.tag).rpartition("}")[2]
