"""A rejection note: the document that takes images out of use (IHE IOCM; PS3.3 A.35.4, TID 2010).

It is a Key Object Selection: a title that says why, and references to the objects that are meant.
The objects themselves are not touched; what an archive does with them is the archive's part.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from pydicom.dataset import Dataset
from pydicom.sr.codedict import codes
from pydicom.uid import KeyObjectSelectionDocumentStorage, generate_uid

from labkit.common.errors import UsageError

_TITLES = {
    "quality": codes.DCM.RejectedForQualityReasons,
    "patient safety": codes.DCM.RejectedForPatientSafetyReasons,
    "wrong worklist entry": codes.DCM.IncorrectModalityWorklistEntry,
    "retention expired": codes.DCM.DataRetentionPolicyExpired,
}
REASONS = tuple(_TITLES)
"""Why objects are rejected: 113001, 113037, 113038 and 113039 of CID 7011."""
TITLES = frozenset(code.value for code in _TITLES.values())
"""Those codes: a key object with one of them as its title is a rejection note."""
_COPIED = ("SpecificCharacterSet", "PatientName", "PatientID", "IssuerOfPatientID",
           "PatientBirthDate", "PatientSex", "StudyInstanceUID", "StudyDate", "StudyTime",
           "ReferringPhysicianName", "StudyID", "AccessionNumber")  # fmt: skip


def rejection_note(
    objects: Iterable[Dataset], reason: str, *, when: datetime | None = None
) -> Dataset:
    """Make the note that rejects some objects of one study.

    Parameters
    ----------
    objects
        Data sets, or as much of each as a query at IMAGE level returns: the UIDs of study, series,
        SOP class and SOP instance.
    reason
        One of `REASONS`.
    when
        Content Date and Time; now, if it is not given.

    Raises
    ------
    UsageError
        There are no objects, they are of two studies, or the reason is none.
    """
    rejected = list(objects)
    if reason not in _TITLES:
        raise UsageError(
            f"{reason!r} is no reason for a rejection", remedy=f"Use one of {', '.join(REASONS)}."
        )
    if len({ds.get("StudyInstanceUID") for ds in rejected}) != 1:
        raise UsageError(
            f"a note rejects objects of one study; these {len(rejected)} are not of one",
            remedy="Make a note for each study.",
        )
    moment = when or datetime.now().astimezone()
    note = Dataset()
    for keyword in _COPIED:
        if keyword in rejected[0]:
            note[keyword] = rejected[0][keyword]
        elif keyword not in ("SpecificCharacterSet", "IssuerOfPatientID"):
            setattr(note, keyword, "")
    note.SOPClassUID = KeyObjectSelectionDocumentStorage
    note.SOPInstanceUID, note.SeriesInstanceUID = generate_uid(), generate_uid()
    note.Modality, note.SeriesNumber, note.InstanceNumber = "KO", 999, 1
    note.Manufacturer = ""
    note.ReferencedPerformedProcedureStepSequence = []
    note.ContentDate, note.ContentTime = moment.strftime("%Y%m%d"), moment.strftime("%H%M%S")
    note.CurrentRequestedProcedureEvidenceSequence = [_evidence(rejected)]
    note.ValueType, note.ContinuityOfContent = "CONTAINER", "SEPARATE"
    note.ConceptNameCodeSequence = [_code(_TITLES[reason])]
    template = Dataset()
    template.MappingResource, template.TemplateIdentifier = "DCMR", "2010"
    note.ContentTemplateSequence = [template]
    note.ContentSequence = [_content(ds) for ds in rejected]
    return note


def _code(code: object) -> Dataset:
    item = Dataset()
    item.CodeValue = getattr(code, "value", "")
    item.CodingSchemeDesignator = getattr(code, "scheme_designator", "")
    item.CodeMeaning = getattr(code, "meaning", "")
    return item


def _evidence(rejected: list[Dataset]) -> Dataset:
    """Study, series, instance, as a tree (PS3.3 Table C.17-3)."""
    series: dict[str, list[Dataset]] = {}
    for ds in rejected:
        series.setdefault(str(ds.SeriesInstanceUID), []).append(_reference(ds))
    study = Dataset()
    study.StudyInstanceUID = rejected[0].StudyInstanceUID
    study.ReferencedSeriesSequence = []
    for uid, references in series.items():
        item = Dataset()
        item.SeriesInstanceUID = uid
        item.ReferencedSOPSequence = references
        study.ReferencedSeriesSequence.append(item)
    return study


def _reference(ds: Dataset) -> Dataset:
    item = Dataset()
    try:
        item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = (
            ds.SOPClassUID, ds.SOPInstanceUID,
        )  # fmt: skip
    except AttributeError as error:
        raise UsageError(
            "an object without SOP Class UID or SOP Instance UID cannot be named",
            remedy="Ask for both at IMAGE level, or give the objects themselves.",
        ) from error
    return item


def _content(ds: Dataset) -> Dataset:
    """One reference of the content tree: IMAGE for what has rows, else COMPOSITE (TID 2010)."""
    item = Dataset()
    item.RelationshipType = "CONTAINS"
    item.ValueType = "COMPOSITE" if "Rows" not in ds and _is_document(ds) else "IMAGE"
    item.ReferencedSOPSequence = [_reference(ds)]
    return item


def _is_document(ds: Dataset) -> bool:
    return ds.get("Modality") in ("SR", "KO", "DOC", "PR", "REG", "SEG")
