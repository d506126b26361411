"""Two heads that Lakeside scanned at night, computed when asked for: no files, so no manifest.

For lessons that need more in the old archive than it has: one head with a bleed, one without.
Slices of 3.6 mm lie 7.2 mm apart on a tilted gantry, and each study has a localiser and a second
kernel: what a program chooses wrong, or measures wrong.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

from labkit.dicom.stories.brain import Bleed, clot_distance
from labkit.dicom.stories.cast import Story
from labkit.dicom.stories.ct import TILT, head_slice, noisy, plane
from labkit.dicom.stories.head import head
from labkit.dicom.stories.shapes import Array, Point
from labkit.dicom.stories.uids import uid

_SIZE, _FIELD, _STEP, _SLICES = 256, 235.52, 7.5, 20
_BLEED = Story(
    "lakeside-head", "CT head at Lakeside: a bleed", "A haematoma in the left basal ganglia.",
    "marblethorpe", "LK2600041", "20260115", "031420", "CT HEAD W/O", "HEAD SPIRAL", "CTHEAD",
    "CT1", "emergency",
)  # fmt: skip
_CLEAR = Story(
    "lakeside-head-clear", "CT head at Lakeside: nothing", "A head without a bleed.",
    "larkwhistle", "LK2600042", "20260115", "034105", "CT HEAD W/O", "HEAD SPIRAL", "CTHEAD",
    "CT1", "emergency",
)  # fmt: skip


def head_with_bleed() -> list[Dataset]:
    """Return the study LK2600041: a localiser, 20 slices (H30s), the same in a sharp kernel (H60s).

    Data sets with file meta, ready to be sent; each call gives new ones.
    """
    return copy.deepcopy(list(_study(_BLEED, Bleed())))


def head_without() -> list[Dataset]:
    """Return the study LK2600042, of another patient: the same series, and no bleed."""
    return copy.deepcopy(list(_study(_CLEAR, None)))


def true_bleed(slices: Sequence[Dataset]) -> Array:
    """Return which voxels of slices of LK2600041 are clot: ``(slices, rows, columns)``, bool.

    Known because it was drawn: the signed distance to its edge is negative at their centre.
    """
    points = (_points(int(ds.InstanceNumber)) for ds in slices)
    return np.stack([clot_distance(p, Bleed()) < 0 for p in points])


def _points(number: int) -> Point:
    return plane(-36.0 + _STEP * (number - 1), _SIZE, _FIELD, TILT)


@lru_cache(maxsize=2)
def _study(s: Story, bleed: Bleed | None) -> tuple[Dataset, ...]:
    soft, sharp = [], []
    for number in range(1, _SLICES + 1):
        p = _points(number)
        tissue = head(p, bleed)
        soft.append(_slice(s, number, p, noisy(tissue, 3.2, s.slug, number), "H30s", 2))
        sharp.append(_slice(s, number, p, noisy(tissue, 14.0, s.slug, 60, number), "H60s", 3))
    return (_localiser(s, soft[0], bleed), *soft, *sharp)


def _slice(s: Story, number: int, p: Point, hu: Array, kernel: str, series: int) -> Dataset:
    ds = head_slice(s, number, p, hu, kernel)
    return _settled(ds, s, series, number)


def _localiser(s: Story, like: Dataset, bleed: Bleed | None) -> Dataset:
    """A view from the side: the mean along the beam."""
    ds = copy.deepcopy(like)
    u = (np.arange(_SIZE) - (_SIZE - 1) / 2) * (_FIELD / _SIZE)
    y, z = np.meshgrid(u, 60.0 - u * 0.75)
    hu = np.mean([head((np.full_like(y, x), y, z), bleed) for x in (-45.0, -15.0, 15.0, 45.0)], 0)
    ds.PixelData = (np.rint(np.clip(hu, -1024, 3071)) + 1024).astype("<u2").tobytes()
    ds.ImageType = ["ORIGINAL", "PRIMARY", "LOCALIZER"]
    ds.SeriesDescription, ds.GantryDetectorTilt = "TOPOGRAM", "0"
    ds.ImageOrientationPatient = ["0", "1", "0", "0", "0", "-1"]
    ds.ImagePositionPatient = ["0", f"{u[0]:.4f}", f"{z[0, 0]:.4f}"]
    ds.PixelSpacing = ["0.69", "0.92"]
    ds.RescaleType, ds.ConvolutionKernel = "US", "T20s"
    return _settled(ds, s, 1, 1)


def _settled(ds: Dataset, s: Story, series: int, number: int) -> Dataset:
    ds.SeriesNumber, ds.SeriesInstanceUID = series, uid(s.slug, series)
    ds.SOPInstanceUID = uid(s.slug, series, number)
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = ds.SOPClassUID
    meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.file_meta = meta
    return ds
