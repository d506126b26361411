"""What every source of headers is: something to go through, that says what it left out and why."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import ClassVar, NamedTuple

from pydicom.dataset import Dataset

from labkit.common.errors import UsageError
from labkit.fhir.mapping.elements import parse_source, read
from labkit.fhir.mapping.sources.selection import Selection

KEPT = 100
"""Most things left out that are kept with their reason; of the rest, the number."""

#: Elements that hold samples, waveforms aside (PS3.3 C.7.6.3, C.7.6.24): never read, never kept.
PIXELS = (0x7FE00008, 0x7FE00009, 0x7FE00010)
_STUDY = parse_source("StudyInstanceUID")


class Header(NamedTuple):
    """One instance without its pixels.

    Attributes
    ----------
    ds
        The header.
    origin
        Where it was had: a path, or an address and a UID. It is for people.
    """

    ds: Dataset
    origin: str


class LeftOut(NamedTuple):
    """Something that a source could not give, or that was not asked for.

    Attributes
    ----------
    kind
        ``"not DICOM"``, ``"directory"`` (a DICOMDIR), ``"broken"``, ``"failed"`` (the other side
        refused or went away) or ``"done before"``.
    """

    origin: str
    kind: str
    reason: str


class Count(NamedTuple):
    """How much a source holds, as far as it says so without giving it.

    ``None`` is unknown: an archive need not count (PS3.4 C.3.4).
    """

    studies: int | None = None
    instances: int | None = None
    files: int | None = None

    def __str__(self) -> str:
        one = {"studies": "study", "instances": "instance", "files": "file"}
        held = [(name, value) for name, value in self._asdict().items() if value is not None]
        said = [f"{value} {one[name] if value == 1 else name}" for name, value in held]
        return ", ".join(said) or "unknown"


@dataclass
class Report:
    """What was left out: numbers of all, and the first `KEPT` of each kind with their reasons."""

    counts: Counter[str] = field(default_factory=Counter)
    first: list[LeftOut] = field(default_factory=list)

    def add(self, origin: str, kind: str, reason: str) -> None:
        """Note one."""
        if self.counts[kind] < KEPT:
            self.first.append(LeftOut(origin, kind, reason))
        self.counts[kind] += 1

    @property
    def failures(self) -> int:
        """How many were DICOM and could not be used, or could not be had."""
        return self.counts["broken"] + self.counts["failed"]


class Source(ABC):
    """Go through it to get a `Header` for each instance that a `Selection` may choose.

    Attributes
    ----------
    grouped
        Whether all instances of a study come one after the other, so that it is complete when the
        next begins.
    partial
        Why an attribute without a value may have one all the same, or ``""`` where the headers
        are whole: a C-FIND gives what the archive keeps in its database.
    report
        What was left out so far.
    done
        Study Instance UIDs that need not come (again).
    incomplete
        Those of which some instances could not be had: what came is no whole study.
    wanted
        Query level → keywords that will be read; it matters where headers are not whole.
    sparing
        Whether of most headers only a few elements will be read: they may then be given undecoded.
    """

    grouped: ClassVar[bool] = False
    partial: str = ""

    def __init__(self, selection: Selection | None = None) -> None:
        self.selection = selection or Selection()
        self.report = Report()
        self.done: Collection[str] = ()
        self.incomplete: set[str] = set()
        self.wanted: Mapping[str, Collection[str]] = {}
        self.sparing = False

    @abstractmethod
    def __iter__(self) -> Iterator[Header]:
        """Give the headers; raise only where nothing at all can be had."""

    def studies(self) -> Iterator[str]:
        """Give the Study Instance UIDs that may be wanted, without their instances.

        Raises
        ------
        UsageError
            Files: what study one is of shows when it is read.
        """
        raise UsageError("these studies are not listed", remedy="Go through the source.")

    @abstractmethod
    def count(self) -> Count:
        """Say how much there is, as cheaply as can be."""


def study_uid(ds: Dataset) -> str:
    """Return the Study Instance UID of a header, or ``""``; one that cannot be decoded has none."""
    return str((read(ds, _STUDY) or ("",))[0])


def without_pixels(ds: Dataset) -> Dataset:
    """Drop the pixel data of a data set, in place."""
    for tag in PIXELS:
        if tag in ds:
            del ds[tag]
    return ds
