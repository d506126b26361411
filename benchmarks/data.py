"""Objects to measure with: a CT of 256x256x16 bit, and studies of one small image."""

from __future__ import annotations

import random
from pathlib import Path

from pydicom import dcmread
from pydicom.dataset import FileDataset
from pydicom.uid import UID

from labkit.dicom import real_file

ROWS = COLUMNS = 256
ROOT = "1.2.826.0.1.3680043.8.498.77"


def base() -> FileDataset:
    """Return pydicom's small CT with pixels of noise, which no server can make smaller."""
    ds = dcmread(real_file("CT_small"))
    ds.remove_private_tags()
    ds.Rows, ds.Columns = ROWS, COLUMNS
    ds.PixelData = random.Random(20260115).randbytes(2 * ROWS * COLUMNS)
    ds.PatientID, ds.PatientName = "BENCH", "Bench^Mark"
    return ds


def series(folder: Path, count: int, mark: int) -> tuple[str, list[Path]]:
    """Write a series of `count` images; return its Study Instance UID and the files."""
    ds, study = base(), f"{ROOT}.{mark}"
    ds.StudyInstanceUID, ds.SeriesInstanceUID = study, f"{study}.1"
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for number in range(count):
        ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPInstanceUID = UID(f"{study}.1.{number}")
        ds.InstanceNumber = number
        files.append(folder / f"{number:05d}.dcm")
        ds.save_as(files[-1])
    return study, files


def studies(folder: Path, count: int, mark: int) -> tuple[list[str], list[Path]]:
    """Write `count` studies of one tiny image, each of a patient of its own."""
    ds = base()
    ds.Rows = ds.Columns = 8
    ds.PixelData = bytes(2 * 8 * 8)
    folder.mkdir(parents=True, exist_ok=True)
    uids, files = [], []
    for number in range(count):
        study = f"{ROOT}.{mark}.{number}"
        ds.PatientID, ds.PatientName = f"B{count}X{number:06d}", f"Family{count}X{number:06d}^Given"
        ds.StudyDate = study_date(number)
        ds.AccessionNumber = f"A{number:06d}"
        ds.StudyInstanceUID, ds.SeriesInstanceUID = study, f"{study}.1"
        ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPInstanceUID = UID(f"{study}.1.1")
        files.append(folder / f"{number:06d}.dcm")
        ds.save_as(files[-1])
        uids.append(study)
    return uids, files


def study_date(number: int) -> str:
    """Give the Study Date of a study of `studies`, of which each thirty share a month."""
    return f"20{10 + number // 360 % 90:02d}{number // 30 % 12 + 1:02d}{number % 28 + 1:02d}"
