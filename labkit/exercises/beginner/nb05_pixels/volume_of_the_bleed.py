"""Measure the volume of the bleed.

Above 30 ml a bleed in the brain is far more often fatal. Is this one above?
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from pydicom.dataset import Dataset

from labkit.common import cite
from labkit.dicom import hounsfield, sample, sort_slices
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed

_BODY = """
    def volume_ml(slices, mask):
        down, right = (float(mm) for mm in slices[0].PixelSpacing)
        first, second = (np.array(ds.ImagePositionPatient, dtype=float) for ds in slices[:2])
        cosines = np.array(slices[0].ImageOrientationPatient, dtype=float)
        normal = np.cross(cosines[:3], cosines[3:])
        apart = {apart}
        return {result}
"""
_PARTS = {
    "apart": "abs(float((second - first) @ normal))",
    "result": "float(mask.sum()) * down * right * apart / 1000",
}


def _body(**changed: str) -> str:
    return _BODY.format(**{**_PARTS, **changed})


EXERCISE = Exercise(
    given="""
        import numpy as np
    """,
    blank="""
        def volume_ml(slices, mask):
            # slices: sorted data sets, evenly spaced.
            # mask: True where there is blood, shape (slices, rows, columns).
            return ...  # in millilitres
    """,
    answer="volume_ml",
    expects=Callable,  # type: ignore[arg-type]
    reference=_body(),
    explanation="""
        A pixel of the mask stands for a small box: its two sides are Pixel Spacing, its depth is
        the distance from slice to slice, measured at a right angle to them. Slice Thickness is how
        thick the layer is that one slice saw; slices may overlap or leave gaps, so it is not the
        depth. On a tilted gantry the table moves 3.75 mm from slice to slice, which Slice Location
        repeats, and the slices are 3.6 mm apart: the position's component along the normal. 1 ml
        is 1000 mm³.
    """,
    hints=(
        "Volume = number of pixels × volume of the box that one pixel stands for.",
        "Two sides of the box are in Pixel Spacing. The third is the distance between the planes "
        "of two neighbouring slices, from Image Position (Patient).",
        "normal = np.cross(first three cosines, last three). The depth is the difference of two "
        "neighbouring positions, @ normal. Then divide by 1000.",
    ),
    wrong=(
        Wrong(
            "thickness-for-spacing",
            _body(apart="float(slices[0].SliceThickness)"),
            """You took Slice Thickness for the distance. The slices of this series overlap by
            half, and you counted the blood twice.""",
        ),
        Wrong(
            "table-step",
            _body(apart="float(np.linalg.norm(second - first))"),
            """You took the way of the table. The gantry is tilted, so the table moves 3.75 mm
            and the planes are 3.6 mm apart: 4 % too much. Take the part along the normal.""",
        ),
        Wrong(
            "cubic-millimetres",
            _body(result="float(mask.sum()) * down * right * apart"),
            """Those are cubic millimetres. 1 ml is 1 cm³, which is 1000 mm³.""",
        ),
        Wrong(
            "pixels-counted",
            _body(result="float(mask.sum())"),
            """You counted pixels. Each stands for a small box, whose three sides are in the
            header.""",
        ),
    ),
)

RULE = (cite("PS3.3", "C.7.6.2.1.1"), cite("PS3.3", "10.7.1.3"))
Mask = npt.NDArray[np.bool_]


def check(work: Work) -> Verdict:
    """Measure the bleed, and a box on slices that overlap."""
    if not callable(work.answer):
        return failed(expected="the function volume_ml", got=work.answer, rule=RULE)
    measured = 0.0
    for name, slices, mask, depth in (_head(), _overlapping()):
        result = work.call(list(slices), mask.copy())
        if result is None or result is ...:
            return blank()
        got = _number(result)
        down, right = (float(v) for v in slices[0].PixelSpacing)
        count = float(mask.sum())
        truth = count * down * right * depth / 1000
        if got is None or not abs(got - truth) <= 0.01 * truth:
            mistake = "" if got is None else _mistake(got, slices, truth, depth, count)
            told = result if got is None else f"{got:.1f}"
            expected = f"{name}: {truth:.1f} ml"
            return failed(expected=expected, got=told, rule=RULE, mistake=mistake)
        measured = measured or got
    return passed(f"{measured:.1f} ml: below 30, and worth watching.", rule=RULE)


def _head() -> tuple[str, list[Dataset], Mask, float]:
    slices = sort_slices(sample("ct-head").datasets("CT"))[9:21]
    hu = np.stack([hounsfield(ds) for ds in slices])
    mask = np.zeros(hu.shape, dtype=np.bool_)
    box = (slice(None), slice(205, 305), slice(290, 360))
    mask[box] = (hu[box] >= 50) & (hu[box] <= 100)
    return "the bleed", slices, mask, 3.6


def _overlapping() -> tuple[str, list[Dataset], Mask, float]:
    """Slices of 6 mm every 3 mm; their pixels do not matter, so they are not decoded."""
    slices = []
    for at, ds in enumerate(sort_slices(sample("ct-chest").datasets("CT"))[:10]):
        x, y, _ = ds.ImagePositionPatient
        ds.ImagePositionPatient = [x, y, f"{-100 + 3 * at:.1f}"]
        ds.SliceLocation = f"{-100 + 3 * at:.1f}"
        slices.append(ds)
    mask = np.zeros((10, 384, 384), dtype=np.bool_)
    mask[2:8, 100:140, 200:250] = True
    return "slices that overlap", slices, mask, 3.0


def _mistake(got: float, slices: list[Dataset], truth: float, depth: float, count: float) -> str:
    first, second = (np.array([float(v) for v in ds.ImagePositionPatient]) for ds in slices[:2])
    step = float(np.linalg.norm(second - first))
    likely = {
        "pixels-counted": count,
        "cubic-millimetres": truth * 1000,
        "table-step": truth / depth * step,
        "thickness-for-spacing": truth / depth * float(slices[0].SliceThickness),
    }
    for name, value in likely.items():
        if abs(got - value) <= 0.01 * value:
            return name
    return ""


def _number(result: Any) -> float | None:
    try:
        values = np.asarray(result, dtype=float).ravel()
    except (TypeError, ValueError):
        return None
    return float(values[0]) if values.size == 1 else None
