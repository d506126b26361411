"""Shapes in a mask of voxels: grow, shrink, what hangs together. With numpy alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Mask = npt.NDArray[np.bool_]
_EVERY = slice(None)


def grow(mask: Mask, rows: int, columns: int) -> Mask:
    """Let a mask grow in its planes by so many pixels: a rectangle of 2n+1 each way."""
    grown = mask.copy()
    for axis, steps in ((-2, rows), (-1, columns)):
        for _ in range(steps):
            low, high = _neighbours(grown.ndim, axis)
            wider = grown.copy()
            wider[high] |= grown[low]
            wider[low] |= grown[high]
            grown = wider
    return grown


def shrink(mask: Mask, rows: int, columns: int) -> Mask:
    """Let a mask shrink in its planes by so many pixels."""
    return ~grow(~mask, rows, columns)


def smooth(values: npt.NDArray[Any], rows: int, columns: int) -> npt.NDArray[np.float32]:
    """Return the mean over a rectangle of 2n+1 pixels each way, in each plane."""
    out: npt.NDArray[np.float32] = values.astype(np.float32)
    for axis, n in ((-2, rows), (-1, columns)):
        if n < 1:
            continue
        pad = [(0, 0)] * out.ndim
        pad[axis] = (n, n)
        wide = np.pad(out, pad, mode="edge")
        total = np.zeros_like(out)
        for shift in range(2 * n + 1):
            at: list[slice] = [_EVERY] * out.ndim
            at[axis] = slice(shift, shift + out.shape[axis])
            total += wide[tuple(at)]
        out = (total / (2 * n + 1)).astype(np.float32)
    return out


def enclosed(walls: Mask) -> Mask:
    """Return the pixels that have a wall to the left, to the right, above and below."""
    seen = np.logical_or.accumulate
    across: Mask = seen(walls, axis=-1) & seen(walls[..., ::-1], axis=-1)[..., ::-1]
    upright: Mask = seen(walls, axis=-2) & seen(walls[..., ::-1, :], axis=-2)[..., ::-1, :]
    return across & upright


def components(mask: Mask, least: int = 1) -> list[Mask]:
    """Return the parts of a mask that hang together by faces, the largest first.

    Parameters
    ----------
    least
        Parts of fewer voxels are left out.
    """
    count = int(mask.sum())
    number = np.full(mask.shape, -1, np.int64)
    number[mask] = np.arange(count)
    pairs = [_touching(mask, number, axis) for axis in range(mask.ndim)]
    one, other = np.concatenate(pairs, axis=1)
    label = np.arange(count)
    # Each voxel takes the smallest number of those it touches, until nothing changes; between the
    # rounds every chain of numbers is followed to its end, so that rounds are few.
    while not np.array_equal(label[one], label[other]):
        smaller = np.minimum(label[one], label[other])
        np.minimum.at(label, label[one], smaller)
        np.minimum.at(label, label[other], smaller)
        while not np.array_equal(label, label[label]):
            label = label[label]
    names, sizes = np.unique(label, return_counts=True)
    found = []
    for at in np.argsort(-sizes, kind="stable"):
        if sizes[at] >= least:
            part = np.zeros(mask.shape, bool)
            part[mask] = label == names[at]
            found.append(part)
    return found


def _touching(mask: Mask, number: npt.NDArray[np.int64], axis: int) -> npt.NDArray[np.int64]:
    low, high = _neighbours(mask.ndim, axis)
    both = mask[low] & mask[high]
    return np.stack([number[low][both], number[high][both]])


def _neighbours(dimensions: int, axis: int) -> tuple[tuple[slice, ...], tuple[slice, ...]]:
    low = [_EVERY] * dimensions
    high = [_EVERY] * dimensions
    low[axis], high[axis] = slice(None, -1), slice(1, None)
    return tuple(low), tuple(high)
