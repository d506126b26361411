"""What an attack is, what it works on, and what it answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from pydicom.dataset import Dataset

from labkit.deid.attack.plants import Plants


@dataclass(frozen=True)
class Carrier:
    """An object of the study, and how to know it again when its UIDs are new.

    Attributes
    ----------
    slug
        Its name in the catalogue.
    sop_class
        SOP Class UID.
    rows
        Rows of its image; 0 where it has none.
    stem
        Part of its file's name.
    """

    slug: str
    sop_class: str
    rows: int = 0
    stem: str = ""

    def of(self, ds: Dataset, name: str = "") -> bool:
        """Say whether a data set is this object, de-identified or not.

        Some de-identifiers remove SOP Class UID; then file meta, rows and the file's name tell.
        """
        rows = int(ds.get("Rows", 0) or 0)
        meta = getattr(ds, "file_meta", {})
        known = str(ds.get("SOPClassUID") or meta.get("MediaStorageSOPClassUID") or "")
        if known:
            return known == self.sop_class and rows == self.rows
        return rows == self.rows and bool(self.stem) and self.stem in name.rpartition("/")[2]


@dataclass(frozen=True)
class Planted:
    """The made-up study: where it is, and what an attacker wants.

    Attributes
    ----------
    folder
        What a de-identifier is given.
    uids
        Every original UID that names an instance of something.
    carriers
        Its objects by name.
    """

    folder: Path
    plants: Plants
    uids: frozenset[str]
    carriers: dict[str, Carrier]
    files: tuple[Path, ...]


@dataclass
class Released:
    """One file that came out.

    Attributes
    ----------
    name
        Its path in the output folder.
    ds
        As data set; ``None`` if it is something else.
    texts
        All that can be read in it, by whatever way, in lower case.
    """

    name: str
    raw: bytes = field(repr=False)
    ds: Dataset | None = field(repr=False)
    texts: tuple[str, ...] = field(repr=False)
    modified: float = 0.0


@dataclass
class Loot:
    """All that an attacker has: the output of a de-identifier, and public knowledge."""

    files: list[Released]

    @cached_property
    def datasets(self) -> list[Dataset]:
        """Return every data set among them."""
        return [file.ds for file in self.files if file.ds is not None]

    def carried(self, carrier: Carrier) -> list[Dataset]:
        """Return the data sets that are this object."""
        return [f.ds for f in self.files if f.ds is not None and carrier.of(f.ds, f.name)]

    def elements(self) -> Iterator[tuple[Released, Dataset]]:
        """Give every data set and every item of every sequence."""
        for file in self.files:
            if file.ds is not None:
                for part in parts(file.ds):
                    yield file, part


def parts(ds: Dataset) -> Iterator[Dataset]:
    """Give a data set and the items of its sequences, however deep."""
    yield ds
    for element in ds:
        if element.VR == "SQ":
            for item in element.value:
                yield from parts(item)


@dataclass(frozen=True)
class Attack:
    """One way to get identity back.

    Attributes
    ----------
    name
        As in reports: ``private-elements``.
    group
        The heading under which the table shows it.
    what
        What is tried, in a sentence.
    carrier
        Name of the object that it needs, or ``""``; ``fhir`` for JSON. Where the target has given
        out no such object, there was nothing to attack.
    run
        Returns what was found and where, or ``""``.
    proof
        The naive de-identifier that it gets through: ``copy``, ``naive`` or ``hashing``.
    """

    name: str
    group: str
    what: str
    carrier: str
    run: Callable[[Planted, Loot], str]
    proof: str = "naive"


@dataclass(frozen=True)
class Row:
    """What came of one attack on one target.

    Attributes
    ----------
    found
        What gave it away, or ``""``.
    tried
        False where the target had given out nothing that it could be tried on.
    """

    name: str
    target: str
    succeeded: bool
    found: str = ""
    tried: bool = True

    def to_json(self) -> dict[str, str | bool]:
        """Return the row as reports have it."""
        return {"name": self.name, "target": self.target, "succeeded": self.succeeded}
