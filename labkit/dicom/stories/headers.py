"""What every object of a story has in common: the modules that say who, when, where, why."""

from __future__ import annotations

from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import UID

from labkit.dicom.stories.cast import Story
from labkit.dicom.stories.orders import code, procedure_id, step_id
from labkit.dicom.stories.people import SITES, STAFF
from labkit.dicom.stories.uids import uid

MAKER = "Labkit Phantom Works"

#: Model names of the invented devices, by AE title.
MODELS = {
    "CT1": "Cirrus 64", "MR1": "Polar 1.5T", "DX1": "Lantern DR", "US1": "Echo Small",
    "US2": "Echo Heart", "XA1": "Biplane One", "MG1": "Mammo View", "PT1": "Positron Ring",
    "CR1": "Plate Reader 2", "NM1": "Anger Duo",
}  # fmt: skip


def minutes_after(time: str, minutes: int) -> str:
    """Return a TM some minutes later on the same day."""
    total = int(time[:2]) * 60 + int(time[2:4]) + minutes
    return f"{total // 60:02d}{total % 60:02d}{time[4:]}"


def common(
    story: Story, sop_class: UID, modality: str, *, series: int, number: int, minutes: int = 2
) -> Dataset:
    """Return the modules Patient, Patient Study, Study, Series, Equipment and SOP Common.

    Parameters
    ----------
    series, number
        Series Number and Instance Number; the UIDs follow from them.
    minutes
        How long after the start of the study the series began.
    """
    ds = Dataset()
    _patient(ds, story)
    _study(ds, story)
    _series(ds, story, modality, series, minutes)
    _equipment(ds, story)
    ds.SOPClassUID = sop_class
    ds.SOPInstanceUID = uid(story.slug, series, number)
    ds.InstanceNumber = number
    ds.InstanceCreationDate = story.date
    ds.InstanceCreationTime = minutes_after(story.time, minutes)
    ds.ContentDate = story.date
    ds.ContentTime = minutes_after(story.time, minutes)
    return ds


def _patient(ds: Dataset, story: Story) -> None:
    """Patient (PS3.3 C.7.1.1) and Patient Study (C.7.2.2)."""
    person = story.person
    if person.charset:
        ds.SpecificCharacterSet = person.charset.split("\\")
    ds.PatientName = person.name
    ds.PatientID = person.patient_id
    ds.IssuerOfPatientID = SITES[person.site].issuer
    ds.PatientBirthDate = person.birth_date
    ds.PatientSex = person.sex
    birthday_passed = story.date[4:] >= person.birth_date[4:]
    years = int(story.date[:4]) - int(person.birth_date[:4]) - (not birthday_passed)
    ds.PatientAge = f"{years:03d}Y"
    ds.PatientSize = f"{person.height_m:.2f}"
    ds.PatientWeight = f"{person.weight_kg:.0f}"


def _study(ds: Dataset, story: Story) -> None:
    """General Study (PS3.3 C.7.2.1)."""
    ds.StudyInstanceUID = story.study_uid
    ds.StudyDate = story.date
    ds.StudyTime = story.time
    ds.StudyID = procedure_id(story.accession) if story.ordered else "1"
    ds.AccessionNumber = story.accession
    ds.ReferringPhysicianName = STAFF[story.referrer]
    ds.StudyDescription = story.description
    ds.ProcedureCodeSequence = Sequence([code(story.procedure, story.description)])


def _series(ds: Dataset, story: Story, modality: str, series: int, minutes: int) -> None:
    """General Series (PS3.3 C.7.3.1): what was done, and for which request."""
    ds.Modality = modality
    ds.SeriesInstanceUID = uid(story.slug, series)
    ds.SeriesNumber = series
    ds.SeriesDate = story.date
    ds.SeriesTime = minutes_after(story.time, minutes)
    ds.OperatorsName = STAFF["sonographer" if modality == "US" else "radiographer"]
    ds.PerformedProcedureStepID = step_id(story.accession) if story.ordered else "1"
    ds.PerformedProcedureStepStartDate = story.date
    ds.PerformedProcedureStepStartTime = story.time
    ds.PerformedProcedureStepDescription = story.description
    if story.ordered:
        ds.RequestAttributesSequence = Sequence([request(story)])


def request(story: Story) -> Dataset:
    """Return the item of Request Attributes (PS3.3 Table 10-9): the way back to the order."""
    item = Dataset()
    item.AccessionNumber = story.accession
    item.StudyInstanceUID = story.study_uid
    item.RequestedProcedureID = procedure_id(story.accession)
    item.RequestedProcedureDescription = story.description
    item.RequestedProcedureCodeSequence = Sequence([code(story.procedure, story.description)])
    item.ScheduledProcedureStepID = step_id(story.accession)
    item.ScheduledProcedureStepDescription = story.description
    item.ScheduledProtocolCodeSequence = Sequence([code(story.procedure, story.description)])
    return item


def _equipment(ds: Dataset, story: Story) -> None:
    """General Equipment (PS3.3 C.7.5.1)."""
    site = SITES[story.person.site]
    ds.Manufacturer = MAKER
    ds.InstitutionName = site.name
    ds.InstitutionAddress = site.address
    ds.StationName = story.station
    ds.InstitutionalDepartmentName = "Radiology"
    ds.ManufacturerModelName = MODELS[story.station]
    ds.DeviceSerialNumber = f"LPW-{story.station}-001"
    ds.SoftwareVersions = "1.0"


def acquired(ds: Dataset, story: Story, description: str, body_part: str) -> None:
    """Say what an acquisition adds to its series, in place."""
    ds.SeriesDescription = description
    ds.ProtocolName = story.protocol
    ds.BodyPartExamined = body_part
    ds.AcquisitionDate = ds.SeriesDate
    ds.AcquisitionTime = ds.SeriesTime
    ds.AcquisitionNumber = 1


def not_acquired(ds: Dataset) -> None:
    """Take out, in place, what only an acquisition has: reports and marks are made at a desk."""
    for element in list(ds):
        if element.keyword.startswith("PerformedProcedureStep"):
            del ds[element.tag]
    for keyword in ("OperatorsName", "StationName", "RequestAttributesSequence"):
        if keyword in ds:
            del ds[keyword]


def frame_of_reference(ds: Dataset, story: Story, landmark: str = "") -> None:
    """Frame of Reference (PS3.3 C.7.4.1): images that share it share their coordinates."""
    ds.FrameOfReferenceUID = uid(story.slug, "frame of reference")
    ds.PositionReferenceIndicator = landmark
