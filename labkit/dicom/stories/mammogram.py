"""The screening mammogram (MG): four views, JPEG 2000."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from pydicom import uid as uids
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from labkit.dicom.stories.cast import Story, story
from labkit.dicom.stories.files import save, set_pixels
from labkit.dicom.stories.headers import acquired, common
from labkit.dicom.stories.markers import stamp
from labkit.dicom.stories.orders import concept
from labkit.dicom.stories.shapes import Array, Texture, dice, grain, inside
from labkit.dicom.stories.xray import presentation

ROWS, COLUMNS, STEP = 384, 288, 0.5  # STEP in mm

_GLAND = Texture("gland", cell=22.0, size=32)
_DUCT = Texture("duct", cell=9.0, size=32)
_FINE = Texture("stroma", cell=3.2, size=64)


def write(folder: Path) -> None:
    """Write the four standard views, each in a series of its own."""
    s = story("mg-screening")
    views = [("R", "CC"), ("L", "CC"), ("R", "MLO"), ("L", "MLO")]
    for series, (side, view) in enumerate(views, start=1):
        values = _breast(side, view)
        stamp(values, f"{side} {view}", 12, 236 if side == "L" else 8, 3900, 1)
        ds = _image(s, series, side, view)
        set_pixels(ds, values, 12)
        save(ds, folder / f"mg-{series:03d}.dcm", uids.JPEG2000Lossless)


def _breast(side: str, view: str) -> Array:
    """Return values for presentation: 0 is black. The chest wall is left for L, right for R."""
    out = (np.arange(COLUMNS) + 0.5) * STEP  # mm from the chest wall
    down = (np.arange(ROWS) - (ROWS - 1) / 2) * STEP
    x, y = np.meshgrid(out, down)
    drop = y - 6.0 if view == "CC" else y - 14.0 - 0.10 * x
    q = np.sqrt((x / 104.0) ** 2 + (drop / np.where(drop < 0, 80.0, 72.0)) ** 2)
    edge = (1.0 - q) * 85.0  # mm inside the skin
    thick = np.clip(edge / 16.0, 0.0, 1.0)
    thick = thick * (2.0 - thick)
    z = 400.0 * ("R", "L").index(side) + 150.0 * ("CC", "MLO").index(view)
    # Glandular tissue: a cone that points to the nipple, cut up by fat.
    cone = np.clip(1.25 - np.sqrt(((x - 62.0) / 52.0) ** 2 + ((drop - 2.0) / 46.0) ** 2), 0.0, 1.0)
    cloud = 0.5 + 0.5 * _GLAND(x, y, z) + 0.32 * _DUCT(x * 0.6, y * 1.4, z) + 0.16 * _FINE(x, y, z)
    gland = np.clip(cone * 1.5 * np.clip(cloud, 0, 1.4) - 0.12, 0.0, 1.0)
    strands = np.clip(1.0 - 7.0 * np.abs(_DUCT(x * 0.5, y * 1.1, z + 60.0)), 0, 1) * cone
    level = thick * (0.16 + 0.52 * gland + 0.10 * strands + 0.03 * _FINE(x, y, z + 9.0))
    level = level + 0.16 * inside(np.abs(edge - 0.8) - 0.7, 0.8)  # skin
    nipple = np.sqrt((x - 105.0) ** 2 + (drop * 1.0) ** 2) - 5.0
    level = np.maximum(level, 0.42 * inside(nipple, 2.0))
    if view == "MLO":
        pectoral = x + 3.0 - 54.0 * np.clip((40.0 - y) / 130.0, 0.0, 1.0)
        level = level + (0.66 - level) * inside(pectoral, 2.5) * np.clip(edge / 3.0, 0.0, 1.0)
    if side == "L":
        rng = dice("calcifications")
        at = rng.integers(-60, 61, size=(14, 2)) / 10.0
        for dx, dy in at.tolist():
            spot = np.sqrt((x - 66.0 - dx) ** 2 + (drop + 20.0 - dy) ** 2) - 0.3
            level = level + 0.36 * inside(spot, 0.7)
    level = 0.02 + 0.95 * level + grain(dice("mg", side, view), level.shape, 0.006)
    level = np.where(edge < -6.0, 0.02, level)
    values = np.clip(level, 0.0, 1.0) * 4095.0
    return values if side == "L" else values[:, ::-1].copy()


def _image(s: Story, series: int, side: str, view: str) -> Dataset:
    """Return one Digital Mammography X-Ray Image for presentation (PS3.3 A.27)."""
    sop_class = uids.DigitalMammographyXRayImageStorageForPresentation
    ds = common(s, sop_class, "MG", series=series, number=1, minutes=1 + series)
    acquired(ds, s, f"{side} {view}", "BREAST")
    presentation(ds, STEP)
    ds.ImageLaterality = side
    ds.AnatomicRegionSequence = Sequence([concept("SCT", "Breast")])
    # Rows run from or to the nipple; columns run towards the middle, in MLO also to the feet.
    inwards = "L" if side == "R" else "R"
    ds.PatientOrientation = [
        "P" if side == "R" else "A",
        inwards if view == "CC" else f"F{inwards}",
    ]
    keyword = "CranioCaudal" if view == "CC" else "MedioLateralObliqueProjection"
    projection = concept("cid4014", keyword)
    projection.ViewModifierCodeSequence = Sequence([])
    ds.ViewCodeSequence = Sequence([projection])
    ds.ViewPosition = view
    ds.PositionerType = "MAMMOGRAPHIC"
    ds.PositionerPrimaryAngle = "0" if view == "CC" else "45"
    ds.OrganExposed = "BREAST"
    ds.BreastImplantPresent = "NO"
    ds.PartialView = "NO"
    ds.DetectorType = "DIRECT"
    ds.DetectorConfiguration = "AREA"
    ds.DetectorID = "LPW-MG-2"
    ds.DateOfLastDetectorCalibration = "20260105"
    ds.TimeOfLastDetectorCalibration = "060000"
    ds.KVP, ds.XRayTubeCurrent, ds.ExposureTime = "29", "90", "900"
    ds.Exposure, ds.ExposureInuAs = "81", "81000"
    ds.AnodeTargetMaterial, ds.FilterMaterial = "TUNGSTEN", "RHODIUM"
    ds.BodyPartThickness, ds.CompressionForce = "54", "110"
    ds.OrganDose = "0.0121"
    ds.EntranceDoseInmGy = "4.8"
    ds.DistanceSourceToDetector, ds.DistanceSourceToPatient = "660", "620"
    ds.EstimatedRadiographicMagnificationFactor = f"{660 / 620:.4f}"
    return ds
