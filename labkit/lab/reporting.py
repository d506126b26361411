"""What a modality says of its work: the data sets of N-CREATE and N-SET (PS3.4 Table F.7.2-1)."""

from __future__ import annotations

from collections.abc import Sequence

from pydicom import Dataset
from pydicom.sr.codedict import codes

from labkit.common.errors import UsageError

MPPS = "1.2.840.10008.3.1.2.3.3"
REASONS = {
    "wrong worklist entry": codes.DCM.IncorrectWorklistEntrySelected,
    "equipment failure": codes.DCM.EquipmentFailure,
    "patient condition": codes.DCM.PatientConditionPreventedContinuing,
    "patient refused": codes.DCM.PatientRefusedToContinueProcedure,
}
"""Why a step is discontinued: 110514, 110501, 110515 and 110505 of CID 9300."""
_PERSON = ("PatientName", "PatientID", "IssuerOfPatientID", "PatientBirthDate", "PatientSex")


def check_reason(reason: str) -> None:
    """Refuse a reason that there is no code for."""
    if reason and reason not in REASONS:
        raise UsageError(
            f"{reason!r} is no reason to discontinue a step",
            remedy=f"Use one of {', '.join(REASONS)}.",
        )


def begun(first: Dataset, order: Dataset | None, ae_title: str, number: int) -> Dataset:
    """Make the data set of an N-CREATE: whose step it is, and which one that was scheduled.

    Parameters
    ----------
    first
        The first image that is going to be made.
    order
        The worklist entry; without one the step is unscheduled, and what is known of an order
        stays empty (PS3.4 F.7.2.1.1).
    ae_title
        Of the modality.
    number
        Counts its examinations.
    """
    ds, source = Dataset(), order if order is not None else Dataset()
    if "SpecificCharacterSet" in first:
        ds.SpecificCharacterSet = first.SpecificCharacterSet
    for keyword in _PERSON:
        ds[keyword] = first[keyword]
    ds.ReferencedPatientSequence = []
    scheduled = Dataset()
    scheduled.StudyInstanceUID = first.StudyInstanceUID
    scheduled.AccessionNumber = first.get("AccessionNumber", "")
    scheduled.ReferencedStudySequence = []
    for keyword in ("RequestedProcedureID", "RequestedProcedureDescription"):
        setattr(scheduled, keyword, source.get(keyword, ""))
    steps = source.get("ScheduledProcedureStepSequence") or [Dataset()]
    for keyword in ("ScheduledProcedureStepID", "ScheduledProcedureStepDescription"):
        setattr(scheduled, keyword, steps[0].get(keyword, ""))
    scheduled.ScheduledProtocolCodeSequence = []
    ds.ScheduledStepAttributesSequence = [scheduled]
    ds.PerformedProcedureStepID = f"{ae_title[:11]}-{number % 10000}"
    ds.PerformedStationAETitle, ds.PerformedStationName = ae_title, first.StationName
    ds.PerformedLocation = ""
    ds.PerformedProcedureStepStartDate = first.StudyDate
    ds.PerformedProcedureStepStartTime = first.StudyTime
    ds.PerformedProcedureStepStatus = "IN PROGRESS"
    ds.PerformedProcedureStepDescription = first.get("StudyDescription", "")
    ds.PerformedProcedureTypeDescription = ""
    ds.ProcedureCodeSequence = []
    ds.PerformedProcedureStepEndDate = ds.PerformedProcedureStepEndTime = ""
    ds.Modality, ds.StudyID = first.Modality, first.get("StudyID", "")
    ds.PerformedProtocolCodeSequence, ds.PerformedSeriesSequence = [], []
    return ds


def tie(images: Sequence[Dataset], step: Dataset, uid: str) -> None:
    """Write into images which performed step made them (PS3.3 C.7.3.1)."""
    for ds in images:
        reference = Dataset()
        reference.ReferencedSOPClassUID, reference.ReferencedSOPInstanceUID = MPPS, uid
        ds.ReferencedPerformedProcedureStepSequence = [reference]
        ds.PerformedProcedureStepID = step.PerformedProcedureStepID
        ds.PerformedProcedureStepStartDate = step.PerformedProcedureStepStartDate
        ds.PerformedProcedureStepStartTime = step.PerformedProcedureStepStartTime


def ended(made: Sequence[Dataset], retrieve_from: str, reason: str = "") -> Dataset:
    """Make the data set of the final N-SET: what was made, and when it ended.

    Parameters
    ----------
    made
        The images, of one series.
    retrieve_from
        AE title where they can be had.
    reason
        One of `REASONS` where the step was discontinued; ``""`` if it is completed.
    """
    last = made[-1]
    ds = Dataset()
    ds.PerformedProcedureStepStatus = "DISCONTINUED" if reason else "COMPLETED"
    ds.PerformedProcedureStepEndDate = last.ContentDate
    ds.PerformedProcedureStepEndTime = last.ContentTime
    series = Dataset()
    series.PerformingPhysicianName = series.OperatorsName = ""
    series.ProtocolName = last.get("ProtocolName") or last.Modality  # type 1 in a final state
    series.SeriesInstanceUID = last.SeriesInstanceUID
    series.SeriesDescription = last.get("SeriesDescription", "")
    series.RetrieveAETitle = retrieve_from
    series.ReferencedImageSequence = [_reference(image) for image in made]
    series.ReferencedNonImageCompositeSOPInstanceSequence = []
    ds.PerformedSeriesSequence = [series]
    if reason:
        why = Dataset()
        why.CodeValue = REASONS[reason].value
        why.CodingSchemeDesignator = REASONS[reason].scheme_designator
        why.CodeMeaning = REASONS[reason].meaning
        ds.PerformedProcedureStepDiscontinuationReasonCodeSequence = [why]
    return ds


def _reference(image: Dataset) -> Dataset:
    item = Dataset()
    item.ReferencedSOPClassUID = image.SOPClassUID
    item.ReferencedSOPInstanceUID = image.SOPInstanceUID
    return item
