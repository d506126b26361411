"""What a modality of the lab makes: real images of the stories, under the patient of its order."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from pydicom import Dataset
from pydicom.dataelem import RawDataElement
from pydicom.tag import Tag
from pydicom.uid import UID

from labkit.dicom.samples import sample
from labkit.lab.settings import COPIED

_DETECTOR = {
    "MR1": ("mr-brain", "MR", 2),
    "US1": ("us-thyroid", "US", 1),
    "US2": ("us-heart", "US", 1),
}
"""Which sample images each modality makes, and how many in one go."""
PERSON = (
    "SpecificCharacterSet", "PatientName", "PatientID", "IssuerOfPatientID", "PatientBirthDate",
    "PatientSex",
)  # fmt: skip
"""What identifies a person in an image."""
_DATES = (
    ("StudyDate", "StudyTime"), ("SeriesDate", "SeriesTime"),
    ("AcquisitionDate", "AcquisitionTime"), ("ContentDate", "ContentTime"),
)  # fmt: skip


def make(
    modality: str, order: Dataset | None, settings: Mapping[str, Any], number: int
) -> list[Dataset]:
    """Make the images of one examination.

    Parameters
    ----------
    modality
        ``"MR1"``, ``"US1"`` or ``"US2"``.
    order
        The worklist entry, or ``None`` where patient and order are typed in by hand.
    settings
        Of the modality.
    number
        Counts its examinations; UIDs follow from it, so that they are the same in every lab.
    """
    slug, kind, count = _DETECTOR[modality]
    found = sample(slug).datasets(kind)
    first = number * count % (len(found) - count + 1)
    fixed = settings["sop_uids"] == "fixed"
    series = _uid(modality, "series", 0 if fixed else number)
    images = []
    for position, ds in enumerate(found[first : first + count]):
        _identify(ds, order, settings, _uid(modality, "study", number))
        ds.SeriesInstanceUID = series
        ds.SOPInstanceUID = _uid(modality, "image", 0 if fixed else number, position)
        ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
        ds.InstanceNumber = position + 1
        ds.StationName = modality
        _date(ds, order, settings["clock_minutes"], number)
        if settings["character_set"] is not None:
            _mislabel(ds, settings["character_set"])
        wanted = settings["transfer_syntax"]
        if wanted and wanted != ds.file_meta.TransferSyntaxUID:
            _rewrite(ds, wanted)
        images.append(ds)
    return images


def _identify(
    ds: Dataset, order: Dataset | None, settings: Mapping[str, Any], own_study: UID
) -> None:
    """Copy patient and order from the worklist, as IHE SWF has it (RAD TF-2 4.6)."""
    for keyword in (*COPIED, "RequestAttributesSequence", "SpecificCharacterSet"):
        if keyword in ds:
            del ds[keyword]
    from_order = order is not None and settings["study_uid"] == "worklist"
    ds.StudyInstanceUID = order.StudyInstanceUID if from_order and order else own_study
    ds.StudyID = str(order.RequestedProcedureID) if order else ""
    source = order if order is not None else Dataset()
    if "SpecificCharacterSet" in source:
        ds.SpecificCharacterSet = source.SpecificCharacterSet
    for keyword in COPIED:
        copied = keyword in settings["copies"]
        setattr(ds, keyword, source.get(keyword, "") if copied else "")
    if order is not None:
        ds.StudyDescription = order.get("RequestedProcedureDescription", "")


def _date(ds: Dataset, order: Dataset | None, minutes: int, number: int) -> None:
    """Set the dates to when the step was scheduled, as the modality's clock shows it."""
    steps = order.get("ScheduledProcedureStepSequence") if order is not None else None
    begin = "20260116100000"
    if steps:
        begin = f"{steps[0].ScheduledProcedureStepStartDate}" + (
            str(steps[0].ScheduledProcedureStepStartTime)[:6].ljust(6, "0")
        )
    moment = datetime.strptime(begin, "%Y%m%d%H%M%S") + timedelta(minutes=minutes)
    study, now = moment, moment + timedelta(seconds=60 * (number % 30) + 30)
    for date, time in _DATES:
        shown = study if date == "StudyDate" else now
        setattr(ds, date, f"{shown:%Y%m%d}")
        setattr(ds, time, f"{shown:%H%M%S}")


def _mislabel(ds: Dataset, character_set: str) -> None:
    """Write names in UTF-8 and call them something else: the device's bug, not ours."""
    for keyword in ("PatientName", "ReferringPhysicianName"):
        tag = Tag(keyword)
        raw = str(ds.get(keyword, "")).encode("utf-8")
        raw += b" " * (len(raw) % 2)
        ds[tag] = RawDataElement(tag, "PN", len(raw), raw, 0, False, True)
    ds.SpecificCharacterSet = character_set


def _rewrite(ds: Dataset, transfer_syntax: str) -> None:
    """Send in another transfer syntax; what is compressed is decompressed first."""
    if ds.file_meta.TransferSyntaxUID.is_compressed:
        ds.decompress(generate_instance_uid=False)
    ds.file_meta.TransferSyntaxUID = UID(transfer_syntax)


def _uid(*parts: object) -> UID:
    """Derive a UID (PS3.5 B.2) that is the same in every lab."""
    digest = hashlib.sha256("/".join(map(str, ("labkit examination", *parts))).encode()).digest()
    return UID(f"2.25.{int.from_bytes(digest[:15], 'big')}")
