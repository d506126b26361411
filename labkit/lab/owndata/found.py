"""What a source of studies holds, before anything of it is brought in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from pydicom.dataset import Dataset


class Original(NamedTuple):
    """One object of a source.

    Attributes
    ----------
    uid
        Its SOP Instance UID there.
    origin
        Where it is, for people. May hold PHI.
    load
        Reads or fetches it whole; raises `DataError` where it is damaged.
    """

    uid: str
    origin: str
    load: Callable[[], Dataset]


@dataclass
class FoundSeries:
    """One series of a source: what its instances are, as far as was told."""

    uid: str
    modality: str
    instances: dict[str, str] = field(default_factory=dict)  # SOP Instance UID → class, or ""


@dataclass
class FoundStudy:
    """One study of a source.

    Attributes
    ----------
    date
        DA, or empty.
    patients
        Patient IDs of its objects; the name, where there is no ID.
    bytes
        Of its files; ``None`` where a server does not say.
    """

    uid: str
    date: str = ""
    patients: set[str] = field(default_factory=set)
    series: dict[str, FoundSeries] = field(default_factory=dict)
    bytes: int | None = None

    @property
    def instances(self) -> int:
        """How many objects it has."""
        return sum(len(series.instances) for series in self.series.values())

    @property
    def modalities(self) -> tuple[str, ...]:
        """Modalities of its series, each once."""
        return tuple(dict.fromkeys(series.modality for series in self.series.values()))


@dataclass
class Found:
    """Everything that a source holds of what was asked for.

    Attributes
    ----------
    unreadable
        Place and reason of each file that is DICOM and cannot be used. The place may hold PHI.
    others
        How many files are no DICOM.
    twice
        How many files hold an object that another one has given already.
    """

    studies: list[FoundStudy] = field(default_factory=list)
    unreadable: list[tuple[str, str]] = field(default_factory=list)
    others: int = 0
    twice: int = 0

    @property
    def patients(self) -> set[str]:
        """All patients."""
        return set[str]().union(*(study.patients for study in self.studies))

    @property
    def bytes(self) -> int | None:
        """Size of all, where it is known of all."""
        sizes = [study.bytes for study in self.studies]
        return None if None in sizes else sum(size for size in sizes if size)


@dataclass(frozen=True)
class Asked:
    """Which studies are wanted; all criteria count together.

    Attributes
    ----------
    limit
        At most so many studies, by date; 0 for all.
    """

    study: str = ""
    patient: str = ""
    accession: str = ""
    limit: int = 0

    def __bool__(self) -> bool:
        return bool(self.study or self.patient or self.accession or self.limit)

    def first(self, studies: list[FoundStudy]) -> list[FoundStudy]:
        """Put studies in order of date, and take no more than the limit."""
        ordered = sorted(studies, key=lambda study: (study.date, study.uid))
        return ordered[: self.limit] if self.limit else ordered


class Origin(Protocol):
    """Where studies are brought from. It is only read."""

    def survey(self, asked: Asked) -> Found:
        """Say what is there, without pixels."""
        ...

    def objects(self, study: FoundStudy, have: Callable[[str], bool]) -> Iterator[Original]:
        """Go through the objects of a study, one in memory at a time.

        Parameters
        ----------
        have
            Says of a SOP Instance UID whether it need not come again.
        """
        ...
