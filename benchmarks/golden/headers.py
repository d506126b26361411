"""Small headers: a CT study of one patient, of which each case changes what it is about."""

from __future__ import annotations

from typing import Any

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

CT = "1.2.840.10008.5.1.4.1.1.2"
BASIC_TEXT_SR = "1.2.840.10008.5.1.4.1.1.88.11"
ENCAPSULATED_PDF = "1.2.840.10008.5.1.4.1.1.104.1"
KEY_OBJECT_SELECTION = "1.2.840.10008.5.1.4.1.1.88.59"
PRESENTATION_STATE = "1.2.840.10008.5.1.4.1.1.11.1"
#: Root of the UIDs of the cases.
ROOT = "1.2.826.0.1.3680043.10.1111"


def header(number: int = 1, *, series: int = 1, study: int = 1, **elements: Any) -> Dataset:
    """One CT slice; ``Keyword=value`` replaces, ``Keyword=None`` leaves an element out."""
    ds = Dataset()
    values: dict[str, Any] = {
        "SOPClassUID": CT,
        "SOPInstanceUID": f"{ROOT}.{study}.{series}.{number}",
        "StudyInstanceUID": f"{ROOT}.{study}",
        "SeriesInstanceUID": f"{ROOT}.{study}.{series}",
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


def item(**elements: Any) -> Dataset:
    """One item of a sequence."""
    ds = Dataset()
    for keyword, value in elements.items():
        setattr(ds, keyword, value)
    return ds


def code(value: str, scheme: str, meaning: str) -> Dataset:
    """A code triple (PS3.3 8.8)."""
    return item(CodeValue=value, CodingSchemeDesignator=scheme, CodeMeaning=meaning)


def rejection(uids: list[str], value: str, meaning: str, *, study: int = 1) -> Dataset:
    """A rejection note (IHE RAD IOCM) about instances of series 1."""
    sops = [item(ReferencedSOPClassUID=CT, ReferencedSOPInstanceUID=uid) for uid in uids]
    in_series = item(SeriesInstanceUID=f"{ROOT}.{study}.1", ReferencedSOPSequence=sops)
    evidence = item(StudyInstanceUID=f"{ROOT}.{study}", ReferencedSeriesSequence=[in_series])
    return header(
        1, series=99, study=study, Modality="KO", SOPClassUID=KEY_OBJECT_SELECTION,
        ConceptNameCodeSequence=[code(value, "DCM", meaning)],
        CurrentRequestedProcedureEvidenceSequence=[evidence],
    )  # fmt: skip


def as_file(ds: Dataset) -> Dataset:
    """Give a header the preamble and file meta information of Part 10 (PS3.10 7.1)."""
    ds.preamble = b"\0" * 128
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.file_meta.MediaStorageSOPClassUID = ds.get("SOPClassUID", CT)
    ds.file_meta.MediaStorageSOPInstanceUID = ds.get("SOPInstanceUID", ROOT)
    return ds
