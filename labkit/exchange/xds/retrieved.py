"""Documents that came, held against what was said of them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from labkit.common.errors import DataError
from labkit.exchange.xds.messages import DocumentRequest, Retrieved
from labkit.exchange.xds.model import DocumentEntry


def request_of(each: DocumentEntry | DocumentRequest) -> DocumentRequest:
    """Say where a document is to be had: its entry says it."""
    if isinstance(each, DocumentRequest):
        return each
    return DocumentRequest(each.repositoryUniqueId, each.uniqueId, each.homeCommunityId)


def checked(document: Retrieved, said: Mapping[str, DocumentEntry | None]) -> Retrieved:
    """Return a document that was asked for and is what its entry says.

    Parameters
    ----------
    said
        The entry of each document that was asked for, by uniqueId; ``None`` where none is known.

    Raises
    ------
    DataError
        It was not asked for, or has another hash.
    """
    if document.uniqueId not in said:
        raise DataError(
            f"the document {document.uniqueId!r} came, and was not asked for",
            remedy="Ask who runs the repository why it answers with it.",
        )
    entry = said[document.uniqueId]
    digest = hashlib.sha1(document.data, usedforsecurity=False).hexdigest()
    if entry is not None and entry.hash and entry.hash != digest:
        raise DataError(
            f"the document {document.uniqueId} has the hash {digest}, its entry says {entry.hash}",
            remedy="Do not use it: ask who runs the repository what became of it.",
        )
    return document
