"""A study as a user may have it: another shape than the samples', private tags, Cyrillic."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

MR = "1.2.840.10008.5.1.4.1.1.4"
ROOT = "1.2.826.0.1.3680043.8.498.9"
STUDY = f"{ROOT}.1"
PATIENT, ACCESSION, NAME = "KL-4711", "ACC-98765", "Иванов^Иван"
SECRETS = (PATIENT, ACCESSION, "Иванов", "PRIVATE NOTE", ROOT)
SHAPE = (48, 40)


def slice_of(series: int, number: int, *, study: str = STUDY, patient: str = PATIENT) -> Dataset:
    """One slice of a knee."""
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.SpecificCharacterSet = "ISO_IR 144"
    ds.SOPClassUID = ds.file_meta.MediaStorageSOPClassUID = MR
    ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPInstanceUID = f"{study}.{series}.{number}"
    ds.StudyInstanceUID, ds.SeriesInstanceUID = study, f"{study}.{series}"
    ds.FrameOfReferenceUID = f"{study}.99"
    ds.PatientName, ds.PatientID, ds.IssuerOfPatientID = NAME, patient, "KLINIK"
    ds.PatientBirthDate, ds.PatientSex, ds.PatientAge = "19710203", "M", "054Y"
    ds.StudyDate, ds.StudyTime, ds.AccessionNumber = "20250317", "101112", ACCESSION
    ds.SeriesDate, ds.SeriesTime = "20250317", "101500"
    ds.StudyID, ds.ReferringPhysicianName = "7", "Петров^П"
    ds.StudyDescription, ds.SeriesDescription = "MR KNEE", "pd tse sag"
    ds.Modality, ds.BodyPartExamined, ds.Manufacturer = "MR", "KNEE", "MAKER"
    ds.ImageType = ["ORIGINAL", "PRIMARY", "M", "SE"]
    ds.ScanningSequence, ds.SequenceVariant, ds.ScanOptions = "SE", "SK", ""
    ds.MRAcquisitionType, ds.EchoTime, ds.EchoTrainLength = "2D", "30", "7"
    ds.RepetitionTime = "2500"
    ds.SeriesNumber, ds.InstanceNumber = series, number
    ds.SliceThickness, ds.PixelSpacing = "3", ["0.5", "0.6"]
    ds.ImageOrientationPatient = ["0", "1", "0", "0", "0", "-1"]
    ds.ImagePositionPatient = [str(3.5 * number), "-10", "20"]
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.Rows, ds.Columns = SHAPE
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, 12, 11, 0
    pixels = np.add.outer(np.arange(SHAPE[0]) * 20, np.arange(SHAPE[1]) * 10) + number * 7
    ds.PixelData = pixels.astype("<u2").tobytes()
    ds["PixelData"].VR = "OW"
    ds.private_block(0x0029, "MAKER MR 1", create=True).add_new(0x10, "LO", "PRIVATE NOTE")
    return ds


def knee(folder: Path, *, study: str = STUDY, patient: str = PATIENT) -> list[Path]:
    """Write a study of two series, seven objects, in files whose names mean nothing."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for series, count in ((2, 5), (3, 2)):
        for number in range(1, count + 1):
            path = folder / f"IM{series}{count - number:03}"
            slice_of(series, number, study=study, patient=patient).save_as(
                path, enforce_file_format=True
            )
            paths.append(path)
    return paths
