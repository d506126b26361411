"""What stands behind the routes: an archive of our own, or a PACS that speaks DIMSE.

The routes know HTTP and DICOMweb; a source knows where the objects are. All methods are called from
worker threads, several at once. What goes wrong is raised: `WebError` with the status that the
client is to get, or any error of `labkit.common.errors` (see `labkit.dicomweb.problems`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Protocol

from pydicom.dataset import Dataset

from labkit.pacs.keys import Level

Json = dict[str, Any]
"""One data set in the DICOM JSON Model: tag (eight hex digits) → element (PS3.18 F.2)."""


@dataclass(frozen=True)
class Place:
    """Which objects a URL names: those of a study, of one series, or one instance (PS3.18 10.1).

    Attributes
    ----------
    study, series, instance
        UIDs; ``""`` where the URL does not go so far down.
    """

    study: str = ""
    series: str = ""
    instance: str = ""

    @property
    def path(self) -> str:
        """The part of the URL below the base: ``/studies/1.2/series/1.3``."""
        parts = (("studies", self.study), ("series", self.series), ("instances", self.instance))
        return "".join(f"/{name}/{uid}" for name, uid in parts if uid)

    def keys(self) -> dict[str, str]:
        """The UIDs as attributes: keyword → value."""
        named = (
            ("StudyInstanceUID", self.study),
            ("SeriesInstanceUID", self.series),
            ("SOPInstanceUID", self.instance),
        )
        return {keyword: uid for keyword, uid in named if uid}


@dataclass(frozen=True)
class Search:
    """What a QIDO-RS request asks (PS3.18 8.3.4, 10.6).

    Attributes
    ----------
    level
        STUDY, SERIES or IMAGE.
    keys
        The attributes to match, with their values; and, empty, those to return beside the ones
        that every source returns. As the identifier of a C-FIND, without Query/Retrieve Level. The
        UIDs of the URL are among them.
    everything
        ``includefield=all``: return whatever the source has at this level and above.
    fuzzy
        ``fuzzymatching=true``. A source that cannot says so in `Page.warnings` (8.3.4.2).
    limit, offset
        Which part of the matches is wanted; ``None`` is all that follow.
    visible
        Says whether a patient and a study may be shown, by their IDs; asked before paging, so that
        nothing hidden is counted. ``None`` where everything may.
    """

    level: Level
    keys: Dataset
    everything: bool = False
    fuzzy: bool = False
    limit: int | None = None
    offset: int = 0
    visible: Callable[[str, str], bool] | None = None


@dataclass
class Page:
    """The matches asked for.

    Attributes
    ----------
    matches
        One data set a match, without Retrieve URL, which the routes add. May be made as it is read.
        The order is the same each time as long as nothing is stored or deleted, so that pages fit.
    remaining
        How many more match after these.
    warnings
        What the client should know: text for the ``Warning`` header (8.3.4.2).
    """

    matches: Iterable[Json]
    remaining: int = 0
    warnings: list[str] = field(default_factory=list)


class Instance(Protocol):
    """One object that can be read now."""

    @property
    def place(self) -> Place:
        """Its three UIDs."""
        ...

    @property
    def sop_class_uid(self) -> str:
        """As stored."""
        ...

    @property
    def transfer_syntax(self) -> str:
        """As stored."""
        ...

    @property
    def patient_id(self) -> str:
        """As the source knows it."""
        ...

    @property
    def modified(self) -> float:
        """When it was stored, seconds since the epoch; 0 if unknown."""
        ...

    def open(self) -> BinaryIO:
        """Open it as a Part 10 file, to be read from the start and closed by the caller."""
        ...


@dataclass(frozen=True)
class Outcome:
    """What became of an object that was to be stored (PS3.18 10.5.3, Annex I).

    Attributes
    ----------
    place, sop_class_uid
        What it is, as far as it could be read.
    failure
        Failure Reason (0008,1197), a status of PS3.4 B.2.3 or PS3.7 C; 0 if it is stored.
    warning
        Warning Reason (0008,1196), B000, B006 or B007; 0 if it is stored as it came.
    text
        Why, in words.
    """

    place: Place
    sop_class_uid: str = ""
    failure: int = 0
    warning: int = 0
    text: str = ""


class Source(Protocol):
    """Where the objects are.

    A source whose objects are all here, to be read at once and as they stand, has an attribute
    ``at_hand`` that is true; its instances may have a text ``revision`` that is another whenever
    what `Instance.open` gives is another. Answers are then made faster.

    One that has to fetch them has ``patients(place)``, the Patient IDs of the objects there, so
    that nothing is fetched for one who may not see it.
    """

    def search(self, query: Search) -> Page:
        """Find studies, series or instances."""
        ...

    def instances(self, place: Place) -> Iterator[Instance]:
        """Go through the objects of a place; none if it is not there.

        A source that fetches them gives each as it arrives. An iterator that is closed early must
        give back what it holds.
        """
        ...

    def metadata(self, place: Place) -> Iterator[tuple[Instance, Dataset]]:
        """Go through the headers: data sets without pixel data.

        `labkit.dicomweb.reading.headers` does it for any source that has `instances`.
        """
        ...

    def store(self, file: BinaryIO) -> Outcome:
        """Keep an object, given as a Part 10 file. On return it is durable, or has failed."""
        ...

    def remove(self, place: Place) -> int:
        """Delete the objects of a place; how many there were."""
        ...

    def version(self, place: Place) -> str:
        """A text that changes whenever an object of the place comes, goes or changes.

        ``""`` if that cannot be known; then answers carry no ETag (RFC 9110 8.8.3).
        """
        ...
