"""Corrections of whose objects these are (IHE Patient Information Reconciliation).

An object is never changed in the store. A correction says what is true from now on of every object
under one patient ID, those that are still to come included: a modality may have the old values for
hours. The index has the corrected values, and an object that is sent out has them too, with the
former ones in its Original Attributes Sequence (PS3.3 C.12.1.1.9).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from pydicom.charset import python_encoding
from pydicom.dataset import Dataset

from labkit.pacs.header import Header
from labkit.pacs.journal import Journal

KEYWORDS = ("PatientName", "PatientID", "IssuerOfPatientID", "PatientBirthDate", "PatientSex")
"""What a correction may change."""


@dataclass(frozen=True)
class Correction:
    """What is true of the objects of a patient.

    Attributes
    ----------
    patient_id, issuer
        Whose: an ID means nothing without its issuer.
    values
        Keyword to value, of `KEYWORDS`.
    at
        When it was decided, a DT value with its zone.
    system
        Who corrects: Modifying System (0400,0563).
    reason
        ``"CORRECT"`` where the values were wrong, ``"COERCE"`` where two patients are one
        (0400,0565).
    """

    patient_id: str
    issuer: str
    values: Mapping[str, str] = field(default_factory=dict)
    at: str = ""
    system: str = ""
    reason: str = "CORRECT"

    def changes(self, known: Mapping[str, str]) -> dict[str, str]:
        """What it changes in an object with these values; nothing in one of another patient."""
        if not self.patient_id or known.get("PatientID", "") != self.patient_id:
            return {}
        if known.get("IssuerOfPatientID", "") not in ("", self.issuer):
            return {}  # another hospital's patient who has the same ID
        return {k: v for k, v in self.values.items() if known.get(k, "") != v}


class Corrections:
    """All corrections of an archive, in the order in which they were made.

    Parameters
    ----------
    path
        Their journal.
    """

    def __init__(self, path: Path) -> None:
        self.journal = Journal(path)
        self._all: tuple[Correction, ...] = ()
        self.reload()

    def __len__(self) -> int:
        return len(self._all)

    def __iter__(self) -> Iterator[Correction]:
        return iter(self._all)

    def reload(self) -> None:
        """Read the journal again."""
        self._all = tuple(Correction(**line) for line in self.journal.lines())

    def add(self, correction: Correction) -> None:
        """Decide; durable on return."""
        self.journal.add(asdict(correction))
        self._all = (*self._all, correction)

    def steps(self, known: Mapping[str, str]) -> Iterator[tuple[Correction, dict[str, str]]]:
        """Each correction that changes something in an object, and what, one after the other."""
        now = dict(known)
        for correction in self._all:
            changes = correction.changes(now)
            if changes:
                now |= changes
                yield correction, changes

    def header(self, header: Header) -> Header:
        """What the index is to know of an object."""
        values = dict(header.values)
        for _, changes in self.steps(header.values):
            values |= changes
        return replace(header, values=values)

    def amend(self, ds: Dataset) -> bool:
        """Correct a data set, and record what it said before; whether there was anything to do."""
        known = {k: str(ds[k].value or "") for k in KEYWORDS if k in ds} if self._all else {}
        steps = list(self.steps(known))
        for each, changes in steps:
            set_and_record(ds, changes, at=each.at, system=each.system, reason=each.reason)
        return bool(steps)


def set_and_record(
    ds: Dataset, changes: Mapping[str, str], *, at: str, system: str, reason: str
) -> None:
    """Change attributes of a data set, and add an item that says what they were before.

    Parameters
    ----------
    changes
        Keyword to new value.
    at, system, reason
        (0400,0562), (0400,0563) and (0400,0565) of the item (PS3.3 C.12.1.1.9).
    """
    before = Dataset()
    for keyword in changes:
        # An attribute that was absent is recorded without a value.
        setattr(before, keyword, ds[keyword].value if keyword in ds else "")
    _make_room(ds, changes)
    for keyword, value in changes.items():
        setattr(ds, keyword, value)
    item = Dataset()
    item.ModifiedAttributesSequence = [before]
    item.AttributeModificationDateTime = at
    item.ModifyingSystem = system
    meta = getattr(ds, "file_meta", None) or Dataset()
    item.SourceOfPreviousValues = str(meta.get("SourceApplicationEntityTitle") or "")
    item.ReasonForTheAttributeModification = reason
    ds.OriginalAttributesSequence = [*(ds.get("OriginalAttributesSequence") or []), item]


def _make_room(ds: Dataset, changes: Mapping[str, str]) -> None:
    """Go over to UTF-8 where the object's own character set cannot hold the new values."""
    terms = ds.get("SpecificCharacterSet") or ""
    names = [terms] if isinstance(terms, str) else list(terms)
    codec = python_encoding.get(str(names[0]).strip() or "ISO_IR 6", "ascii") if names else "ascii"
    try:
        for value in changes.values():
            value.encode("ascii" if len(names) > 1 else codec)
    except (UnicodeEncodeError, LookupError):
        ds.decode()  # every text of it, by the character set that it still has
        ds.SpecificCharacterSet = "ISO_IR 192"
