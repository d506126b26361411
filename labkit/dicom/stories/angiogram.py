"""The coronary angiogram (XA): contrast medium fills the left coronary artery, and washes out."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
from pydicom import uid as uids

from labkit.dicom.stories.cast import story
from labkit.dicom.stories.files import save, set_pixels
from labkit.dicom.stories.headers import acquired, common
from labkit.dicom.stories.radiograph import grid
from labkit.dicom.stories.shapes import Array, dice, gaussian, inside, smooth

FRAMES, SIZE, STEP = 20, 256, 0.55  # STEP in mm at the detector

#: Vessels: how far from the catheter each begins (mm), and its points ``(x, y, radius)`` in mm.
_TREE: list[tuple[float, list[tuple[float, float, float]]]] = [
    (0, [(-26, -34, 2.4), (-14, -31, 2.3), (-6, -28, 2.2)]),
    # The anterior descending branch; its third piece is the narrowing.
    (22, [(-6, -28, 1.9), (4, -20, 1.8), (10, -11, 1.7), (12, -8, 0.55), (13, -5, 0.6),
          (14, -1, 1.5), (19, 14, 1.3), (21, 30, 1.0), (16, 44, 0.7), (6, 52, 0.4)]),
    (40, [(6, -17, 1.0), (19, -12, 0.9), (31, 0, 0.7), (37, 15, 0.4)]),
    (62, [(15, 2, 0.9), (28, 13, 0.7), (36, 28, 0.4)]),
    (75, [(20, 18, 0.6), (27, 34, 0.5), (29, 46, 0.3)]),
    (55, [(12, -2, 0.5), (7, 10, 0.4), (3, 24, 0.3)]),
    (70, [(17, 8, 0.5), (11, 22, 0.4), (9, 34, 0.3)]),
    # The circumflex branch and its marginals.
    (22, [(-6, -28, 1.8), (-12, -18, 1.7), (-20, -4, 1.5), (-27, 12, 1.2), (-29, 28, 0.8),
          (-26, 42, 0.4)]),
    (38, [(-14, -15, 1.0), (-9, 2, 0.9), (-8, 18, 0.7), (-10, 34, 0.4)]),
    (55, [(-22, 0, 0.9), (-18, 16, 0.7), (-18, 30, 0.4)]),
]  # fmt: skip


def write(folder: Path) -> None:
    """Write 20 frames at 15 a second, 8 bits, JPEG Baseline."""
    s = story("xa-coronary")
    ds = common(s, uids.XRayAngiographicImageStorage, "XA", series=1, number=1)
    acquired(ds, s, "LCA RAO 20 CRA 20", "HEART")
    ds.ImageType = ["ORIGINAL", "PRIMARY", "SINGLE PLANE"]
    ds.NumberOfFrames = FRAMES
    ds.FrameTime = "66.67"
    ds.FrameIncrementPointer = 0x00181063
    ds.CineRate, ds.RecommendedDisplayFrameRate = 15, 15
    ds.KVP, ds.XRayTubeCurrent, ds.ExposureTime = "78", "640", "6"
    ds.RadiationSetting = "GR"
    ds.PixelIntensityRelationship = "LIN"
    ds.PositionerMotion = "STATIC"
    ds.PositionerPrimaryAngle, ds.PositionerSecondaryAngle = "-20", "20"
    ds.DistanceSourceToDetector, ds.DistanceSourceToPatient = "1050", "760"
    ds.EstimatedRadiographicMagnificationFactor = "1.3816"
    ds.ImagerPixelSpacing = [f"{STEP}", f"{STEP}"]
    ds.ContrastBolusAgent = "Phantomexol 350"
    ds.IntensifierSize = "140"
    ds.PatientOrientation = ""
    ds.LossyImageCompression = "00"
    ds.WindowCenter, ds.WindowWidth = "128", "256"
    frames = np.stack([_frame(t) for t in range(FRAMES)])
    set_pixels(ds, frames, 8)
    save(ds, folder / "xa-001.dcm", uids.JPEGBaseline8Bit)


def _path(x: Array, y: Array, points: list[tuple[float, float, float]]) -> tuple[Array, Array]:
    """Return how much contrast lies along the beam (mm), and how far along the vessel (mm)."""
    chord, along, start = np.zeros_like(x), np.zeros_like(x), 0.0
    for a, b in pairwise(points):
        dx, dy = b[0] - a[0], b[1] - a[1]
        length = float(np.sqrt(dx * dx + dy * dy))
        t = np.clip(((x - a[0]) * dx + (y - a[1]) * dy) / (length * length), 0.0, 1.0)
        px, py = x - a[0] - t * dx, y - a[1] - t * dy
        radius = a[2] + t * (b[2] - a[2])
        off = np.sqrt(px * px + py * py)
        here = 2 * np.sqrt(np.maximum(radius * radius - off * off, 0.0))
        here = here + inside(off - radius, 0.7) * radius * 0.35  # blurred by motion and focus
        along = np.where(here > chord, start + t * length, along)
        chord = np.maximum(chord, here)
        start += length
    return chord, along


def _frame(t: int) -> Array:
    """Return one frame: dark where contrast and bone are."""
    x, y = grid(SIZE, SIZE, STEP)
    beat = (t * 0.0666 / 0.9) % 1.0
    squeeze = 4 * beat * (1 - beat)
    scale = 1.0 - 0.05 * squeeze
    hx, hy = x / scale - 1.5 * squeeze, y / scale + 2.0 * squeeze
    shade = 168.0 - 0.18 * x + 0.10 * y
    heart = np.sqrt(((hx - 4) / 52.0) ** 2 + ((hy - 12) / 58.0) ** 2)
    shade = shade - 34.0 * np.clip(1.25 - heart, 0.0, 0.5)
    shade = shade - 30.0 * inside(58.0 - y + 0.004 * x * x, 4.0)  # the diaphragm
    for at in (-62.0, -38.0, -14.0, 10.0, 34.0, 58.0):  # ribs
        bend = y - at - 0.0022 * (x + 60.0) ** 2
        shade = shade - 9.0 * inside(np.abs(bend) - 3.2, 2.0)
    spine = np.abs(x + 56.0) - 13.0
    shade = shade - 26.0 * inside(spine, 5.0) * (0.8 + 0.2 * (((y + 300) % 26.0) > 4.0))
    catheter, _ = _path(x, y, [(-64, 80, 1.1), (-62, -20, 1.1), (-54, -52, 1.1), (-38, -48, 1.1),
                               (-26, -34, 1.0)])  # fmt: skip
    shade = shade - 14.0 * catheter
    front = 14.0 * max(t - 2, 0)  # how far the contrast has come, in mm
    tail = 14.0 * max(t - 12, 0)
    total = np.zeros_like(x)
    for begins, points in _TREE:
        chord, along = _path(hx, hy, points)
        way = begins + along
        full = np.clip((front - way) / 16.0, 0.0, 1.0) * np.clip(
            1.0 - (tail - way) / 40.0, 0.08, 1.0
        )
        total = np.maximum(total, chord * full)
    shade = shade - 27.0 * total
    noise = smooth(gaussian(dice("xa", t), x.shape)) * 7.0
    return np.clip(shade + noise, 0, 255)
