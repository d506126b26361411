"""The ultrasound studies: a beating heart in colour, and a still picture of the neck."""

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
from labkit.dicom.stories.shapes import (
    Array,
    Point,
    capsule,
    chain,
    dice,
    ellipsoid,
    gaussian,
    inside,
    overlap,
    smooth,
    union,
)

FRAMES, ROWS, COLUMNS, STEP = 20, 300, 400, 0.6  # STEP in mm


def write_heart(folder: Path) -> None:
    """Write the cine loop: 20 frames, RGB stored as JPEG Baseline in YBR_FULL_422."""
    s = story("us-heart")
    ds = common(s, uids.UltrasoundMultiFrameImageStorage, "US", series=1, number=1)
    acquired(ds, s, "A4C COLOUR", "HEART")
    _ultrasound(ds, STEP, top=16, rows=264)
    ds.ImageType = ["ORIGINAL", "PRIMARY"]
    ds.FrameTime = "45"
    ds.FrameIncrementPointer = 0x00181063
    ds.HeartRate = "67"
    ds.NumberOfFrames = FRAMES
    ds.UltrasoundColorDataPresent = 1
    set_pixels(ds, np.stack([_heart_frame(s, t) for t in range(FRAMES)]), 8)
    save(ds, folder / "us-001.dcm", uids.JPEGBaseline8Bit)


def _fan(rows: int, columns: int, step: float, top: int) -> tuple[Array, Array, Array, Array]:
    """Return x and y in mm below the probe, depth, and whether a pixel is in the sector."""
    x = (np.arange(columns) - (columns - 1) / 2) * step
    y = (np.arange(rows) - top) * step
    gx, gy = np.meshgrid(x, y)
    depth = np.sqrt(gx * gx + gy * gy)
    sector = (np.abs(gx) < 0.72 * gy) & (depth > 4.0) & (depth < 156.0)
    return gx, gy, depth, sector


def _speckle(s: Story, t: int, x: Array, y: Array, depth: Array) -> Array:
    """Return the grain of an echo image: fine in depth, coarse from side to side."""
    fixed, moving = (smooth(gaussian(dice(s.slug, what), (420, 130))) for what in ("still", t))
    both = 0.75 * fixed + 0.66 * moving
    ray = np.clip((x / np.maximum(y, 1.0) + 0.72) / 1.44 * 128, 0, 128).astype(int)
    ring = np.clip(depth * 2.5, 0, 419).astype(int)
    grain: Array = both[ring, ray]
    return grain


def _heart_frame(s: Story, t: int) -> Array:
    """Return one frame, uint8 RGB: greys from the tissue, colour where blood moves."""
    x, y, depth, sector = _fan(ROWS, COLUMNS, STEP, 16)
    phase = t / FRAMES
    squeeze = 4 * (phase / 0.4) * (1 - phase / 0.4) if phase < 0.4 else 0.0
    filling = 4 * ((phase - 0.45) / 0.4) * (1 - (phase - 0.45) / 0.4) if 0.45 < phase < 0.85 else 0
    squeeze /= 4 if squeeze > 0 else 1
    p: Point = (x, y, np.zeros_like(x))

    base = 92.0 - 8.0 * squeeze  # the plane of the valves moves towards the probe
    lv = ellipsoid(p, (15.0, 60.0 - 2 * squeeze, 0), (17.0 - 8 * squeeze, 34.0 - 5 * squeeze, 9))
    rv = ellipsoid(p, (-22.0, 64.0, 0), (13.0 - 4 * squeeze, 29.0 - 4 * squeeze, 9), 0.12)
    la = ellipsoid(p, (17.0, 112.0, 0), (17.0 + 3 * squeeze, 17.0 + 3 * squeeze, 9))
    ra = ellipsoid(p, (-21.0, 110.0, 0), (15.0 + 3 * squeeze, 15.0 + 3 * squeeze, 9))
    cavities = union(lv, rv, la, ra)
    muscle = union(lv - 10.0 - 3 * squeeze, rv - 6.0, la - 4.0, ra - 4.0)
    swing = 0.0 if phase < 0.42 else 11.0 * filling
    valves = union(
        chain(p, [(0.0, base, 0, 1.0), (13.0 - swing, base - 5.0 - swing, 0, 0.9)]),
        chain(p, [(32.0, base, 0, 1.0), (17.0 + 0.8 * swing, base - 5.0 - swing, 0, 0.9)]),
        chain(p, [(-36.0, base - 2, 0, 1.0), (-23.0 - 0.7 * swing, base - 7.0 - swing, 0, 0.9)]),
        chain(p, [(-7.0, base - 2, 0, 1.0), (-20.0 + 0.7 * swing, base - 7.0 - swing, 0, 0.9)]),
    )
    echo = 46.0 - 0.12 * depth + 10.0 * inside(capsule(p, (-60, 30, 0), (70, 30, 0), 14.0), 20.0)
    echo = echo + (98.0 - echo) * inside(muscle, 3.0)
    echo = echo + (172.0 - echo) * inside(np.abs(muscle + 0.5) - 1.3, 2.0) * 0.8
    echo = echo + (10.0 - echo) * inside(cavities, 2.5)
    echo = echo + (215.0 - echo) * inside(valves, 1.2)
    grey = echo * (1.0 + 0.42 * _speckle(s, t, x, y, depth)) * np.clip(1.25 - depth / 260.0, 0.3, 1)
    grey = np.clip(np.where(sector, grey, 0.0), 0, 255)
    frame = np.repeat(grey[:, :, None], 3, axis=2)
    _doppler(frame, p, s, t, squeeze, float(filling), overlap(union(lv, la, valves - 4.0)))
    _banner(frame, s, phase)
    return np.rint(frame).astype(np.uint8)


def _doppler(
    frame: Array, p: Point, s: Story, t: int, squeeze: float, filling: float, blood: Array
) -> None:
    """Colour the blood: red towards the probe as the ventricle fills, blue away from it."""
    x, y, _ = p
    flicker = smooth(gaussian(dice(s.slug, "flow", t), x.shape), 2)
    inflow = ellipsoid(p, (15.0, 78.0 - 14.0 * filling, 0), (9.0, 28.0, 9)) + 3.0 * flicker
    outflow = capsule(p, (8.0, 62.0, 0), (1.0, 92.0, 0), 6.0, 4.0) + 3.0 * flicker
    red = inside(overlap(inflow, blood), 4.0) * min(filling, 1.0)
    blue = inside(overlap(outflow, blood - 3.0), 4.0) * min(4 * squeeze, 1.0)
    for strength, colour in ((red, (230.0, 70.0, 20.0)), (blue, (30.0, 90.0, 235.0))):
        for channel, level in enumerate(colour):
            shade = level * np.clip(0.8 + 0.25 * flicker, 0.3, 1.1)
            frame[..., channel] += strength * (shade - frame[..., channel])
    np.clip(frame, 0, 255, out=frame)
    for i in range(60):  # the colour scale
        share = abs(i - 29.5) / 29.5
        colour = (230 * share, 90 * share, 20) if i < 30 else (20, 110 * share, 235 * share)
        frame[40 + i, 380:390] = colour
    box = (np.abs(np.abs(x - 14.0) - 34.0) < 0.35) & (np.abs(y - 84.0) < 50.0)
    box |= (np.abs(np.abs(y - 84.0) - 50.0) < 0.35) & (np.abs(x - 14.0) < 34.0)
    frame[box] = (200, 200, 120)


def _banner(frame: Array, s: Story, phase: float) -> None:
    """Burn in who and when, and the ECG with a bar where the frame was taken."""
    person = s.person
    name = person.name.split("=")[0].replace("^", " ").upper()
    stamp(frame, f"{name}  {person.patient_id}", 1, 4, (235, 235, 235))
    stamp(frame, f"{person.site}  {s.date[:4]}-{s.date[4:6]}-{s.date[6:]}", 1, 250, (235, 235, 235))
    stamp(frame, "67 bpm", 286, 4, (120, 235, 120))
    for column in range(60, 390):
        beat = ((column - 60) / 165.0) % 1.0
        wave = 0.0
        for at, width, height in ((0.02, 0.025, 11.0), (0.28, 0.09, 3.5), (0.86, 0.06, 2.0)):
            away = min(abs(beat - at), 1 - abs(beat - at)) / width
            wave += height * max(0.0, 1.0 - away)
        row = int(295 - wave)
        frame[max(row - 1, 280) : row + 1, column] = (120, 235, 120)
    frame[281:298, 60 + int(165 * phase)] = (240, 200, 80)


def write_thyroid(folder: Path) -> None:
    """Write the still of the neck: PALETTE COLOR with an amber map, RLE."""
    s = story("us-thyroid")
    rows, columns, step = 240, 320, 0.18
    x = (np.arange(columns) - (columns - 1) / 2) * step
    y = np.arange(rows) * step
    gx, gy = np.meshgrid(x, y)
    p: Point = (gx, gy, np.zeros_like(gx))
    lobe = ellipsoid(p, (-4.0, 21.0, 0), (15.0, 10.0, 9), 0.06)
    cyst = ellipsoid(p, (-7.0, 20.0, 0), (5.2, 4.4, 9))
    windpipe = ellipsoid(p, (25.0, 22.0, 0), (9.0, 8.0, 9))
    carotid = ellipsoid(p, (-24.0, 23.0, 0), (3.4, 3.4, 9))
    layers = 60.0 + 26.0 * smooth(gaussian(dice(s.slug, "fascia"), (rows, 1)), 3) * 3.0
    echo = np.where(gy < 11.0, layers, 74.0 - 0.9 * gy)
    echo = echo + (118.0 - echo) * inside(lobe, 1.0)
    echo = echo + (190.0 - echo) * inside(np.abs(lobe) - 0.35, 0.7) * 0.7
    behind = (np.abs(gx + 7.0) < 4.2) & (gy > 24.0)  # sound passes a cyst unweakened
    echo = np.where(behind, echo * 1.45, echo)
    echo = echo + (6.0 - echo) * inside(union(cyst, carotid), 0.8)
    echo = echo + (225.0 - echo) * inside(np.abs(windpipe) - 0.5, 0.8)
    echo = np.where((windpipe < 0) & (gy > 16.0), echo * 0.35, echo)
    noise = smooth(gaussian(dice(s.slug), (rows, columns)))
    grey = np.clip(echo * (1.0 + 0.75 * noise), 0, 255)
    ds = common(s, uids.UltrasoundImageStorage, "US", series=1, number=1)
    acquired(ds, s, "THYROID LEFT TRANSVERSE", "NECK")
    _ultrasound(ds, step, top=0, rows=rows)
    ds.ImageType = ["ORIGINAL", "PRIMARY"]
    ds.PhotometricInterpretation = "PALETTE COLOR"
    set_pixels(ds, grey, 8)
    ramp = np.arange(256)
    for colour, gain in (("Red", 1.0), ("Green", 0.82), ("Blue", 0.52)):
        table = np.rint(ramp * 257 * gain).astype("<u2")
        setattr(ds, f"{colour}PaletteColorLookupTableDescriptor", [256, 0, 16])
        setattr(ds, f"{colour}PaletteColorLookupTableData", table.tobytes())
    save(ds, folder / "us-001.dcm", uids.RLELossless)


def _ultrasound(ds: Dataset, step: float, *, top: int, rows: int) -> None:
    """Say where the tissue is in the picture, and how large a pixel is there: in cm."""
    region = Dataset()
    region.RegionSpatialFormat = 1  # 2D: tissue
    region.RegionDataType = 1
    region.RegionFlags = 2
    region.RegionLocationMinX0, region.RegionLocationMaxX1 = 0, 399 if top else 319
    region.RegionLocationMinY0, region.RegionLocationMaxY1 = top, top + rows - 1
    region.PhysicalUnitsXDirection = region.PhysicalUnitsYDirection = 3
    region.PhysicalDeltaX = region.PhysicalDeltaY = step / 10.0
    region.ReferencePixelX0, region.ReferencePixelY0 = (200 if top else 160), 0
    region.ReferencePixelPhysicalValueX = region.ReferencePixelPhysicalValueY = 0.0
    region.TransducerFrequency = 3500
    ds.SequenceOfUltrasoundRegions = Sequence([region])
    ds.TransducerType = "SECTOR_PHASED" if top else "LINEAR"
    ds.BurnedInAnnotation = "YES" if top else "NO"
    ds.LossyImageCompression = "00"
    ds.PatientOrientation = ""
