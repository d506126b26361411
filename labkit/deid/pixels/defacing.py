"""Remove a face from the slices of a head."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from pydicom.dataset import Dataset
from scipy import ndimage

from labkit.deid.pixels.blank import put
from labkit.deid.pixels.head import Cut
from labkit.dicom.pixels import stored_values

Array = npt.NDArray[Any]
Mode = Literal["remove", "blur"]

#: How far blurring mixes, in mm: a nose and what is beside it become one.
BLUR_MM = 20.0


def deface(ds: Dataset, cut: Cut, mode: Mode = "remove") -> float:
    """Remove or blur what lies before a plane, in place.

    The same plane for all slices of a series, so that they still fit each other.

    Parameters
    ----------
    ds
        One slice.
    cut
        From `find_cut` of its series.
    mode
        ``"remove"`` puts air there. ``"blur"`` leaves a smooth shape, for algorithms that stumble
        over an edge; it hides less.

    Returns
    -------
    float
        Which part of the slice was face, 0–1.

    Raises
    ------
    DataError
        The pixels cannot be decoded.
    """
    face = cut.face(ds)
    if not face.any():
        return 0.0
    values = stored_values(ds).copy()
    if mode == "blur":
        values[face] = _blurred(values, ds)[face]
    else:
        values[face] = _air(ds, values)
    put(ds, values)
    return float(face.mean())


def _air(ds: Dataset, values: Array) -> int:
    """Return the stored value of air: −1000 HU for CT, the least that there is for others."""
    lowest = int(values.min())
    if str(ds.get("Modality")) != "CT":
        return lowest
    slope = float(ds.get("RescaleSlope") or 1.0)
    wanted = round((-1000.0 - float(ds.get("RescaleIntercept") or 0.0)) / slope)
    bits, signed = int(ds.BitsStored), int(ds.get("PixelRepresentation", 0))
    least, most = (-(1 << (bits - 1)), (1 << (bits - 1)) - 1) if signed else (0, (1 << bits) - 1)
    return min(max(wanted, least), most)


def _blurred(values: Array, ds: Dataset) -> Array:
    row, column = (float(v) for v in ds.PixelSpacing)
    smooth = ndimage.gaussian_filter(values.astype(np.float64), (BLUR_MM / row, BLUR_MM / column))
    rounded: Array = np.rint(smooth).astype(values.dtype)
    return rounded
