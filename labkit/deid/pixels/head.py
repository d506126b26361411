"""Find brain and face in a series of slices of a head."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from pydicom.dataset import Dataset
from scipy import ndimage

from labkit.common.errors import DataError
from labkit.dicom.pixels import modality_values

Array = npt.NDArray[Any]

#: Grid on which the surface is looked for; finer costs time and moves the cut by a millimetre.
_GRID_MM = 2.5
#: Scalp and muscles are thinner than twice this, the brain is not.
_PEEL_MM = 6.0
#: Fewer millilitres than any brain of which half is seen, more than any brain.
_LEAST_ML, _MOST_ML = 250.0, 2400.0
#: The curtain: how far before the brain, how deep at most behind its pole, how far above it.
_BEFORE_MM, _DEEPEST_MM, _BROW_MM, _BIN_MM = 8.0, 45.0, 10.0, 6.0
_REMEDY = "look at the series yourself; release it only if it shows no face"


@dataclass(frozen=True)
class Cut:
    """A curtain in the patient's coordinates, before brain and below the brow.

    Attributes
    ----------
    heights_mm
        z, rising; a curtain ends at the last (z upwards, y to the back; PS3.3 C.7.6.2.1.1).
    fronts_mm
        At each height: what has a smaller y is face.
    """

    heights_mm: tuple[float, ...]
    fronts_mm: tuple[float, ...]

    def face(self, ds: Dataset) -> Array:
        """Return which pixels of a slice are face, ``(rows, columns)`` of bool."""
        origin, down, across = _geometry(ds)
        rows = np.arange(int(ds.Rows))[:, None]
        columns = np.arange(int(ds.Columns))[None, :]
        y, z = (origin[i] + rows * down[i] + columns * across[i] for i in (1, 2))
        front = np.interp(z, self.heights_mm, self.fronts_mm)
        return np.asarray((y < front) & (z < self.heights_mm[-1]))


def _geometry(ds: Dataset) -> tuple[Array, Array, Array]:
    """Return position, step down a row and step across a column, in mm (PS3.3 C.7.6.2.1.1)."""
    try:
        across, down = np.reshape([float(v) for v in ds.ImageOrientationPatient], (2, 3))
        origin = np.array([float(v) for v in ds.ImagePositionPatient])
        row, column = (float(v) for v in ds.PixelSpacing)
    except (AttributeError, TypeError, ValueError) as error:
        raise DataError("a slice does not say where it lies", remedy=_REMEDY) from error
    return origin, down * row, across * column


def find_cut(slices: Sequence[Dataset]) -> Cut:
    """Find what parts face from brain: a curtain that hangs 8 mm before the brain.

    The brain is the largest soft tissue that is thick. From 10 mm above its foremost point down,
    all that lies before it is face, at most 45 mm deep, so that the base of the skull stays.

    Parameters
    ----------
    slices
        One series of CT or MR, in any order; with pixels.

    Raises
    ------
    DataError
        There is no volume, or nothing in it that is a brain: then nobody knows where the face is.
    """
    volume, points = _volume(slices)
    ct = str(slices[0].get("Modality")) == "CT"
    head = _head(volume, ct)
    brain = _brain(volume, head, ct, _steps(points))
    millilitres = brain.sum() * float(np.prod(_steps(points))) / 1000.0
    if not _LEAST_ML <= millilitres <= _MOST_ML:
        raise DataError("no brain was found in this series", remedy=_REMEDY)
    cut = _curtain(points[brain])
    y, z = points[..., 1], points[..., 2]
    front = np.interp(z, cut.heights_mm, cut.fronts_mm)
    if not (head & (y < front) & (z < cut.heights_mm[-1])).any():
        raise DataError("no face was found in front of the brain", remedy=_REMEDY)
    return cut


def _curtain(brain: Array) -> Cut:
    """Hang the curtain before points of the brain, ``(n, 3)`` in mm."""
    y, z = brain[:, 1], brain[:, 2]
    low = float(z.min())
    which = ((z - low) // _BIN_MM).astype(int)
    fronts = np.full(which.max() + 1, np.nan)
    for number in range(len(fronts)):
        if (which == number).sum() >= 5:
            fronts[number] = np.percentile(y[which == number], 1.0)
    seen = np.flatnonzero(~np.isnan(fronts))
    heights = low + (seen + 0.5) * _BIN_MM
    smooth = ndimage.median_filter(fronts[seen], 3, mode="nearest")
    pole = float(smooth.min())
    brow = float(heights[int(smooth.argmin())]) + _BROW_MM
    curtain = np.minimum(smooth, pole + _DEEPEST_MM) - _BEFORE_MM
    below = heights < brow
    ends = [*heights[below].tolist(), brow]
    return Cut(tuple(ends), (*curtain[below].tolist(), float(np.interp(brow, heights, curtain))))


def _volume(slices: Sequence[Dataset]) -> tuple[Array, Array]:
    """Return values and positions in mm, ``(slices, rows, columns)`` and one more axis of three."""
    if len(slices) < 5:
        raise DataError("too few slices to find a face in", remedy=_REMEDY)
    found = []
    for ds in slices:
        if int(ds.get("NumberOfFrames", 1) or 1) > 1 or int(ds.get("SamplesPerPixel", 1)) != 1:
            raise DataError("faces are looked for in single slices of grey", remedy=_REMEDY)
        origin, down, across = _geometry(ds)
        normal = np.cross(across, down)
        found.append((float(origin @ (normal / np.linalg.norm(normal))), ds, origin, down, across))
    found.sort(key=lambda one: one[0])
    first = found[0]
    shape = (int(first[1].Rows), int(first[1].Columns))
    values, places, last = [], [], None
    for at, ds, origin, down, across in found:
        same = np.allclose(down, first[3], atol=1e-3) and np.allclose(across, first[4], atol=1e-3)
        if (int(ds.Rows), int(ds.Columns)) != shape or not same:
            raise DataError("the slices of the series do not lie alike", remedy=_REMEDY)
        if last is not None and at - last < 0.01:
            continue  # the same place again, with another echo or a moment later
        last = at
        step = max(1, round(_GRID_MM / float(np.linalg.norm(down))))
        image = modality_values(ds).astype(np.float64)
        values.append(ndimage.uniform_filter(image, step)[::step, ::step])
        rows = np.arange(0, shape[0], step)[:, None, None] * down
        places.append(origin + rows + np.arange(0, shape[1], step)[None, :, None] * across)
    if len(values) < 5:
        raise DataError("too few slices to find a face in", remedy=_REMEDY)
    return np.stack(values), np.stack(places)


def _steps(points: Array) -> tuple[float, float, float]:
    along = (points[-1, 0, 0] - points[0, 0, 0]) / (len(points) - 1)
    return (
        float(np.linalg.norm(along)),
        float(np.linalg.norm(points[0, 1, 0] - points[0, 0, 0])),
        float(np.linalg.norm(points[0, 0, 1] - points[0, 0, 0])),
    )


def _head(volume: Array, ct: bool) -> Array:
    """Return what is not air around the head: its surface is where this ends."""
    solid = ndimage.binary_opening(volume > (-300.0 if ct else _level(volume)))
    if not solid.any():
        raise DataError("nothing but air was found in this series", remedy=_REMEDY)
    # In MR bone is as dark as air: the scalp is a piece of its own, and what it encloses is head.
    filled = [ndimage.binary_fill_holes(part) for part in solid]
    return np.asarray(filled)


def _brain(volume: Array, head: Array, ct: bool, steps: tuple[float, float, float]) -> Array:
    soft = head & ((volume > -10.0) & (volume < 110.0) if ct else volume > _level(volume))
    core = ndimage.distance_transform_edt(np.pad(soft, 1), sampling=steps)[1:-1, 1:-1, 1:-1]
    labels, count = ndimage.label(core > _PEEL_MM)
    if not count:
        raise DataError("no brain was found in this series", remedy=_REMEDY)
    largest = labels == 1 + int(np.argmax(np.bincount(labels.ravel())[1:]))
    grown = ndimage.distance_transform_edt(~largest, sampling=steps) <= _PEEL_MM
    return np.asarray(grown & soft)


def _level(volume: Array) -> float:
    """Return the value that parts signal from none (Otsu's, and lower, since bone is dark too)."""
    counts, edges = np.histogram(volume, 256)
    centers = (edges[:-1] + edges[1:]) / 2
    below = np.cumsum(counts)
    above = below[-1] - below
    mean_below = np.cumsum(counts * centers) / np.maximum(below, 1)
    total = (counts * centers).sum()
    mean_above = (total - np.cumsum(counts * centers)) / np.maximum(above, 1)
    between = below * above * (mean_below - mean_above) ** 2
    return 0.6 * float(centers[int(np.argmax(between))])
