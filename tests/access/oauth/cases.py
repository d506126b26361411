"""Two patients, three studies: what a token gives, and what it must not."""

from __future__ import annotations

from typing import Any

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian

STUDIES = {
    "ct-one": ("1.2.826.0.1.3680043.10.1467.7.1", "PID-1"),
    "mr-one": ("1.2.826.0.1.3680043.10.1467.7.2", "PID-1"),
    "ct-two": ("1.2.826.0.1.3680043.10.1467.7.3", "PID-2"),
    "nobody": ("1.2.826.0.1.3680043.10.1467.7.4", "PID-1"),
    "misfiled": ("1.2.826.0.1.3680043.10.1467.7.5", "PID-2"),
}
"""Name: StudyInstanceUID, PatientID of the objects. ``nobody`` has no ImagingStudy; the objects
of ``misfiled`` name another patient than its ImagingStudy."""


def _study(name: str, patient: str, modality: str) -> dict[str, Any]:
    uid = STUDIES[name][0]
    return {
        "resourceType": "ImagingStudy",
        "id": name,
        "status": "available",
        "identifier": [{"system": "urn:dicom:uid", "value": f"urn:oid:{uid}"}],
        "subject": {"reference": f"Patient/{patient}"},
        "modality": [{"system": "http://dicom.nema.org/resources/ontology/DCM", "code": modality}],
        "series": [{"uid": f"{uid}.1", "modality": {
            "system": "http://dicom.nema.org/resources/ontology/DCM", "code": modality}}],
    }  # fmt: skip


def _patient(id_: str, patient_id: str) -> dict[str, Any]:
    return {
        "resourceType": "Patient",
        "id": id_,
        "identifier": [{"system": "https://north.example/patient-id", "value": patient_id}],
    }


RESOURCES: list[dict[str, Any]] = [
    _patient("p1", "PID-1"),
    _patient("p2", "PID-2"),
    _study("ct-one", "p1", "CT"),
    _study("mr-one", "p1", "MR"),
    _study("ct-two", "p2", "CT"),
    _study("misfiled", "p1", "CT"),
    {"resourceType": "Practitioner", "id": "chen"},
    {"resourceType": "Organization", "id": "north"},
    {"resourceType": "Device", "id": "ct1"},
    {"resourceType": "Binary", "id": "b1", "contentType": "text/plain", "data": "YQ==",
     "securityContext": {"reference": "Patient/p1"}},
    {"resourceType": "Binary", "id": "b2", "contentType": "text/plain", "data": "YQ=="},
]  # fmt: skip


def instance_of(uid: str, patient_id: str) -> Dataset:
    """One object of a study, four pixels."""
    ds = Dataset()
    ds.SOPClassUID, ds.SOPInstanceUID = CTImageStorage, f"{uid}.1.1"
    ds.StudyInstanceUID, ds.SeriesInstanceUID = uid, f"{uid}.1"
    ds.PatientID, ds.PatientName, ds.PatientBirthDate, ds.PatientSex = patient_id, "Made^Up", "", ""
    ds.StudyDate, ds.StudyTime, ds.StudyID, ds.AccessionNumber = "20260105", "120000", "", ""
    ds.Modality, ds.SeriesNumber, ds.InstanceNumber = "CT", 1, 1
    ds.Rows, ds.Columns, ds.BitsAllocated, ds.BitsStored, ds.HighBit = 2, 2, 16, 12, 11
    ds.PixelRepresentation, ds.SamplesPerPixel = 0, 1
    ds.PhotometricInterpretation = "MONOCHROME2"
    ds.PixelData = np.arange(4, dtype="<u2").tobytes()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.file_meta.MediaStorageSOPClassUID = ds.SOPClassUID
    ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
    return ds
