"""Rejection notes: Key Object Selections that withdraw instances (IHE RAD, IOCM, RAD-66).

Its title says why. The instances it lists, and the note itself, are no part of what a clinician is
shown; they stay in the archive.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pydicom.dataset import Dataset
from pydicom.sr.codedict import codes

_TITLES = ("RejectedForQualityReasons", "RejectedForPatientSafetyReasons",
           "IncorrectModalityWorklistEntry", "DataRetentionPolicyExpired")  # fmt: skip
KEY_OBJECT_SELECTION = "1.2.840.10008.5.1.4.1.1.88.59"


@dataclass(frozen=True)
class Note:
    """Why an instance is withdrawn.

    Attributes
    ----------
    code, meaning
        Document title of the note, of DCM.
    origin
        Where the note was read.
    """

    code: str
    meaning: str
    origin: str


def titles() -> dict[str, str]:
    """Return code → meaning of the four titles of IOCM (among those of PS3.16 CID 7010)."""
    found = [getattr(codes.DCM, name) for name in _TITLES]
    return {code.value: code.meaning for code in found}


def withdrawn(ds: Dataset, origin: str) -> dict[str, Note]:
    """Return the SOP Instance UIDs that a rejection note withdraws, with the note's own.

    Any other object, and a note about good images, withdraws nothing.
    """
    title = ds.get("ConceptNameCodeSequence") or ()
    code = str(title[0].get("CodeValue") or "") if title else ""
    scheme = str(title[0].get("CodingSchemeDesignator") or "") if title else ""
    meaning = titles().get(code)
    if meaning is None or scheme != "DCM":
        return {}
    note = Note(code, meaning, origin)
    return dict.fromkeys((*_listed(ds), str(ds.get("SOPInstanceUID") or "")), note)


def _listed(ds: Dataset) -> Iterator[str]:
    """Walk Current Requested Procedure Evidence Sequence (PS3.3 C.17.2), of its own study."""
    for study in ds.get("CurrentRequestedProcedureEvidenceSequence") or ():
        if str(study.get("StudyInstanceUID") or "") != str(ds.get("StudyInstanceUID") or ""):
            continue
        for series in study.get("ReferencedSeriesSequence") or ():
            for sop in series.get("ReferencedSOPSequence") or ():
                yield str(sop.get("ReferencedSOPInstanceUID") or "")


def status_without_instances(notes: Iterable[Note]) -> str:
    """Return the status of an ImagingStudy of which nothing is left.

    ``entered-in-error`` where it should never have been (patient safety, wrong worklist entry),
    ``cancelled`` where it was not completed (quality). For an end of retention R4 and R5 have no
    code: ``unknown``.
    """
    found = {note.code for note in notes}
    if found & {codes.DCM.RejectedForPatientSafetyReasons.value,
                codes.DCM.IncorrectModalityWorklistEntry.value}:  # fmt: skip
        return "entered-in-error"
    return "cancelled" if codes.DCM.RejectedForQualityReasons.value in found else "unknown"
