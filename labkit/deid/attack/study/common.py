"""The frame of every object of the study, and how it becomes a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from pydicom import dcmwrite
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import UID, ExplicitVRLittleEndian

from labkit.deid.attack.plants import (
    ACCOMPLICE_DATE,
    BIRTH_DATE,
    DEVICE_SERIAL,
    STUDY_DATE,
    STUDY_TIME,
    Plants,
)

Array = npt.NDArray[Any]


def item(**values: object) -> Dataset:
    """Return a data set of these keywords."""
    ds = Dataset()
    for keyword, value in values.items():
        setattr(ds, keyword, value)
    return ds


def code(value: str, scheme: str, meaning: str) -> Dataset:
    """Return an item of a code sequence (PS3.3 8.8)."""
    return item(CodeValue=value, CodingSchemeDesignator=scheme, CodeMeaning=meaning)


def frame(
    plants: Plants, name: str, sop_class: str, modality: str, *, accomplice: bool = False
) -> FileDataset:
    """Return patient, study, series and SOP common of an object; also its file meta."""
    who = "accomplice" if accomplice else "victim"
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = UID(sop_class)
    meta.MediaStorageSOPInstanceUID = UID(plants.uid(name))
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.ImplementationClassUID = UID(f"2.999.{DEVICE_SERIAL}.1")
    ds = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    date = ACCOMPLICE_DATE if accomplice else STUDY_DATE
    ds.SpecificCharacterSet = "ISO_IR 192"
    ds.SOPClassUID, ds.SOPInstanceUID = UID(sop_class), UID(plants.uid(name))
    ds.PatientName = f"{plants.word(f'{who}-family')}^{plants.word(f'{who}-given')}"
    ds.PatientID = plants.accomplice_id if accomplice else plants.patient_id
    ds.PatientBirthDate = "19800101" if accomplice else BIRTH_DATE
    ds.PatientSex = "F"
    ds.StudyInstanceUID = UID(plants.uid(f"study-{who}"))
    ds.SeriesInstanceUID = UID(plants.uid(f"series-{modality}-{who}"))
    ds.StudyDate = ds.SeriesDate = ds.ContentDate = date
    ds.StudyTime = ds.SeriesTime = ds.ContentTime = STUDY_TIME
    ds.AccessionNumber = "" if accomplice else plants.word("accession-number")
    ds.ReferringPhysicianName = ""
    ds.StudyID = ""
    ds.Modality = modality
    ds.SeriesNumber = ds.InstanceNumber = "1"
    ds.Manufacturer = "Made-up Devices"
    return ds


def set_image(
    ds: Dataset, pixels: Array, photometric: str = "MONOCHROME2", *, stored: int = 0
) -> None:
    """Put pixels into a data set, native.

    Parameters
    ----------
    pixels
        uint8 or uint16; ``(rows, columns)``, with frames before, with samples behind.
    stored
        Bits Stored; 0 is all of them.
    """
    samples = 3 if photometric in ("RGB", "YBR_FULL") else 1
    shape = pixels.shape[:-1] if samples == 3 else pixels.shape
    bits = pixels.dtype.itemsize * 8
    ds.SamplesPerPixel, ds.PhotometricInterpretation = samples, photometric
    ds.Rows, ds.Columns = shape[-2:]
    if len(shape) == 3:
        ds.NumberOfFrames = shape[0]
    if samples == 3:
        ds.PlanarConfiguration = 0
    ds.BitsAllocated, ds.BitsStored = bits, stored or bits
    ds.HighBit, ds.PixelRepresentation = ds.BitsStored - 1, 0
    data = np.ascontiguousarray(pixels).tobytes()
    ds.PixelData = data + b"\0" * (len(data) % 2)
    ds["PixelData"].VR = "OW" if bits == 16 else "OB"


def background(seed: int, rows: int, columns: int, high: int) -> Array:
    """Return a smooth picture with some grain: nothing that looks like letters."""
    dice = np.random.default_rng(seed)
    y, x = np.mgrid[0:rows, 0:columns]
    shape = 0.5 + 0.35 * np.sin(x / columns * 3.0 + seed) * np.cos(y / rows * 2.5)
    image: Array = np.clip(shape * high + dice.normal(0, high * 0.01, (rows, columns)), 0, high - 1)
    return image


def write(ds: Dataset, path: Path) -> Path:
    """Write a Part 10 file as a device would, with what is wrong in it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    dcmwrite(path, ds, enforce_file_format=False)
    return path


def nested(*items: Dataset) -> Sequence:
    """Return a sequence."""
    return Sequence(list(items))
