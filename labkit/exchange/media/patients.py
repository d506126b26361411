"""Whose images these are, here: the patient of a disc against the patients of the house."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from pydicom.dataset import Dataset

from labkit.dimse import Peer, find, identifier
from labkit.exchange.manifests.values import items, text


@dataclass(frozen=True)
class LocalPatient:
    """A patient of the house.

    Attributes
    ----------
    id, issuer
        As in Patient ID (0010,0020) and Issuer of Patient ID (0010,0021).
    name
        PN.
    birth_date, sex
        DA; M, F or O.
    others
        ``(ID, issuer)`` of the same person elsewhere, as far as the house knows them.
    """

    id: str
    issuer: str = ""
    name: str = ""
    birth_date: str = ""
    sex: str = ""
    others: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        return f"{self.id} of {self.issuer or 'nobody'}, {self.name}, {self.birth_date} {self.sex}"


@dataclass(frozen=True)
class Match:
    """A patient of the house that may be meant, and why."""

    patient: LocalPatient
    why: str


def patient_of(ds: Dataset) -> LocalPatient:
    """Return whom a data set is of, as it says it."""
    others = tuple(
        (text(item, "PatientID"), text(item, "IssuerOfPatientID"))
        for item in items(ds, "OtherPatientIDsSequence")
        if text(item, "PatientID")
    )
    return LocalPatient(
        text(ds, "PatientID"), text(ds, "IssuerOfPatientID"), text(ds, "PatientName"),
        text(ds, "PatientBirthDate"), text(ds, "PatientSex"), others,
    )  # fmt: skip


def matches(theirs: LocalPatient, house: Iterable[LocalPatient]) -> list[Match]:
    """Return which patients of the house may be the one of the disc.

    By an ID *with its issuer*: the house's own, or one that the house knows to be of its patient.
    Else by name, birth date and sex together, none of them empty. An ID alone says nothing:
    ``1001234`` is somebody in every hospital.
    """
    known = list(house)
    pairs = {(theirs.id, theirs.issuer), *theirs.others} if theirs.issuer else set(theirs.others)
    pairs = {(value, issuer) for value, issuer in pairs if value and issuer}
    by_id = [Match(p, "the same ID of the same issuer") for p in known
             if (p.id, p.issuer) in pairs]  # fmt: skip
    by_id += [Match(p, "an ID that the house knows of this patient") for p in known
              if pairs & set(p.others) and p not in [m.patient for m in by_id]]  # fmt: skip
    if by_id:
        return by_id
    return [Match(p, "name, birth date and sex") for p in known if _same_person(theirs, p)]


def contradictions(theirs: LocalPatient, ours: LocalPatient) -> list[str]:
    """Say where two records of one patient disagree, as far as both say it."""
    found = []
    if theirs.birth_date and ours.birth_date and theirs.birth_date != ours.birth_date:
        found.append(f"birth date {theirs.birth_date}, here {ours.birth_date}")
    if theirs.sex and ours.sex and theirs.sex != ours.sex:
        found.append(f"sex {theirs.sex}, here {ours.sex}")
    if theirs.name and ours.name and not _names(theirs.name) & _names(ours.name):
        found.append(f"name {theirs.name}, here {ours.name}")
    return found


def patients_of(peer: Peer, *, ae_title: str = "LEARNER") -> list[LocalPatient]:
    """Ask an archive for its patients (C-FIND at PATIENT level, PS3.4 C.6.1).

    Raises
    ------
    DimseError
        The archive answers with a failure.
    """
    asked = identifier("PATIENT", PatientID=None, IssuerOfPatientID=None, PatientName=None,
                       PatientBirthDate=None, PatientSex=None)  # fmt: skip
    found = find(peer, asked, model="patient", ae_title=ae_title)
    found.raise_for_status()
    return [patient_of(ds) for ds in found]


def _same_person(one: LocalPatient, two: LocalPatient) -> bool:
    said = (one.birth_date, one.sex)
    return bool(all(said) and said == (two.birth_date, two.sex)
                and _names(one.name) & _names(two.name))  # fmt: skip


def _names(name: str) -> set[tuple[str, str]]:
    """Family and given name of each component group, without case, accents and punctuation."""
    found = set()
    for group in name.split("="):
        parts = [_plain(part) for part in [*group.split("^"), ""][:2]]
        if all(parts):
            found.add((parts[0], parts[1]))
    return found


def _plain(part: str) -> str:
    spread = unicodedata.normalize("NFKD", part.casefold())
    return "".join(c for c in spread if c.isalnum())
