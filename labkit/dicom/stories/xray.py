"""The radiographs: digital (DX) at North General, on plates (CR) at Lakeside."""

from __future__ import annotations

from pathlib import Path

from pydicom import uid as uids
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from labkit.dicom.stories.cast import Story, story
from labkit.dicom.stories.files import save, set_pixels
from labkit.dicom.stories.headers import acquired, common
from labkit.dicom.stories.lungs import Nodule
from labkit.dicom.stories.markers import stamp
from labkit.dicom.stories.orders import concept
from labkit.dicom.stories.radiograph import chest_shadow, exposed, grid, hand, knee, thickness
from labkit.dicom.stories.shapes import Array


def write_chest(folder: Path) -> None:
    """Write the frontal chest radiograph with the nodule: DX, MONOCHROME2, 12 bits."""
    s = story("dx-chest")
    shadow = chest_shadow(420, 408, 0.72, Nodule(), 138.0)
    # The nodule a little denser than its 18 mm would make it, so that a beginner finds it.
    x, y = grid(420, 408, 0.72)
    where = (Nodule().center[0], 0.72 * 419 / 2 - 138.0 + Nodule().center[2], 10.5)
    shadow = shadow + 0.8 * thickness(x, -y, [where, (where[0] + 0.1, *where[1:])])
    values = exposed(shadow, s.slug, bits=12, low=42.0, high=190.0, noise=0.5)
    stamp(values, "R", 14, 14, 4000, 2)
    ds = _dx(s, values, "CHEST PA", "CHEST", "Thorax", 0.72, ("L", "F"), view="PA")
    _exposure(ds, kvp=125, mas=2, ms=6, far=1800, near=1620)
    save(ds, folder / "dx-001.dcm")


def write_hand(folder: Path) -> None:
    """Write the hand with or without its fracture: DX, MONOCHROME1, 12 bits."""
    s = story(folder.name)
    x, y = grid(400, 300, 0.64)
    shadow = hand(x, y - 62.0, fracture=7.0 if s.slug == "dx-hand" else 0.9)
    values = exposed(shadow, s.slug, bits=12, low=0.0, high=14.5, noise=0.5)
    stamp(values, "R", 14, 262, 4000, 2)
    values = 4095 - values  # MONOCHROME1: the highest value is shown black
    ds = _dx(s, values, "HAND PA", "HAND", "Hand", 0.64, ("L", "F"), view="PA", laterality="R")
    ds.PhotometricInterpretation = "MONOCHROME1"
    ds.PresentationLUTShape = "INVERSE"
    ds.PixelIntensityRelationshipSign = 1
    _exposure(ds, kvp=52, mas=3, ms=12, far=1100, near=1090)
    save(ds, folder / "dx-001.dcm")


def write_chest_prior(folder: Path) -> None:
    """Write the chest of two years before, without the nodule: CR, Implicit VR Little Endian."""
    s = story("cr-chest-prior")
    shadow = chest_shadow(300, 300, 1.0, None, 140.0)
    values = exposed(shadow, s.slug, bits=10, low=42.0, high=190.0, noise=1.0)
    stamp(values, "R", 10, 10, 1000, 2)
    ds = _cr(s, values, 10, "CHEST PA", "CHEST", 1.0, "PA")
    save(ds, folder / "cr-001.dcm", uids.ImplicitVRLittleEndian)


def write_knee(folder: Path) -> None:
    """Write one view of the knee: CR, Implicit VR Little Endian."""
    s = story(folder.name)
    lateral = s.slug == "knee-lateral"
    x, y = grid(300, 220, 0.7)
    values = exposed(knee(x, y, lateral), s.slug, bits=10, low=8.0, high=44.0, noise=1.0)
    stamp(values, "L", 10, 10, 1000, 2)
    view = ("KNEE LAT", "LL") if lateral else ("KNEE AP", "AP")
    ds = _cr(s, values, 10, view[0], "KNEE", 0.7, view[1], laterality="L")
    save(ds, folder / "cr-001.dcm", uids.ImplicitVRLittleEndian)


def write_wrist(folder: Path) -> None:
    """Write the wrist whose text is in UTF-8 and says that it is in Latin-1."""
    s = story("cr-wrist")
    x, y = grid(220, 220, 0.5)
    values = exposed(hand(-x, y - 10.0), s.slug, bits=10, low=0.0, high=17.0, noise=1.0)
    stamp(values, "L", 10, 10, 1000, 2)
    ds = _cr(s, values, 10, "WRIST PA", "WRIST", 0.5, "PA", laterality="L")
    # What a gateway does that copies bytes from a UTF-8 message into a header it calls Latin-1.
    ds.PatientName = s.person.name.encode("utf-8").decode("iso8859_1")
    save(ds, folder / "cr-001.dcm", uids.ImplicitVRLittleEndian)


def _cr(
    s: Story,
    values: Array,
    bits: int,
    description: str,
    body_part: str,
    step: float,
    view: str,
    *,
    laterality: str = "",
) -> Dataset:
    """Return one Computed Radiography Image (PS3.3 A.2)."""
    sop_class = uids.ComputedRadiographyImageStorage
    ds = common(s, sop_class, "CR", series=1, number=1)
    acquired(ds, s, description, body_part)
    ds.ImageType = ["ORIGINAL", "PRIMARY"]
    ds.ViewPosition = view
    ds.PatientOrientation = ["L", "F"] if view != "LL" else ["P", "F"]
    if laterality:
        ds.Laterality = laterality
    ds.KVP = "66"
    ds.PlateID = "LAKE07"
    ds.CassetteSize = "24CMX30CM"
    ds.ImagerPixelSpacing = [f"{step:.2f}"] * 2
    middle = str(1 << bits - 1)
    ds.WindowCenter, ds.WindowWidth = middle, str(1 << bits)
    set_pixels(ds, values, bits)
    return ds


def _dx(
    s: Story,
    values: Array,
    description: str,
    body_part: str,
    region: str,
    step: float,
    orientation: tuple[str, str],
    *,
    view: str,
    laterality: str = "U",
) -> Dataset:
    """Return one Digital X-Ray Image for presentation (PS3.3 A.26)."""
    sop_class = uids.DigitalXRayImageStorageForPresentation
    ds = common(s, sop_class, "DX", series=1, number=1)
    acquired(ds, s, description, body_part)
    presentation(ds, step)
    ds.ImageLaterality = laterality
    ds.AnatomicRegionSequence = Sequence([concept("SCT", region)])
    ds.PatientOrientation = list(orientation)
    ds.ViewPosition = view
    ds.PositionerType = "NONE"
    projection = concept("cid4010", "PosteroAnterior")
    projection.ViewModifierCodeSequence = Sequence([])
    ds.ViewCodeSequence = Sequence([projection])
    ds.PatientOrientationCodeSequence = Sequence([concept("cid20", "Standing")])
    ds.DetectorType = "SCINTILLATOR"
    ds.DetectorConfiguration = "AREA"
    ds.DetectorID = "LPW-DR-7"
    ds.DateOfLastDetectorCalibration = "20260105"
    ds.TimeOfLastDetectorCalibration = "060000"
    ds.FocalSpots = "0.6"
    set_pixels(ds, values, 12)
    return ds


def _exposure(ds: Dataset, *, kvp: int, mas: int, ms: int, far: int, near: int) -> None:
    """Say how it was exposed; `far` and `near` are mm from the tube to detector and patient."""
    ds.KVP, ds.Exposure, ds.ExposureInuAs = str(kvp), str(mas), str(mas * 1000)
    ds.ExposureTime, ds.XRayTubeCurrent = str(ms), str(mas * 1000 // ms)
    ds.DistanceSourceToDetector, ds.DistanceSourceToPatient = str(far), str(near)
    ds.EstimatedRadiographicMagnificationFactor = f"{far / near:.4f}"


def presentation(ds: Dataset, step: float, bits: int = 12) -> None:
    """Say what DX and MG share: DX Series, DX Image and DX Detector (PS3.3 C.8.11)."""
    ds.PresentationIntentType = "FOR PRESENTATION"
    ds.ImageType = ["DERIVED", "PRIMARY"]
    ds.PixelIntensityRelationship = "LOG"
    ds.PixelIntensityRelationshipSign = -1  # higher values: less came through
    ds.RescaleIntercept, ds.RescaleSlope, ds.RescaleType = "0", "1", "US"
    ds.PresentationLUTShape = "IDENTITY"
    ds.LossyImageCompression = "00"
    ds.BurnedInAnnotation = "NO"
    ds.ImagerPixelSpacing = [f"{step:.2f}"] * 2
    ds.WindowCenter, ds.WindowWidth = str(1 << bits - 1), str(1 << bits)
    ds.AcquisitionContextSequence = Sequence([])
    ds.DetectorTemperature = "28.5"
