"""Heads: a CT and an MR of one person, and the faces among which an attacker chooses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pydicom import uid as uids
from pydicom.dataset import FileDataset
from pydicom.uid import UID

from labkit.deid.attack.plants import Plants
from labkit.deid.attack.study.common import Array, frame, set_image, write
from labkit.dicom.stories.ct import plane
from labkit.dicom.stories.head import head
from labkit.dicom.stories.mr import head_signal

SIZE, FIELD_MM = 96, 240.0
HEIGHTS_MM = np.arange(-66.0, 96.0, 6.0)


@dataclass(frozen=True)
class Face:
    """How a face differs from the phantom's: stretch of the nose, width of the face, chin.

    Attributes
    ----------
    nose, wide, chin
        mm by which it stands out more.
    """

    name: str
    nose: float = 0.0
    wide: float = 0.0
    chin: float = 0.0

    def bent(self, x: Array, y: Array, z: Array) -> tuple[Array, Array, Array]:
        """Return where in the phantom each point of this person lies."""
        front = np.clip((-y - 40.0) / 40.0, 0.0, 1.0) * np.clip((10.0 - z) / 20.0, 0.0, 1.0)
        nose = np.exp(-((x / 16.0) ** 2) - ((z + 28.0) / 20.0) ** 2)
        chin = np.exp(-((x / 30.0) ** 2) - ((z + 62.0) / 14.0) ** 2)
        out = self.nose * nose + self.chin * chin
        return x * (1.0 - self.wide / 70.0 * front), y + front * out, z


#: The victim is one of these; who it is, the attacker finds by comparing with photographs in 3D.
GALLERY = (
    Face("A"), Face("B", nose=7.0), Face("C", nose=-4.0, chin=6.0),
    Face("D", wide=7.0, chin=-4.0), Face("E", nose=4.0, wide=-6.0, chin=8.0),
)  # fmt: skip
VICTIM = 1


def _slices(face: Face, modality: str, heights: Array) -> Iterator[tuple[float, Array]]:
    for z in heights:
        points = face.bent(*plane(float(z), SIZE, FIELD_MM))
        yield float(z), head(points) if modality == "CT" else head_signal(points, 1)


def surface(face: Face, modality: str) -> Array:
    """Return the lower half of a person's head as the attacker's photograph in 3D would give it."""
    low = HEIGHTS_MM[HEIGHTS_MM < 0.0]
    return np.stack([values for _, values in _slices(face, modality, low)])


def write_head(plants: Plants, folder: Path, modality: str) -> list[Path]:
    """Write an axial series of the victim's head, 6 mm a slice."""
    ct = modality == "CT"
    dice = np.random.default_rng(11 if ct else 12)
    out = []
    for number, (z, values) in enumerate(_slices(GALLERY[VICTIM], modality, HEIGHTS_MM), 1):
        name = f"{modality}-{number}"
        sop_class = uids.CTImageStorage if ct else uids.MRImageStorage
        ds = frame(plants, name, sop_class, modality)
        noise = dice.normal(0.0, 4.0, values.shape)
        stored = values + noise + 1024 if ct else np.abs(values + noise)
        set_image(ds, np.clip(np.rint(stored), 0, 4095).astype(np.uint16), stored=12)
        _geometry(ds, plants, number, z)
        if ct:
            ds.RescaleIntercept, ds.RescaleSlope, ds.RescaleType = "-1024", "1", "HU"
        else:
            ds.ScanningSequence, ds.SequenceVariant, ds.EchoTime = "SE", "NONE", "22"
        out.append(write(ds, folder / f"{modality.lower()}-{number:03d}.dcm"))
    return out


def _geometry(ds: FileDataset, plants: Plants, number: int, z: float) -> None:
    ds.InstanceNumber = number
    step = FIELD_MM / SIZE
    corner = -(SIZE - 1) / 2 * step
    ds.FrameOfReferenceUID = UID(plants.uid(f"frame-{ds.Modality}"))
    ds.PixelSpacing, ds.SliceThickness = [step, step], "6"
    ds.ImagePositionPatient = [corner, corner, z]
    ds.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    ds.BodyPartExamined, ds.ImageType = "HEAD", ["ORIGINAL", "PRIMARY", "AXIAL"]
