"""Measure the density of the dark rim.

Water has 0 HU, grey matter about 40. What lies around the bleed is somewhere between.
"""

import numpy as np

from labkit.common import cite
from labkit.dicom import sample, stored_values
from labkit.exercises import Exercise, Verdict, Work, Wrong, failed, passed

EXERCISE = Exercise(
    given="""
        from labkit.dicom import sample
        ds = sample("ct-head").datasets("CT")[14]
        stored = ds.pixel_array
    """,
    blank="""
        # A patch of the rim: rows 223 to 232 and columns 286 to 291, both ends included.
        density = ...  # its mean in `stored`, in HU
    """,
    answer="density",
    expects=(int, float, np.floating, np.integer),
    reference="""
        patch = stored[223:233, 286:292]
        density = float(patch.mean()) * float(ds.RescaleSlope) + float(ds.RescaleIntercept)
    """,
    explanation="""
        numpy indexes the row first, then the column. The rescale is linear, so it makes no
        difference whether you average first or rescale first. 20 HU is
        brain with water in it: oedema. With a small region one reads a mean, never a single pixel:
        the pixels of this patch range from 15 to 25, and their mean can be repeated.
    """,
    hints=(
        "Two steps: cut the patch out of the array, then turn stored values into HU.",
        "The patch is stored[first row:last row + 1, first column:last column + 1].",
        "HU = stored × RescaleSlope + RescaleIntercept. Take the mean of "
        "stored[223:233, 286:292] and rescale it.",
    ),
    wrong=(
        Wrong(
            "intercept-forgotten",
            "density = stored[223:233, 286:292].mean()",
            """You averaged stored values. Only bone is that dense: add Rescale Intercept, which is
            −1024 here.""",
        ),
        Wrong(
            "row-column-swapped",
            """
            patch = stored[286:292, 223:233]
            density = float(patch.mean()) * float(ds.RescaleSlope) + float(ds.RescaleIntercept)
            """,
            """You read another place: in an array the row comes first. A viewer that says x, y
            says column, row.""",
        ),
        Wrong(
            "intercept-subtracted",
            """
            patch = stored[223:233, 286:292]
            density = float(patch.mean()) * float(ds.RescaleSlope) - float(ds.RescaleIntercept)
            """,
            """You subtracted the intercept. It carries its own sign: add it.""",
        ),
    ),
)

RULE = cite("PS3.3", "C.11.1.1.2")
ROWS, COLUMNS = slice(223, 233), slice(286, 292)


def check(work: Work) -> Verdict:
    """Compare with the mean of the same patch."""
    ds = sample("ct-head").datasets("CT")[14]
    stored = stored_values(ds)
    mean = float(stored[ROWS, COLUMNS].mean())
    intercept = float(ds.RescaleIntercept)
    got = float(work.answer)
    if abs(got - (mean + intercept)) <= 0.6:
        return passed(f"{got:.0f} HU: oedema, water in the brain.", rule=RULE)
    likely = {
        "intercept-forgotten": mean,
        "row-column-swapped": float(stored[COLUMNS, ROWS].mean()) + intercept,
        "intercept-subtracted": mean - intercept,
    }
    mistake = next((name for name, value in likely.items() if abs(got - value) <= 0.6), "")
    return failed(
        expected=f"{mean + intercept:.1f} HU", got=f"{got:.1f}", rule=RULE, mistake=mistake
    )
