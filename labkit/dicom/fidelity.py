"""What a lossy codec did: where two versions of an image differ, and by how much."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from pydicom.dataset import Dataset

from labkit.common.errors import UsageError
from labkit.dicom.pixels import stored_values

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Fidelity:
    """The error of one version of an image against another.

    Attributes
    ----------
    max_error
        The largest difference of a stored value.
    mean_error
        The mean of the absolute differences.
    psnr
        Peak signal-to-noise ratio in dB: 20 log10(range / root mean square error); infinite where
        nothing differs. The range is that of the reference's own values.
    changed
        The part of the values that differ, 0–1.
    error
        Version less reference, signed; the shape of the pixels.
    """

    max_error: int
    mean_error: float
    psnr: float
    changed: float
    error: Array = field(repr=False)

    @property
    def identical(self) -> bool:
        """Whether every value is the same: lossless."""
        return self.max_error == 0

    def picture(self, limit: int | None = None) -> npt.NDArray[np.uint8]:
        """Give the errors as grey: mid-grey is none, white +`limit` and more, black -`limit`.

        Parameters
        ----------
        limit
            The error that is white; without it the largest there is. Give the same for pictures
            that are to be compared.
        """
        most = max(limit or self.max_error, 1)
        scaled = np.clip(self.error / most, -1, 1)
        return np.round(127.5 + 127.5 * scaled).astype(np.uint8)


def fidelity(reference: Dataset, version: Dataset) -> Fidelity:
    """Compare the stored values of two versions of an image.

    Raises
    ------
    UsageError
        They are not of the same size.
    DataError
        One of them cannot be decoded.
    """
    a, b = stored_values(reference).astype(np.int64), stored_values(version).astype(np.int64)
    if a.shape != b.shape:
        raise UsageError(
            f"the images have different sizes: {a.shape} and {b.shape}",
            remedy="Compare an image with its own transcoded version.",
        )
    error = b - a
    size = np.abs(error)
    square = float(np.mean(np.square(error, dtype=np.float64)))
    span = max(int(a.max() - a.min()), 1)
    psnr = 20 * math.log10(span / math.sqrt(square)) if square else math.inf
    return Fidelity(int(size.max()), float(size.mean()), psnr, float((size > 0).mean()), error)
