"""Who holds objects, and how to ask what they hold of a study: by DICOMweb or by DIMSE."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

from pydicom.dataset import Dataset
from pydicom.uid import KeyObjectSelectionDocumentStorage

from labkit.common.errors import UsageError
from labkit.dicomweb.client import DicomwebClient
from labkit.dimse import Peer, find, get, identifier
from labkit.exchange.manifests.values import text

_PAGE = 1000


class Holder(Protocol):
    """One archive, asked about one study."""

    def held(self, study: str) -> Iterable[Dataset]:
        """Yield each object: its UID, series and SOP class."""

    def document(self, study: str, series: str, uid: str) -> Dataset | None:
        """Return the header of one object, or ``None`` where it cannot be had."""


class WebHolder:
    """An archive with DICOMweb (QIDO-RS, PS3.18 10.6; metadata, 10.4.1.1.2)."""

    def __init__(self, client: DicomwebClient) -> None:
        self.client = client

    def held(self, study: str) -> Iterator[Dataset]:
        """Ask page by page: a server may give fewer than there are, and says so (10.6.3.3)."""
        offset, seen = 0, set()
        while page := self.client.instances(study, limit=_PAGE, offset=offset):
            new = [ds for ds in page if text(ds, "SOPInstanceUID") not in seen]
            seen |= {text(ds, "SOPInstanceUID") for ds in new}
            yield from new
            offset += len(page)
            if not new:  # a server without paging sends the same again
                return

    def document(self, study: str, series: str, uid: str) -> Dataset | None:
        """Ask for the metadata of one object."""
        return next(iter(self.client.metadata(study, series, uid)), None)


class DimseHolder:
    """An archive with C-FIND and C-GET (PS3.4 C.4.1, C.4.3)."""

    def __init__(self, peer: Peer, ae_title: str = "LEARNER") -> None:
        self.peer, self.ae_title = peer, ae_title

    def held(self, study: str) -> Iterator[Dataset]:
        """Ask for the series, then for the objects of each: a hierarchical query."""
        asked = identifier("SERIES", StudyInstanceUID=study, SeriesInstanceUID=None)
        series = find(self.peer, asked, ae_title=self.ae_title)
        series.raise_for_status()
        for one in series:
            asked = identifier("IMAGE", StudyInstanceUID=study,
                               SeriesInstanceUID=one.SeriesInstanceUID, SOPInstanceUID=None,
                               SOPClassUID=None)  # fmt: skip
            found = find(self.peer, asked, ae_title=self.ae_title)
            found.raise_for_status()
            yield from found

    def document(self, study: str, series: str, uid: str) -> Dataset | None:
        """Have the object itself: C-FIND tells nothing of what a document refers to."""
        asked = identifier("IMAGE", StudyInstanceUID=study, SeriesInstanceUID=series,
                           SOPInstanceUID=uid)  # fmt: skip
        found = get(self.peer, asked, ae_title=self.ae_title,
                    storage_classes=[KeyObjectSelectionDocumentStorage])  # fmt: skip
        return next(iter(found.datasets), None)


def holder_of(client: DicomwebClient | Peer | Holder) -> Holder:
    """Make a holder of a client that is none.

    Raises
    ------
    UsageError
        It is no client that objects can be asked of.
    """
    if isinstance(client, DicomwebClient):
        return WebHolder(client)
    if isinstance(client, Peer):
        return DimseHolder(client)
    if not hasattr(client, "held"):
        raise UsageError(f"{type(client).__name__} cannot be asked what it holds.",
                         remedy="Give a DicomwebClient or a Peer.")  # fmt: skip
    return client
