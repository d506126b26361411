"""Headers that the checks of this notebook hand to what the learner wrote."""

from __future__ import annotations

from typing import Any

from pydicom.dataset import Dataset

from labkit.exercises.headers import made

ROOT = "1.2.826.0.1.3680043.10.2222"
NORTH = "https://north-general.example/patient-id"
LAKE = "https://lakeside-clinic.example/patient-id"


def header(number: int = 1, *, series: int = 1, **elements: Any) -> Dataset:
    """One CT slice; ``Keyword=None`` leaves an element out."""
    values: dict[str, Any] = {
        "SOPClassUID": "1.2.840.10008.5.1.4.1.1.2",
        "SOPInstanceUID": f"{ROOT}.1.{series}.{number}",
        "StudyInstanceUID": f"{ROOT}.1",
        "SeriesInstanceUID": f"{ROOT}.1.{series}",
        "Modality": "CT",
        "StudyDate": "20260712",
        "StudyTime": "233005",
        "InstanceNumber": number,
        "PatientID": "1001234",
        "IssuerOfPatientID": "NORTHGEN",
        "PatientName": "Brackenfold^Posy",
        "AccessionNumber": "NG2600106",
        **elements,
    }
    return made(**values)
