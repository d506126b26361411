"""Write the window.

A reader drags the mouse, and the picture changes its contrast. This is the formula behind it.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from labkit.common import cite
from labkit.dicom import window
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.model import AnswerRaised

_BODY = """
    def grey(value, center, width):
        {compute}
        return round(min(max(y, 0), 255))
"""

EXERCISE = Exercise(
    blank="""
        def grey(value, center, width):
            # The function LINEAR of PS3.3 C.11.2.1.2, from 0 (black) to 255 (white).
            return ...
    """,
    answer="grey",
    expects=Callable,  # type: ignore[arg-type]
    reference="""
        def grey(value, center, width):
            if value <= center - 0.5 - (width - 1) / 2:
                return 0
            if value > center - 0.5 + (width - 1) / 2:
                return 255
            return round(((value - (center - 0.5)) / (width - 1) + 0.5) * 255)
    """,
    explanation="""
        LINEAR counts stored integers: a window of width w covers w of them, so there are w − 1
        steps from black to white, and the middle lies half a step below Window Center. With a
        width of 4096 nobody sees the difference; with a width of 1 it decides between a clean
        threshold and a division by zero. Where a picture was made to continuous values, VOI LUT
        Function (0028,1056) says LINEAR_EXACT, and then the two terms are left out.
    """,
    hints=(
        "Three cases: below the window black, above it white, between a straight line.",
        "The window does not go from center − width/2 to center + width/2. Read the formula: it "
        "has center − 0.5 and width − 1.",
        "In between: ((value − (center − 0.5)) / (width − 1) + 0.5) × 255. First test both ends, "
        "value <= center − 0.5 − (width − 1)/2 and value > center − 0.5 + (width − 1)/2, "
        "so that width 1 never divides.",
    ),
    wrong=(
        Wrong(
            "half-pixel-forgotten",
            _BODY.format(compute="y = ((value - center) / width + 0.5) * 255"),
            """You left out −0.5 and −1. That is LINEAR_EXACT, another VOI LUT function
            (PS3.3 C.11.2.1.3.2). LINEAR is what holds if the file does not say.""",
        ),
        Wrong(
            "not-clipped",
            """
            def grey(value, center, width):
                return ((value - (center - 0.5)) / max(width - 1, 1) + 0.5) * 255
            """,
            """Your line goes on below 0 and above 255. Put into eight bits such numbers wrap
            round: bone comes out black.""",
        ),
        Wrong(
            "width-on-each-side",
            _BODY.format(
                compute="y = (value - (center - width)) / (2 * width) * 255"
            ),
            """Your window goes a whole width to each side. The width is all of it: half below
            the center, half above.""",
        ),
        Wrong(
            "width-one",
            _BODY.format(compute="y = ((value - (center - 0.5)) / (width - 1) + 0.5) * 255"),
            """The formula in the middle divides by width − 1. A window of width 1 is allowed,
            and is a threshold: test the two ends first.""",
        ),
    ),
)  # fmt: skip

RULE = cite("PS3.3", "C.11.2.1.2.1")
#: value, center, width. First ordinary, then outside, then narrow, then a step.
POINTS = (
    (40, 40, 80), (20, 40, 80), (70, 40, 80), (-600, -500, 1500),
    (-1000, 40, 80), (1200, 40, 80),
    (39, 40, 4), (40, 40, 4), (2047, 2048, 4096), (41, 40, 4),
    (39, 40, 1), (40, 40, 1), (41, 40, 1),
)  # fmt: skip


def check(work: Work) -> Verdict:
    """Compare with the standard's formula, at the places where people go wrong."""
    if not callable(work.answer):
        return failed(expected="the function grey", got=work.answer, rule=RULE)
    for value, center, width in POINTS:
        expected = int(window(np.array([value]), center, width)[0])
        case = f"value {value}, center {center}, width {width}"
        try:
            result = work.call(value, center, width)
        except AnswerRaised as error:
            if not isinstance(error.__cause__, ZeroDivisionError):
                raise
            return failed(
                expected=f"{expected} for {case}", got="a division by zero", rule=RULE,
                mistake="width-one",
            )  # fmt: skip
        if result is None or result is ...:
            return blank()
        got = _number(result)
        if got is None:
            return failed(expected=f"a number for {case}", got=result, rule=RULE)
        if not abs(got - expected) <= 1:
            return failed(
                expected=f"{expected} for {case}", got=f"{got:g}", rule=RULE,
                mistake=_mistake(got, value, center, width),
            )  # fmt: skip
    return passed("Black, white, and every grey between, at width 1 too.", rule=RULE)


def _mistake(got: float, value: float, center: float, width: float) -> str:
    exact = ((value - center) / width + 0.5) * 255
    doubled = (value - (center - width)) / (2 * width) * 255
    if not 0 <= got <= 255 and width > 1:
        return "not-clipped"
    if width == 1 and not np.isfinite(got):
        return "width-one"
    if abs(got - min(max(exact, 0), 255)) <= 1:
        return "half-pixel-forgotten"
    return "width-on-each-side" if abs(got - min(max(doubled, 0), 255)) <= 1 else ""


def _number(result: Any) -> float | None:
    try:
        values = np.asarray(result, dtype=float).ravel()
    except (TypeError, ValueError):
        return None
    return float(values[0]) if values.size == 1 else None
