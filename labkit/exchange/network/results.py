"""What the verbs of a network come to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from labkit.exchange.manifests import Manifest


@dataclass(frozen=True)
class Arrived:
    """A study that was made at a site.

    Attributes
    ----------
    site, study
        Where, and its Study Instance UID.
    objects, bytes
        How many objects, of how many bytes in all: their data sets as they are encoded.
    """

    site: str
    study: str
    objects: int
    bytes: int


@dataclass(frozen=True)
class Located:
    """A study, and where it can be had.

    Attributes
    ----------
    study
        Study Instance UID.
    site
        Name of the site that has it.
    patient
        Patient ID as it is known there.
    date, description, modalities
        Of the study.
    objects
        How many objects the site says it has.
    manifest
        What the central index has of it, in a hybrid network.
    """

    study: str
    site: str
    patient: str
    date: str = ""
    description: str = ""
    modalities: tuple[str, ...] = ()
    objects: int = 0
    manifest: Manifest | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True)
class Found(Sequence[Located]):
    """The answer to a search.

    Attributes
    ----------
    studies
        Sorted by date, study and site; a study that is at two places is there twice.
    asked
        The sites that were asked, in the order of the design.
    silent
        The sites that gave no answer, and why: what they have is missing.
    bytes, messages
        What went over lines for it, between those who asked and answered.
    seconds
        How long it took.
    """

    studies: tuple[Located, ...]
    asked: tuple[str, ...]
    silent: Mapping[str, str]
    bytes: int
    messages: int
    seconds: float

    def __getitem__(self, place: int) -> Located:  # type: ignore[override]
        return self.studies[place]

    def __len__(self) -> int:
        return len(self.studies)

    def __iter__(self) -> Iterator[Located]:
        return iter(self.studies)

    @property
    def complete(self) -> bool:
        """Whether everybody who was asked has answered."""
        return not self.silent

    def __repr__(self) -> str:
        lines = [f"{len(self)} found, {len(self.asked)} asked"]
        lines += [
            f"  {each.date or '-':<9}{'/'.join(each.modalities) or '-':<8}"
            f"{each.site:<12}{each.patient:<14}{each.description}".rstrip()
            for each in self.studies
        ]
        lines += [f"  no answer from {site}: {why}" for site, why in self.silent.items()]
        return "\n".join(lines)


@dataclass(frozen=True)
class Fetched:
    """A study that was fetched.

    Attributes
    ----------
    study
        Study Instance UID.
    at, source
        Where it was wanted, and where it came from; the same where it was there already.
    objects, bytes
        How many objects, of how many bytes in all: their data sets as they are encoded.
    line_bytes
        Bytes that went over lines for it, search included.
    first_image, seconds
        After how long the first object was there, and all of them.
    """

    study: str
    at: str
    source: str
    objects: int
    bytes: int
    line_bytes: int
    first_image: float
    seconds: float

    @property
    def local(self) -> bool:
        """Whether it was there already."""
        return self.at == self.source

    def __repr__(self) -> str:
        where = "was there" if self.local else f"came from {self.source}"
        return f"Fetched({self.objects} objects at {self.at}: {where})"
