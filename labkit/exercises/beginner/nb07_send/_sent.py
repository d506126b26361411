"""What a learner sent: the C-STORE requests that a node recorded, by SOP Instance UID."""

from __future__ import annotations

from pydicom import dcmread

from labkit.dicom.samples import SampleStudy
from labkit.dimse import Status
from labkit.exercises import Work
from labkit.exercises.evidence import exchanges


def sent(work: Work, node: str) -> dict[str, Status | None]:
    """Return the last answer of `node` to each object that was sent to it since the mark."""
    return {each.sop_instance_uid: each.status for each in exchanges(work, node, "C-STORE")}


def stored(work: Work, node: str) -> set[str]:
    """Return the objects that `node` acknowledged, with success or with a warning."""
    return {uid for uid, status in sent(work, node).items() if status is not None and status}


def uids_of(study: SampleStudy) -> set[str]:
    """Return the SOP Instance UIDs of a sample study."""
    return {str(dcmread(p, specific_tags=["SOPInstanceUID"]).SOPInstanceUID) for p in study.files}


def elsewhere(work: Work, but: str) -> str:
    """Name another node that objects were sent to since the mark, or return ``""``."""
    others = [name for name in work.lab.nodes if name != but]
    return next((name for name in others if sent(work, name)), "")
