"""The MR of the brain: every position twice, at two echo times."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from pydicom import uid as uids
from pydicom.dataset import Dataset

from labkit.dicom.stories.brain import Bleed, brain
from labkit.dicom.stories.cast import Story, story
from labkit.dicom.stories.ct import plane
from labkit.dicom.stories.files import save, set_pixels
from labkit.dicom.stories.head import vault_depth
from labkit.dicom.stories.headers import acquired, common, frame_of_reference
from labkit.dicom.stories.shapes import (
    Array,
    Point,
    Texture,
    dice,
    ellipsoid,
    grain,
    inside,
    overlap,
    paint,
    union,
)

#: Echo times in ms, and the signal of each tissue at them: proton density × exp(−TE / T2).
ECHOES = (22.0, 90.0)
_SIGNAL = {
    "white": (560.0, 225.0), "grey": (690.0, 350.0), "deep grey": (640.0, 285.0),
    "csf": (800.0, 790.0), "choroid": (700.0, 420.0), "dura": (330.0, 90.0),
    "oedema": (760.0, 590.0), "blood": (470.0, 130.0),
}  # fmt: skip
_BIAS = Texture("coil", cell=110.0)
_CLOT = Texture("clot", cell=7.0)


def write(folder: Path, positions: Iterable[int] = range(12)) -> None:
    """Write 12 positions × 2 echoes in one series, Explicit VR Little Endian."""
    s = story("mr-brain")
    for position in positions:
        p = plane(-22.0 + 9.5 * position, 144, 230.4)
        for echo in (1, 2):
            number = 2 * position + echo
            ds = _image(s, number, p, echo)
            values = head_signal(p, echo) * (1.0 + 0.16 * _BIAS(*p))
            noise = grain(dice(s.slug, number), p[0].shape, 13.0)
            # Magnitude of a complex signal: noise never makes it negative.
            set_pixels(ds, np.sqrt((values + noise) ** 2 + 30.0), 12)
            save(ds, folder / f"mr-{number:03d}.dcm")


def head_signal(p: Point, echo: int) -> Array:
    """Return the signal of a head at points in mm; bone and air give none."""
    x, y, z = p
    which = echo - 1
    depth = vault_depth(p)
    face = overlap(ellipsoid(p, (0.0, -30.0, -40.0), (68.0, 76.0, 62.0)), z - 8.0)
    outline = union(-depth, face)
    bleed = Bleed()
    signal = np.zeros_like(x)
    signal = paint(signal, outline, (620.0, 380.0)[which])  # skin and fat
    signal = paint(signal, overlap(5.5 - depth), 40.0)  # the vault: compact bone is dark
    signal = paint(signal, overlap(7.5 - depth, depth - 10.0), (360.0, 170.0)[which])
    below = depth - 12.5
    soft = np.full(x.shape, _SIGNAL["csf"][which])
    for tissue, cover in brain(p, below, bleed).layers:
        soft = soft + cover * (_SIGNAL[tissue][which] - soft)
    # A day-old clot: mottled, with a dark edge of deoxyhaemoglobin.
    clot = ellipsoid(p, bleed.center, bleed.radii)
    soft = soft + inside(clot, 4.0) * 70.0 * _CLOT(*p)
    soft = soft - inside(np.abs(clot + 1.0) - 0.8, 2.0) * (120.0, 90.0)[which]
    signal = paint(signal, 1.0 - below, soft, 1.0)
    eyes = ellipsoid((np.abs(x), y, z), (32.0, -81.0, -21.0), (12.3, 12.3, 12.3))
    return np.maximum(paint(signal, eyes, _SIGNAL["csf"][which]), 0.0)


def _image(s: Story, number: int, p: Point, echo: int) -> Dataset:
    """Return one MR Image (PS3.3 A.4) without its pixels."""
    ds = common(s, uids.MRImageStorage, "MR", series=3, number=number)
    acquired(ds, s, "AX PD+T2 TSE", "BRAIN")
    frame_of_reference(ds, s)
    x, _, z = p
    step = float(x[0, 1] - x[0, 0])
    ds.ImageType = ["ORIGINAL", "PRIMARY", "M", "SE"]
    ds.PatientPosition = "HFS"
    ds.ScanningSequence, ds.SequenceVariant = "SE", "SK"
    ds.ScanOptions = ""
    ds.MRAcquisitionType = "2D"
    ds.SequenceName = "tse2d2"
    ds.RepetitionTime = "3200"
    ds.EchoTime = f"{ECHOES[echo - 1]:.0f}"
    ds.EchoNumbers = echo
    ds.EchoTrainLength = 8
    ds.MagneticFieldStrength = "1.5"
    ds.ImagingFrequency = "63.87"
    ds.ImagedNucleus = "1H"
    ds.NumberOfAverages = "1"
    ds.FlipAngle = "150"
    ds.PixelBandwidth = "130"
    ds.SAR = "0.9"
    ds.SliceThickness, ds.SpacingBetweenSlices = "8", "9.5"
    ds.PixelSpacing = [f"{step:.2f}", f"{step:.2f}"]
    ds.ImagePositionPatient = [f"{float(u[0, 0]):.3f}" for u in p]
    ds.ImageOrientationPatient = ["1", "0", "0", "0", "1", "0"]
    ds.SliceLocation = f"{float(z[0, 0]):.1f}"
    ds.AcquisitionMatrix = [144, 0, 0, 144]
    ds.InPlanePhaseEncodingDirection = "COL"
    ds.WindowCenter, ds.WindowWidth = ("480", "900") if echo == 1 else ("400", "800")
    return ds
