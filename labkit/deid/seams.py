"""What passes between the parts of de-identification."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, NamedTuple, Protocol

from pydicom.dataset import Dataset

from labkit.deid.profile import Profile

Seen = Literal["none", "cleaned", "unsure"]
"""``none``: looked, and nothing there. ``unsure``: nobody can say, so the object is held."""


class Change(NamedTuple):
    """One element that is not as it was. Holds no value, old or new.

    Attributes
    ----------
    tag
        Eight digits, behind the sequences that it stands in: ``"00081140[0].00081155"``.
    name
        Of the attribute.
    action
        A code of PS3.15 Table E.1-1a, compounds decided.
    why
        What decided: ``Basic Profile``, an option, or a rule of this package in words.
    """

    tag: str
    name: str
    action: str
    why: str


@dataclass(frozen=True)
class PixelFinding:
    """What a cleaner of pixels found, and did.

    Attributes
    ----------
    text
        Burned-in text.
    face
        A recognizable face.
    changes
        What was done to the data set.
    why
        For the person who reviews; without identities.
    """

    text: Seen
    face: Seen
    changes: tuple[Change, ...] = ()
    why: str = ""


class PixelCleaner(Protocol):
    """Removes burned-in text and faces (PS3.15 E.3.1, E.3.2)."""

    def clean(self, ds: Dataset, profile: Profile) -> PixelFinding:
        """Clean `ds` in place.

        Parameters
        ----------
        ds
            With its original header, so that text can be compared with the patient's values, and
            its pixel data as in the file. A cleaner that decompresses sets
            ``ds.file_meta.TransferSyntaxUID`` and the Image Pixel module.
        profile
            Says which of ``clean-pixel-data`` and ``clean-visual-features`` was asked for.
        """
        ...


class Risk(NamedTuple):
    """What the header says of something in the pixels that nobody has looked for.

    Attributes
    ----------
    reason
        Why it may be there; empty where it is not to be expected.
    likely
        Whether the object says so, or its kind usually has it; else nobody knows.
    """

    reason: str = ""
    likely: bool = False

    def __bool__(self) -> bool:
        return bool(self.reason)


@dataclass
class Outcome:
    """What became of one object.

    Attributes
    ----------
    ds
        The de-identified data set; ``None`` where it was held.
    changes
        What was done.
    held
        Why a person has to look at it first; empty where it was passed.
    unseen
        What may be in its pixels, for all that the header tells, although it was passed.
    path
        Where it was written, or ``None``.
    """

    ds: Dataset | None
    changes: list[Change]
    held: tuple[str, ...] = ()
    path: Path | None = None
    unseen: tuple[str, ...] = ()


@dataclass
class Trail:
    """Where in the data set we are, and what was changed so far."""

    changes: list[Change] = field(default_factory=list)
    _path: list[str] = field(default_factory=list)

    def note(self, tag: int, name: str, action: str, why: str) -> None:
        """Record a change of an element of the data set where we are."""
        self.changes.append(Change("".join([*self._path, f"{tag:08X}"]), name, action, why))

    def items(self, tag: int, sequence: Iterator[Dataset] | list[Dataset]) -> Iterator[Dataset]:
        """Go through the items of a sequence; what is noted meanwhile has its path."""
        for index, item in enumerate(sequence):
            self._path.append(f"{tag:08X}[{index}].")
            yield item
            self._path.pop()

    @property
    def depth(self) -> int:
        """How many sequences deep we are; 0 in the data set itself."""
        return len(self._path)
