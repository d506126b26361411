"""How much may JPEG-LS change, if nobody may be off by more than so many HU?

NEAR counts stored values; a radiologist counts Hounsfield units.
"""

from collections.abc import Callable

from pydicom.dataset import Dataset

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed

_REFERENCE = """
    def near(ds, tolerance):
        return int(tolerance / abs(float(ds.get("RescaleSlope", 1))))
"""

EXERCISE = Exercise(
    blank="""
        def near(ds, tolerance):
            ...  # the largest NEAR that changes no value by more than tolerance, in its unit (HU)
    """,
    answer="near",
    expects=Callable,  # type: ignore[arg-type]
    reference=_REFERENCE,
    explanation="""
        JPEG-LS in its near-lossless mode promises that no stored value changes by more than NEAR
        (ISO/IEC 14495-1). What the reader sees is stored value × Rescale Slope + Rescale Intercept
        (PS3.3 C.11.1.1.2): the intercept shifts original and copy alike, the slope scales the
        error. With a slope of 0.5 a NEAR of 4 is 2 HU. It is rounded down, since half a grey value
        too many is too many. An image without a slope has the slope 1.
    """,
    hints=(
        "NEAR is in stored values. Which attribute turns a difference of stored values into a "
        "difference of HU?",
        "error in HU = error in stored values × Rescale Slope. The intercept cancels out.",
        "int(tolerance / slope), with a slope of 1 where there is none.",
    ),
    wrong=(
        Wrong(
            "slope-forgotten",
            """
            def near(ds, tolerance):
                return int(tolerance)
            """,
            """You took the tolerance for stored values. With a Rescale Slope other than 1 they are
            not HU.""",
        ),
        Wrong(
            "slope-upside-down",
            """
            def near(ds, tolerance):
                return int(tolerance * float(ds.get("RescaleSlope", 1)))
            """,
            """You multiplied where you have to divide: the slope leads from stored values to HU,
            and you are going back.""",
        ),
        Wrong(
            "rounded-up",
            """
            import math

            def near(ds, tolerance):
                return math.ceil(tolerance / float(ds.get("RescaleSlope", 1)))
            """,
            """Rounded up, the error can be larger than what was allowed.""",
        ),
    ),
)

RULE = cite("PS3.3", "C.11.1.1.2")
CASES = ((1.0, 3.0, 3), (0.5, 2.0, 4), (2.0, 3.0, 1), (None, 5.0, 5), (0.4, 1.0, 2), (4.0, 3.0, 0))


def check(work: Work) -> Verdict:
    """Call the function with slopes that the learner has not seen."""
    for slope, tolerance, right in CASES:
        ds = Dataset()
        ds.RescaleIntercept = -1024
        if slope is not None:
            ds.RescaleSlope = slope
        got = work.call(ds, tolerance)
        if got is None or got is ...:
            return blank()
        if isinstance(got, bool) or got != right:
            given = "no slope" if slope is None else f"a slope of {slope}"
            return failed(expected=f"{right} for {given} and {tolerance:g} HU", got=got,
                          rule=RULE, mistake=_mistake(got, slope or 1.0, tolerance))  # fmt: skip
    return passed("Right for six slopes; NEAR 0 is lossless.", rule=RULE)


def _mistake(got: object, slope: float, tolerance: float) -> str:
    if not isinstance(got, (int, float)):
        return ""
    if got == tolerance * slope or got == int(tolerance * slope):
        return "slope-forgotten" if got == int(tolerance) else "slope-upside-down"
    if got == int(tolerance):
        return "slope-forgotten"
    return "rounded-up" if got == int(tolerance / slope) + 1 else ""
