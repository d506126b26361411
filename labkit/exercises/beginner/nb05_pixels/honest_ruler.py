"""Make a ruler that does not lie.

A click, a second click, a number in millimetres: somebody decides about an operation by it.
"""

import math
from collections.abc import Callable
from copy import deepcopy
from typing import Any

from pydicom.dataset import Dataset

from labkit.common import cite
from labkit.dicom import sample
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.model import AnswerRaised

_BODY = """
    def length_mm(ds, a, b):
        if "PixelSpacing" in ds:
            down, right = ds.PixelSpacing
        elif "ImagerPixelSpacing" in ds:
            factor = {factor}
            down, right = (float(mm) / factor for mm in ds.ImagerPixelSpacing)
        else:
            {otherwise}
        return math.hypot({first}, {second})
"""
_PARTS = {
    "factor": "float(ds.EstimatedRadiographicMagnificationFactor)",
    "otherwise": "return None",
    "first": "(b[0] - a[0]) * float(down)",
    "second": "(b[1] - a[1]) * float(right)",
}


def _body(**changed: str) -> str:
    return _BODY.format(**{**_PARTS, **changed})


EXERCISE = Exercise(
    given="""
        import math
    """,
    blank="""
        def length_mm(ds, a, b):
            # a and b are pixels, (row, column). Return the length in the patient in mm,
            # or None if the image does not say.
            return ...
    """,
    answer="length_mm",
    expects=Callable,  # type: ignore[arg-type]
    reference=_body(),
    explanation="""
        Pixel Spacing is in the patient, so it comes first: in a slice it is exact, and a
        radiograph that has been calibrated carries the corrected value there. A radiograph with
        Imager Pixel Spacing alone is known at the detector only, and Estimated Radiographic
        Magnification Factor brings it back to the depth of the patient, roughly. The first value
        is the distance between rows, so it goes with the difference of rows. Where nothing is
        said, no length is the right answer; a viewer shows pixels then.
    """,
    hints=(
        "Four kinds of image come to you: a slice, a slice with oblong pixels, a radiograph "
        "(calibrated or not), and an image that says nothing.",
        "Pixel Spacing if it is there. Else Imager Pixel Spacing, divided by Estimated "
        "Radiographic Magnification Factor. Else None.",
        "The first of the two values belongs to the rows: math.hypot((b[0] - a[0]) * spacing[0], "
        "(b[1] - a[1]) * spacing[1]).",
    ),
    wrong=(
        Wrong(
            "pixels-for-millimetres",
            """
            def length_mm(ds, a, b):
                return math.hypot(b[0] - a[0], b[1] - a[1])
            """,
            """You counted pixels. They are millimetres only by chance: here a pixel is 0.46 mm,
            and a bleed of 35 mm becomes one of 76.""",
        ),
        Wrong(
            "row-column-swapped",
            _body(first="(b[0] - a[0]) * float(right)", second="(b[1] - a[1]) * float(down)"),
            """You gave the first spacing to the columns. The first value is the distance between
            rows. With square pixels nobody notices.""",
        ),
        Wrong(
            "at-the-detector",
            _body(factor="1"),
            """You measured the shadow on the detector. The body is nearer to the tube, and
            smaller than its shadow, by Estimated Radiographic Magnification Factor.""",
        ),
        Wrong(
            "calibration-ignored",
            """
            def length_mm(ds, a, b):
                factor = float(ds.get("EstimatedRadiographicMagnificationFactor", 1))
                if "ImagerPixelSpacing" in ds:
                    down, right = (float(mm) / factor for mm in ds.ImagerPixelSpacing)
                elif "PixelSpacing" in ds:
                    down, right = ds.PixelSpacing
                else:
                    return None
                return math.hypot((b[0] - a[0]) * float(down), (b[1] - a[1]) * float(right))
            """,
            """This radiograph has been calibrated: its Pixel Spacing differs from its Imager
            Pixel Spacing. Somebody has corrected the magnification; take that value.""",
        ),
        Wrong(
            "one-millimetre-assumed",
            _body(otherwise="down, right = 1, 1"),
            """The image does not say how large its pixels are, and you made a number of it all
            the same. It looks like any other measurement, and is invented.""",
        ),
    ),
)  # fmt: skip

RULE = (cite("PS3.3", "10.7.1.1"), cite("PS3.3", "10.7.1.3"))
A, B = (100, 120), (160, 200)


def check(work: Work) -> Verdict:
    """Measure one line on five images whose spacing is told in different ways."""
    if not callable(work.answer):
        return failed(expected="the function length_mm", got=work.answer, rule=RULE)
    for name, ds, pair in _cases():
        try:
            result: Any = work.call(ds, A, B)
        except AnswerRaised as error:
            if pair is None and str(error).startswith(("DataError", "ValueError")):
                continue  # refusing aloud is as honest as None
            raise
        if result is ...:
            return blank()
        length = _length(pair)
        if _agrees(result, length):
            continue
        if result is None and name == "a slice of a head":
            return blank()
        expected = "None: it does not say" if length is None else f"{length:.1f} mm"
        got = f"{result:.1f}" if isinstance(result, float) else result
        return failed(
            expected=f"{name}: {expected}", got=got, rule=RULE,
            mistake=_mistake(ds, pair, result),
        )  # fmt: skip
    return passed("Right in the patient, and silent where nothing is known.", rule=RULE)


def _cases() -> list[tuple[str, Dataset, tuple[float, float] | None]]:
    head = sample("ct-head").datasets("CT")[14]
    oblong = deepcopy(head)
    oblong.PixelSpacing = ["0.50", "0.80"]
    chest = sample("dx-chest").datasets()[0]
    factor = float(chest.EstimatedRadiographicMagnificationFactor)
    down, right = (float(mm) / factor for mm in chest.ImagerPixelSpacing)
    calibrated = deepcopy(chest)
    calibrated.PixelSpacing = ["0.60", "0.60"]
    calibrated.PixelSpacingCalibrationType = "FIDUCIAL"
    return [
        ("a slice of a head", head, (0.46, 0.46)),
        ("a slice with oblong pixels", oblong, (0.5, 0.8)),
        ("a radiograph", chest, (down, right)),
        ("a calibrated radiograph", calibrated, (0.6, 0.6)),
        ("a slice without spacing", sample("ct-no-spacing").datasets()[0], None),
    ]


def _length(pair: tuple[float, float] | None) -> float | None:
    return None if pair is None else math.hypot((B[0] - A[0]) * pair[0], (B[1] - A[1]) * pair[1])


def _agrees(result: Any, length: float | None) -> bool:
    if length is None:
        return result is None or (isinstance(result, float) and math.isnan(result))
    try:
        return abs(float(result) - length) <= 0.01 * length
    except (TypeError, ValueError):
        return False


def _mistake(ds: Dataset, pair: tuple[float, float] | None, result: Any) -> str:
    if pair is None:
        return "one-millimetre-assumed"
    imager = ds.get("ImagerPixelSpacing")
    if _agrees(result, math.dist(A, B)):
        return "pixels-for-millimetres"
    if pair[0] != pair[1] and _agrees(result, _length((pair[1], pair[0]))):
        return "row-column-swapped"
    if not imager:
        return ""
    at_detector = (float(imager[0]), float(imager[1]))
    if "PixelSpacing" in ds:
        factor = float(ds.EstimatedRadiographicMagnificationFactor)
        scaled = (at_detector[0] / factor, at_detector[1] / factor)
        wrong = _agrees(result, _length(scaled)) or _agrees(result, _length(at_detector))
        return "calibration-ignored" if wrong else ""
    return "at-the-detector" if _agrees(result, _length(at_detector)) else ""
