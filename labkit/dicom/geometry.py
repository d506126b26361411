"""Where a pixel is: millimetres between pixels, and points in the patient.

Patient coordinates are in millimetres, x towards the patient's left, y towards the back, z towards
the head (PS3.3 C.7.6.2.1.1). Pixels are named ``(row, column)``, counted from 0 as numpy does.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from pydicom.dataset import Dataset
from pydicom.multival import MultiValue

from labkit.common.errors import DataError, UsageError
from labkit.dicom.damage import names_damage

#: Direction cosines that differ by less are the same direction (about 0.06 degrees).
DIRECTION_TOLERANCE = 1e-3
#: A component of a direction below this is not named in a label (about 11.5 degrees).
LABEL_TOLERANCE = 0.2

_OPPOSITE = {"L": "R", "R": "L", "A": "P", "P": "A", "H": "F", "F": "H"}


@dataclass(frozen=True)
class Spacing:
    """Distance between the centres of neighbouring pixels.

    Attributes
    ----------
    row_mm
        Between rows, so downwards; first value of Pixel Spacing (PS3.3 10.7.1.3).
    column_mm
        Between columns, so to the right; second value.
    source
        Keyword of the attribute it comes from.
    note
        What the number means: in the patient, at the detector, calibrated.
    """

    row_mm: float
    column_mm: float
    source: str
    note: str


@dataclass(frozen=True)
class Labels:
    """The letters at the edges of the picture: L R A P H F (PS3.3 C.7.6.1.1.1)."""

    left: str
    right: str
    top: str
    bottom: str


def functional_group(ds: Dataset, sequence: str, frame: int = 0) -> Dataset:
    """Return the item that describes `frame` (from 0): per-frame, shared, or `ds` itself.

    Enhanced multi-frame objects keep geometry and rescale there (PS3.3 C.7.6.16).
    """
    per_frame = ds.get("PerFrameFunctionalGroupsSequence") or []
    shared = ds.get("SharedFunctionalGroupsSequence") or []
    for group in [*per_frame[frame : frame + 1], *shared[:1]]:
        if group.get(sequence):
            item: Dataset = group[sequence].value[0]
            return item
    return ds


@names_damage
def pixel_spacing(ds: Dataset, frame: int = 0) -> Spacing:
    """Return the spacing in mm, with the attribute it was taken from.

    Raises
    ------
    DataError
        If the object does not say; then nothing can be measured on it.
    """
    measures = functional_group(ds, "PixelMeasuresSequence", frame)
    projection = "ImagerPixelSpacing" in ds
    if measures.get("PixelSpacing"):
        if not projection:
            note = "in the plane of the image"
        elif list(ds.PixelSpacing) == list(ds.ImagerPixelSpacing):
            note = "at the detector: not corrected for magnification"
        else:
            kind = ds.get("PixelSpacingCalibrationType", "unsaid")
            note = f"calibrated ({kind}), PS3.3 10.7.1.2"
        return _pair(measures.PixelSpacing, "PixelSpacing", note)
    if ds.get("ImagerPixelSpacing"):
        note = "at the detector: a body part nearer to the tube measures too large"
        return _pair(ds.ImagerPixelSpacing, "ImagerPixelSpacing", note)
    if ds.get("NominalScannedPixelSpacing"):
        note = "on the film or paper that was scanned"
        return _pair(ds.NominalScannedPixelSpacing, "NominalScannedPixelSpacing", note)
    for region in ds.get("SequenceOfUltrasoundRegions") or []:
        # Physical units 3 = cm (PS3.3 C.8.5.5.1.15); only a region of tissue (2D) is a plane.
        if region.get("PhysicalUnitsXDirection") == region.get("PhysicalUnitsYDirection") == 3:
            pair = [abs(region.get(f"PhysicalDelta{axis}") or 0.0) * 10 for axis in "YX"]
            return _pair(pair, "SequenceOfUltrasoundRegions", "inside the first 2D region")
    raise DataError(
        "this image does not say how far apart its pixels are",
        remedy="do not measure on it; ask the sender for the original, with Pixel Spacing",
    )


@names_damage
def distance_mm(ds: Dataset, a: tuple[float, float], b: tuple[float, float]) -> float:
    """Return the distance in mm between two pixels ``(row, column)`` of one image."""
    spacing = pixel_spacing(ds)
    return math.hypot((b[0] - a[0]) * spacing.row_mm, (b[1] - a[1]) * spacing.column_mm)


@names_damage
def patient_point(
    ds: Dataset, row: float, column: float, frame: int = 0
) -> npt.NDArray[np.float64]:
    """Return where the centre of a pixel is in the patient: x, y, z in mm, shape ``(3,)``.

    Equation C.7.6.2.1-1 of PS3.3: the corner, plus so many columns along the row direction, plus so
    many rows along the column direction.
    """
    corner, along_row, along_column = plane(ds, frame)
    spacing = pixel_spacing(ds, frame)
    return corner + along_row * (spacing.column_mm * column) + along_column * (spacing.row_mm * row)


@names_damage
def plane(
    ds: Dataset, frame: int = 0
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return the plane of an image: centre of the first pixel (mm), row and column directions.

    The row direction points along a row, so towards higher *column* numbers.

    Raises
    ------
    DataError
        If position or orientation is missing: a projection, or a damaged slice.
    """
    position = functional_group(ds, "PlanePositionSequence", frame).get("ImagePositionPatient")
    orientation = functional_group(ds, "PlaneOrientationSequence", frame).get(
        "ImageOrientationPatient"
    )
    position, orientation = _several(position), _several(orientation)
    if (len(position), len(orientation)) != (3, 6):
        raise DataError(
            "this image does not say where it lies in the patient",
            remedy="a projection never does (PS3.3 C.7.6.2 is for slices); else ask the sender",
        )
    cosines = np.array([float(v) for v in orientation])
    return np.array([float(v) for v in position]), cosines[:3], cosines[3:]


@names_damage
def orientation_labels(ds: Dataset, frame: int = 0) -> Labels:
    """Return the letters for the four edges, empty where the object does not say."""
    try:
        _, along_row, along_column = plane(ds, frame)
    except DataError:
        # Projections carry the letters themselves: of the row and of the column direction.
        given = ds.get("PatientOrientation") or ["", ""]
        right, bottom = (str(given[0]), str(given[1])) if len(given) == 2 else ("", "")
    else:
        right, bottom = _letters(along_row), _letters(along_column)
    return Labels(_flip(right), right, _flip(bottom), bottom)


@names_damage
def slice_position(ds: Dataset, frame: int = 0) -> float:
    """Return how far along the slice normal the image lies, in mm.

    Slices are ordered by this, and by neither Instance Number nor Slice Location, which may be
    anything. The normal is row direction × column direction.
    """
    corner, along_row, along_column = plane(ds, frame)
    return float((corner * np.cross(along_row, along_column)).sum())


def sort_slices(datasets: Iterable[Dataset]) -> list[Dataset]:
    """Return parallel slices ordered along their normal (for axial ones: feet to head).

    Raises
    ------
    UsageError
        If the slices are not parallel.
    """
    slices = list(datasets)
    for ds in slices[1:]:
        for one, other in zip(plane(ds)[1:], plane(slices[0])[1:], strict=True):
            if float(np.abs(one - other).max()) > DIRECTION_TOLERANCE:
                raise UsageError(
                    "these slices do not lie in one direction",
                    remedy="sort them by Series Instance UID first; leave the localiser out",
                )
    return sorted(slices, key=slice_position)


def _several(value: object) -> list[Any]:
    """Return the values of an element that may be missing, or hold but one."""
    return (
        list(value) if isinstance(value, (list, MultiValue)) else [] if value is None else [value]
    )


def _pair(values: object, source: str, note: str) -> Spacing:
    numbers = [float(str(v)) for v in _several(values)]
    if len(numbers) != 2 or min(numbers) <= 0:
        raise DataError(
            f"{source} is {numbers}, which cannot be",
            remedy="it needs two numbers above 0; ask the sender",
        )
    return Spacing(numbers[0], numbers[1], source, note)


def _letters(direction: npt.NDArray[np.float64]) -> str:
    """Name a direction, the strongest axis first: ``(0, 0.97, -0.26)`` is ``"PF"``."""
    named = [
        (abs(value), positive if value > 0 else _OPPOSITE[positive])
        for value, positive in zip(direction.tolist(), "LPH", strict=True)
        if abs(value) > LABEL_TOLERANCE
    ]
    return "".join(letter for _, letter in sorted(named, reverse=True))


def _flip(letters: str) -> str:
    return "".join(_OPPOSITE.get(letter, letter) for letter in letters)
