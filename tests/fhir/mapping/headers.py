"""Small headers for tests: a study with a patient, as an archive would have it."""

from __future__ import annotations

from typing import Any

from pydicom.dataset import Dataset

CT = "1.2.840.10008.5.1.4.1.1.2"


def header(number: int = 1, *, series: int = 1, study: int = 1, **elements: Any) -> Dataset:
    """One CT slice; ``Keyword=value`` replaces, ``Keyword=None`` leaves an element out."""
    ds = Dataset()
    values: dict[str, Any] = {
        "SOPClassUID": CT,
        "SOPInstanceUID": f"1.2.3.{study}.{series}.{number}",
        "StudyInstanceUID": f"1.2.3.{study}",
        "SeriesInstanceUID": f"1.2.3.{study}.{series}",
        "Modality": "CT",
        "StudyDate": "20260112",
        "StudyTime": "075218",
        "SeriesNumber": series,
        "InstanceNumber": number,
        "PatientID": "NG-1",
        "IssuerOfPatientID": "NORTHGEN",
        "PatientName": "Rossi^Anna",
        "PatientSex": "F",
        "PatientBirthDate": "19800229",
        "AccessionNumber": "A1",
        **elements,
    }
    for keyword, value in values.items():
        if value is not None:
            setattr(ds, keyword, value)
    return ds
