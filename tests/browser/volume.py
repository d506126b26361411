"""A CT of any number of slices, 512 × 512 and uncompressed, for measuring."""

from __future__ import annotations

import numpy as np
from pydicom.dataset import Dataset

from tests.dicom.test_frames import grey


def volume(count: int) -> list[Dataset]:
    """Make slices of a ball in air, with noise; the same each time."""
    draw = np.random.default_rng(1)
    noise = draw.normal(0, 12, (512, 512))
    rows, columns = np.mgrid[:512, :512] - 256
    slices = []
    for n in range(count):
        z = (n - count / 2) * 400 / count
        inside = rows**2 + columns**2 + z**2 < 200**2
        values = (np.where(inside, 40, -1000) + np.roll(noise, n * 17)).astype(np.int16)
        slices.append(
            grey(values, position=2.0 * n, PixelSpacing=[0.5, 0.5], Modality="CT", InstanceNumber=n,
                 RescaleSlope=1, RescaleIntercept=0, PatientName="Volume^Big", SeriesNumber=1)
        )  # fmt: skip
    return slices
