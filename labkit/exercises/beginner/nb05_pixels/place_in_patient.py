"""Say where a pixel is in the patient.

A surgeon's navigation asks for x, y and z. The slices are tilted, so rows and columns will not do.
"""

from collections.abc import Callable, Iterable
from copy import deepcopy
from typing import Any

import numpy as np
import numpy.typing as npt
from pydicom.dataset import Dataset

from labkit.common import cite
from labkit.dicom import patient_point, sample
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed

_BODY = """
    def place(ds, row, column):
        corner = np.array(ds.ImagePositionPatient, dtype=float)
        cosines = np.array(ds.ImageOrientationPatient, dtype=float)
        along_row, along_column = cosines[:3], cosines[3:]
        down, right = (float(mm) for mm in ds.PixelSpacing)
        return {result}
"""

EXERCISE = Exercise(
    given="""
        import numpy as np
    """,
    blank="""
        def place(ds, row, column):
            # Return x, y, z in mm of the centre of this pixel. Count from 0.
            return ...
    """,
    answer="place",
    expects=Callable,  # type: ignore[arg-type]
    reference=_BODY.format(
        result="corner + along_row * right * column + along_column * down * row"
    ),
    explanation="""
        Image Position (Patient) is the centre of the first pixel. From there one goes column steps
        along the row direction, the first three cosines, each as long as the spacing between
        columns, which is the second value of Pixel Spacing; then row steps along the column
        direction. Everything is crossed: first cosines with second spacing with the column. The
        result is in millimetres towards the patient's left, back and head, whatever the tilt.
    """,
    hints=(
        "Start in the corner, walk along a row, then down. Which three cosines point along a row?",
        "The first three cosines point along a row, so towards higher column numbers.",
        "corner + first three × (spacing between columns, PixelSpacing[1]) × column "
        "+ last three × PixelSpacing[0] × row.",
    ),
    wrong=(
        Wrong(
            "row-column-swapped",
            _BODY.format(result="corner + along_row * down * row + along_column * right * column"),
            """You walked row steps along the row. The row direction is the one in which the
            *column* grows: along a row, from column to column.""",
        ),
        Wrong(
            "spacing-swapped",
            _BODY.format(result="corner + along_row * down * column + along_column * right * row"),
            """The directions are right and the steps are not: the first value of Pixel Spacing
            is between rows, so it belongs to the way down. With square pixels nobody notices.""",
        ),
        Wrong(
            "corner-forgotten",
            _BODY.format(result="along_row * right * column + along_column * down * row"),
            """You began at 0, 0, 0. The first pixel lies at Image Position (Patient).""",
        ),
        Wrong(
            "tilt-ignored",
            _BODY.format(result="corner + np.array([right * column, down * row, 0])"),
            """You added along x and y alone, as if the slice lay flat. Image Orientation
            (Patient) says how it lies.""",
        ),
    ),
)  # fmt: skip

RULE = cite("PS3.3", "C.7.6.2.1.1")
PIXELS = ((0, 0), (255, 325), (120, 40))
Point = npt.NDArray[np.float64]


def check(work: Work) -> Verdict:
    """Ask for pixels of a tilted slice, of one with oblong pixels, and of a sagittal one."""
    if not callable(work.answer):
        return failed(expected="the function place", got=work.answer, rule=RULE)
    for name, ds in _cases():
        for row, column in PIXELS:
            result = work.call(ds, row, column)
            if result is None or result is ...:
                return blank()
            got = _point(result)
            if got is None:
                return failed(expected="three numbers: x, y, z", got=result, rule=RULE)
            truth = patient_point(ds, row, column)
            if float(np.abs(got - truth).max()) > 0.05:
                return failed(
                    expected=f"{name}, row {row}, column {column}: {_words(truth)}",
                    got=_words(got), rule=RULE, mistake=_mistake(ds, row, column, got),
                )  # fmt: skip
    return passed("Right on a tilted slice, on oblong pixels, and seen from the side.", rule=RULE)


def _cases() -> list[tuple[str, Dataset]]:
    head = sample("ct-head").datasets("CT")[14]
    oblong, sagittal = deepcopy(head), deepcopy(head)
    oblong.PixelSpacing = ["0.50", "0.80"]
    sagittal.ImageOrientationPatient = ["0", "1", "0", "0", "0", "-1"]
    return [
        ("the tilted head", head), ("oblong pixels", oblong), ("a sagittal slice", sagittal),
    ]  # fmt: skip


def _mistake(ds: Dataset, row: int, column: int, got: Point) -> str:
    corner = np.array([float(v) for v in ds.ImagePositionPatient])
    cosines = np.array([float(v) for v in ds.ImageOrientationPatient])
    along_row, along_column = cosines[:3], cosines[3:]
    down, right = (float(v) for v in ds.PixelSpacing)
    truth = patient_point(ds, row, column)
    likely = {
        "corner-forgotten": [truth - corner],
        "row-column-swapped": [
            corner + along_row * one * row + along_column * other * column
            for one, other in ((down, right), (right, down))
        ],
        "spacing-swapped": [corner + along_row * down * column + along_column * right * row],
        "tilt-ignored": [corner + np.array([right * column, down * row, 0.0])],
    }
    for name, points in likely.items():
        if any(float(np.abs(got - point).max()) <= 0.05 for point in points):
            return name
    return ""


def _point(result: Iterable[Any]) -> Point | None:
    try:
        values = np.asarray(result, dtype=np.float64).ravel()
    except (TypeError, ValueError):
        return None
    return values if values.shape == (3,) else None


def _words(point: Point) -> str:
    return ", ".join(f"{value:.1f}" for value in point)
