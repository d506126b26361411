"""The CT studies: head, head again, chest."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from pydicom import uid as uids
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from labkit.dicom.stories.brain import Bleed
from labkit.dicom.stories.cast import Story, story
from labkit.dicom.stories.chest import chest, couch
from labkit.dicom.stories.files import save, set_pixels
from labkit.dicom.stories.head import head
from labkit.dicom.stories.headers import acquired, common, frame_of_reference
from labkit.dicom.stories.lungs import Nodule, trees
from labkit.dicom.stories.orders import concept
from labkit.dicom.stories.shapes import Array, Point, dice, grain
from labkit.dicom.stories.uids import uid

#: The gantry of the head scans is tilted: cosine and sine of 16.26°, chosen to be exact.
TILT = (0.96, 0.28)
PADDING = -2000
CHEST_FIELD = 364.8


def plane(z: float, size: int, field_mm: float, tilt: tuple[float, float] = (1.0, 0.0)) -> Point:
    """Return the points of an axial slice through (0, 0, z), tilted about the x axis."""
    step = field_mm / size
    u = (np.arange(size) - (size - 1) / 2) * step
    x, v = np.meshgrid(u, u)
    return x, v * tilt[0], z - v * tilt[1]


def noisy(hu: Array, sd: float, *name: object) -> Array:
    """Add the noise of a soft kernel, but not to air, so that files stay small."""
    noise: Array = grain(dice(*name), hu.shape, sd, 3) * np.clip((hu + 1000.0) / 60.0, 0.0, 1.0)
    return hu + noise


def write_head(folder: Path, numbers: Iterable[int] = range(1, 41)) -> None:
    """Write the head CT: 40 slices of 3.6 mm, unsigned with an intercept, JPEG-LS lossless."""
    s = story("ct-head")
    for number in numbers:
        z = -36.0 + 3.75 * (number - 1)
        p = plane(z, 512, 235.52, TILT)
        hu = noisy(head(p, Bleed()), 3.2, s.slug, number)
        ds = head_slice(s, number, p, hu)
        save(ds, folder / f"ct-{number:03d}.dcm", uids.JPEGLSLossless)


def head_slice(s: Story, number: int, p: Point, hu: Array, kernel: str = "H30s") -> Dataset:
    """Return a slice of a head, 3.6 mm thick, with its pixels."""
    ds = _ct(s, number, p, hu, f"HEAD 3.6 {kernel}", thickness=3.6, kernel=kernel)
    _head_exposure(ds)
    _store_unsigned(ds, hu)
    return ds


def write_head_followup(folder: Path, numbers: Iterable[int] = range(1, 11)) -> None:
    """Write the follow-up: 10 thick slices, Explicit VR Little Endian, nothing compressed."""
    s = story("ct-head-followup")
    older = Bleed(radii=(10.5, 16.0, 13.0), oedema=11.0, push=8.0, density=54.0)
    for number in numbers:
        z = -24.0 + 12.5 * (number - 1)
        p = plane(z, 192, 230.4, TILT)
        hu = noisy(head(p, older), 2.2, s.slug, number)
        ds = _ct(s, number, p, hu, "HEAD 12.0 H30s", thickness=12.0, kernel="H30s")
        _head_exposure(ds)
        _store_unsigned(ds, hu)
        save(ds, folder / f"ct-{number:03d}.dcm")


def write_chest(folder: Path, numbers: Iterable[int] = range(1, 41)) -> None:
    """Write the chest CT: 40 slices of 6 mm from top to bottom, signed, JPEG-LS lossless."""
    s = story("ct-chest")
    rods = trees()
    for number in numbers:
        p = plane(chest_z(number), 384, CHEST_FIELD)
        hu = noisy(couch(chest(p, rods, Nodule()), p), 8.0, s.slug, number)
        ds = _ct(s, number, p, hu, "CHEST 6.0 B30f", thickness=6.0, kernel="B30f", hull=True)
        _chest_exposure(ds)
        save(ds, folder / f"ct-{number:03d}.dcm", uids.JPEGLSLossless)


def chest_z(number: int) -> float:
    """Return the height in mm of a slice of the chest by Instance Number."""
    return 117.0 - 6.0 * (number - 1)


def write_without_spacing(folder: Path) -> None:
    """Write one chest slice that has lost its geometry, deflated."""
    s = story("ct-no-spacing")
    p = plane(3.0, 256, CHEST_FIELD)
    hu = noisy(couch(chest(p, trees()), p), 8.0, s.slug)
    ds = _ct(s, 1, p, hu, "CHEST 6.0 B30f", thickness=6.0, kernel="B30f", hull=True)
    _chest_exposure(ds)
    for keyword in ("PixelSpacing", "ImagePositionPatient", "ImageOrientationPatient"):
        del ds[keyword]
    save(ds, folder / "ct-001.dcm", uids.DeflatedExplicitVRLittleEndian)


def _ct(
    s: Story,
    number: int,
    p: Point,
    hu: Array,
    description: str,
    *,
    thickness: float,
    kernel: str,
    hull: bool = False,
) -> Dataset:
    """Return one CT Image (PS3.3 A.3): signed pixels in HU, padded outside the circle if `hull`."""
    ds = common(s, uids.CTImageStorage, "CT", series=2, number=number)
    acquired(ds, s, description, "CHEST" if hull else "HEAD")
    frame_of_reference(ds, s, "SN" if hull else "OM")
    x, y, z = p
    size = x.shape[0]
    step = float(x[0, 1] - x[0, 0])
    ds.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    ds.PatientPosition = "HFS"
    ds.PixelSpacing = [f"{step:.2f}", f"{step:.2f}"]
    ds.SliceThickness = f"{thickness:.1f}"
    ds.ImagePositionPatient = [f"{float(u[0, 0]):.4f}" for u in p]
    down = [(float(u[-1, 0] - u[0, 0])) / (step * (size - 1)) for u in p]
    ds.ImageOrientationPatient = ["1", "0", "0", *(f"{v + 0.0:.2f}" for v in down)]
    ds.SliceLocation = f"{float(z.mean()):.2f}"
    ds.KVP = "120"
    ds.ConvolutionKernel = kernel
    ds.FilterType = "WEDGE_2"
    ds.RotationDirection = "CW"
    ds.ReconstructionDiameter = f"{step * size:.1f}"
    ds.DataCollectionDiameter = "500"
    ds.DistanceSourceToDetector = "1040"
    ds.DistanceSourceToPatient = "570"
    ds.TableHeight = "150"
    ds.FocalSpots = "1.2"
    ds.RescaleSlope, ds.RescaleIntercept, ds.RescaleType = "1", "0", "HU"
    values = np.rint(hu)
    if hull:
        radius = step * size / 2
        values = np.where(x * x + y * y > radius * radius, PADDING, np.maximum(values, -1024))
        ds.PixelPaddingValue = PADDING
    set_pixels(ds, values, 16, signed=True)
    if hull:
        ds["PixelPaddingValue"].VR = "SS"
    return ds


def _store_unsigned(ds: Dataset, hu: Array) -> None:
    """Store HU + 1024 in 12 bits: the other common way, where the intercept matters."""
    ds.RescaleIntercept = "-1024"
    set_pixels(ds, np.rint(hu) + 1024, 12)


def _head_exposure(ds: Dataset) -> None:
    ds.ScanOptions = "SEQUENCE"
    ds.GantryDetectorTilt = "16.26"
    ds.ExposureTime, ds.XRayTubeCurrent, ds.Exposure = "1000", "320", "320"
    _dose(ds, 52.4, "IECHeadDosimetryPhantom")
    ds.WindowCenter, ds.WindowWidth = ["40", "600"], ["80", "2800"]
    ds.WindowCenterWidthExplanation = ["BRAIN", "BONE"]


def _chest_exposure(ds: Dataset) -> None:
    ds.ScanOptions = "HELIX"
    ds.GantryDetectorTilt = "0"
    ds.ExposureTime, ds.XRayTubeCurrent, ds.Exposure = "500", "180", "90"
    ds.SpiralPitchFactor = 1.2
    _dose(ds, 6.1, "IECBodyDosimetryPhantom")
    ds.ContrastBolusAgent = "Phantomexol 350"
    ds.ContrastBolusRoute = "IV"
    ds.ContrastBolusVolume = "80"
    ds.IrradiationEventUID = uid("ct chest irradiation", ds.StudyInstanceUID)
    ds.WindowCenter, ds.WindowWidth = ["40", "-500"], ["400", "1500"]
    ds.WindowCenterWidthExplanation = ["MEDIASTINUM", "LUNG"]


def _dose(ds: Dataset, ctdi: float, phantom: str) -> None:
    ds.CTDIvol = ctdi
    ds.CTDIPhantomTypeCodeSequence = Sequence([concept("DCM", phantom)])
