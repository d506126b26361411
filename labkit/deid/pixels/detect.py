"""Does an image look as if text were burned in? A suspicion, never a clean bill.

Letters are small, sharp, of one brightness, and stand in rows. Whoever looks for that finds most
banners, some rulers and grids too, and misses handwriting, slanted and faint text. So what is
returned says *look at this*, or nothing at all; nobody may conclude from nothing that it is clean.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from labkit.deid.pixels.regions import Region

Array = npt.NDArray[Any]

#: Heights of letters in pixels, and how many must stand in a row.
_LOW, _HIGH, _LETTERS = 5, 48, 5
#: Letters of small print touch: how many times wider than high such a piece may be.
_WORD = 8
#: Most that the brightness of a letter varies (standard deviation, of 255).
_EVEN = 22.0
#: How much brighter or darker than what is around them, of 255.
_CONTRAST = 70.0


@dataclass(frozen=True)
class Suspicion:
    """Rows of what may be letters.

    Attributes
    ----------
    regions
        Where; empty says nothing.
    """

    regions: tuple[Region, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.regions)

    def __str__(self) -> str:
        if not self.regions:
            return "nothing found that looks like text, which does not say that there is none"
        return f"review: {len(self.regions)} row(s) that may be text"


def suspicion(image: Array) -> Suspicion:
    """Look for rows of letters in one frame.

    Parameters
    ----------
    image
        As `labkit.dicom.rendered` returns it: uint8, grey or RGB.
    """
    grey = image.astype(np.float64)
    if grey.ndim == 3:
        grey = grey.max(axis=-1)
    found: list[Region] = []
    for sign in (1.0, -1.0):
        light = grey * sign
        # What is thin and stands out: the letter without the ground that it is written on.
        ground = ndimage.grey_opening(light, size=(9, 9))
        found += _rows(light - ground > _CONTRAST, grey)
    return Suspicion(tuple(found))


def _rows(marks: Array, grey: Array) -> list[Region]:
    labels, count = ndimage.label(marks, structure=np.ones((3, 3)))
    if not count:
        return []
    boxes = []
    areas = np.bincount(labels.ravel())
    spread = ndimage.standard_deviation(grey, labels, np.arange(1, count + 1))
    for number, box in enumerate(ndimage.find_objects(labels), 1):
        high, wide = box[0].stop - box[0].start, box[1].stop - box[1].start
        fill = areas[number] / (high * wide)
        if (
            _LOW <= high <= _HIGH
            and 1 <= wide <= _WORD * high
            and 0.15 <= fill <= 0.95
            and (spread[number - 1] < _EVEN)
        ):
            boxes.append((box[0].start, box[0].stop, box[1].start, box[1].stop))
    boxes.sort(key=lambda b: (b[2], b[0]))
    lines: list[list[tuple[int, int, int, int]]] = []
    for box in boxes:
        for line in lines:
            if _follows(line[-1], box):
                line.append(box)
                break
        else:
            lines.append([box])
    regions = [
        Region(min(b[2] for b in line), min(b[0] for b in line),
               max(b[3] for b in line) - min(b[2] for b in line),
               max(b[1] for b in line) - min(b[0] for b in line))
        for line in lines if sum(map(_letters, line)) >= _LETTERS
    ]  # fmt: skip
    return [region for region in regions if _strokes(marks[region.slices]) >= _LETTERS]


def _strokes(part: Array) -> float:
    """Return how many strokes a line through the letters crosses; a table's edge has one."""
    wide = np.pad(part, ((0, 0), (1, 0)))
    return float(np.median((wide[:, 1:] & ~wide[:, :-1]).sum(axis=1)))


def _letters(box: tuple[int, int, int, int]) -> int:
    """Estimate of how many letters a piece is made."""
    return max(1, round((box[3] - box[2]) / (0.7 * (box[1] - box[0]))))


def _follows(last: tuple[int, int, int, int], box: tuple[int, int, int, int]) -> bool:
    """Say whether a mark stands beside another as the next letter of a word does."""
    high = last[1] - last[0]
    near = 0 <= box[2] - last[3] <= 1.6 * high
    foot = abs(box[1] - last[1]) <= max(2, 0.3 * high)
    alike = 0.5 <= (box[1] - box[0]) / high <= 2.0
    return near and foot and alike
