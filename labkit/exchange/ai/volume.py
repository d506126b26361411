"""Slices as one block: in order, in HU, with the millimetres that its voxels have."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from pydicom.dataset import Dataset

from labkit.common.errors import DataError
from labkit.dicom.geometry import pixel_spacing, slice_position, sort_slices
from labkit.dicom.pixels import hounsfield

_FEWEST = 3
_SAME_PLACE = 0.01
_HOLE = 1.5


@dataclass(frozen=True)
class Volume:
    """A series of parallel CT slices.

    Attributes
    ----------
    values
        HU, ``(slices, rows, columns)``, ordered along the slice normal.
    positions
        Of each slice along the normal, in mm, ascending.
    spacing
        Between rows and between columns, in mm.
    headers
        The data set of each slice, in the same order.
    """

    values: npt.NDArray[np.float32] = field(repr=False)
    positions: npt.NDArray[np.float64]
    spacing: tuple[float, float]
    headers: list[Dataset] = field(repr=False)

    @property
    def depths(self) -> npt.NDArray[np.float64]:
        """The mm that each slice stands for: half way to its neighbours on either side.

        Not Slice Thickness, which is what the detector saw: slices may overlap or leave gaps
        (PS3.3 C.7.6.2.1.1).
        """
        steps = np.diff(self.positions)
        before = np.concatenate([steps[:1], steps])
        after = np.concatenate([steps, steps[-1:]])
        halves: npt.NDArray[np.float64] = (before + after) / 2
        return halves

    @property
    def voxels_ml(self) -> npt.NDArray[np.float64]:
        """Millilitres of one voxel of each slice."""
        return self.depths * (self.spacing[0] * self.spacing[1] / 1000.0)

    def millilitres(self, mask: npt.NDArray[np.bool_]) -> float:
        """Return the volume of a mask of the same shape.

        Area times distance along the normal holds on a tilted gantry too, where the stack leans.
        """
        return float((mask.sum(axis=(1, 2)) * self.voxels_ml).sum())

    def pixels(self, millimetres: float) -> tuple[int, int]:
        """Return a length in whole pixels, at least 1: down the rows, across the columns."""
        return (
            max(1, round(millimetres / self.spacing[0])),
            max(1, round(millimetres / self.spacing[1])),
        )


def volume_of(slices: Iterable[Dataset]) -> Volume:
    """Make one block of slices in any order, compressed or not.

    Raises
    ------
    DataError
        What makes a measurement wrong: another modality, values that are not in HU, no geometry, a
        slice that is missing, or two in one place.
    UsageError
        The slices are not parallel.
    """
    found = list(slices)
    if len(found) < _FEWEST:
        raise DataError(
            f"{len(found)} slices are no volume", remedy="choose the axial series of the study"
        )
    ordered = sort_slices(found)
    positions = np.array([slice_position(ds) for ds in ordered])
    _whole(positions)
    spacings = {(s.row_mm, s.column_mm) for s in map(pixel_spacing, ordered)}
    shapes = {(int(ds.Rows), int(ds.Columns)) for ds in ordered}
    if len(spacings) > 1 or len(shapes) > 1:
        raise DataError(
            "the slices of this series do not have one size",
            remedy="look for a second scan in it: another field of view or matrix",
        )
    values = np.stack([hounsfield(ds) for ds in ordered]).astype(np.float32)
    return Volume(values, positions, spacings.pop(), ordered)


def _whole(positions: npt.NDArray[np.float64]) -> None:
    """Refuse a stack with a hole, or with two slices in one place."""
    steps = np.diff(positions)
    if float(steps.min()) < _SAME_PLACE:
        where = float(positions[int(steps.argmin())])
        raise DataError(
            f"two slices lie in one place, at {where:.1f} mm",
            remedy="each counts once: choose one reconstruction, echo or phase of the series",
        )
    usual = float(np.median(steps))
    if float(steps.max()) > _HOLE * usual:
        at = int(steps.argmax())
        raise DataError(
            f"a slice is missing between {positions[at]:.1f} and {positions[at + 1]:.1f} mm "
            f"(slices are {usual:.1f} mm apart)",
            remedy="have the study sent again; a volume with a hole is a guess",
        )
