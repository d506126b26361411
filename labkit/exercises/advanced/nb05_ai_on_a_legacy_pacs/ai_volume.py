"""How many millilitres?

A surgeon decides by this number. Four habits make it wrong without anybody noticing.
"""

from collections.abc import Callable

import numpy as np
from pydicom.dataset import Dataset

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed

_RIGHT = """
    def millilitres(marked):
        place = {}
        for ds, count in marked:
            across, down = np.reshape(ds.ImageOrientationPatient, (2, 3)).astype(float)
            at = float(np.dot(np.cross(across, down), np.array(ds.ImagePositionPatient, float)))
            place[ds.SOPInstanceUID] = (at, count, ds)
        order = sorted(place.values(), key=lambda item: item[0])
        step = (order[-1][0] - order[0][0]) / (len(order) - 1)
        row, column = map(float, order[0][2].PixelSpacing)
        return sum(count for _, count, _ in order) * row * column * step / 1000
"""

EXERCISE = Exercise(
    given="import numpy as np",
    blank="""
    def millilitres(marked):
        ...  # ml of what is marked on slices: a list of (header, number of marked pixels)

    # evenly spaced slices, in the order in which they came; one may have come twice
    """,
    answer="millilitres",
    expects=Callable,  # type: ignore[arg-type]
    reference=_RIGHT,
    explanation="""
        A voxel is Pixel Spacing down times Pixel Spacing across times the distance between planes,
        measured along their normal. Slice Thickness is how much tissue made one picture: slices may
        leave gaps or overlap. On a tilted gantry Image Position moves further than the planes are
        apart. And a slice that came twice is one slice: objects go by their SOP Instance UID.
    """,
    hints=(
        "Three lengths make a voxel. Which attributes have them, and which only seem to?",
        "Where a plane lies is the dot product of Image Position and the normal; the normal is the "
        "cross product of the two directions in Image Orientation.",
        "Keep each SOP Instance UID once, sort by that place, take the step between neighbours, "
        "multiply with both values of Pixel Spacing, divide by 1000.",
    ),
    wrong=(
        Wrong(
            "slice-thickness",
            _RIGHT.replace(
                "(order[-1][0] - order[0][0]) / (len(order) - 1)",
                "float(order[0][2].SliceThickness)",
            ),
            """You took Slice Thickness for the distance between slices. There are gaps between
            these, and your volume leaves them out: half of it.""",
        ),
        Wrong(
            "along-z",
            _RIGHT.replace("np.cross(across, down)", "[0, 0, 1]"),
            """You measured along z. The gantry is tilted: the planes are nearer to each other than
            their positions along the table. 4 % too much here, more with more tilt.""",
        ),
        Wrong(
            "square-pixels",
            _RIGHT.replace("* row * column *", "* row * row *"),
            """You used one value of Pixel Spacing twice. It has two, between rows and between
            columns, and they need not be the same.""",
        ),
        Wrong(
            "counted-twice",
            _RIGHT.replace("place[ds.SOPInstanceUID]", "place[len(place)]").replace(
                "(len(order) - 1)", "(len({at for at, _, _ in order}) - 1)"
            ),
            """You counted a slice twice. It was sent twice, as happens after a timeout; the SOP
            Instance UID says that it is one.""",
        ),
    ),
)

RULE = (cite("PS3.3", "C.7.6.2.1.1"), cite("PS3.3", "10.7.1.3"))
_COUNTS = [0, 40, 130, 210, 160, 60, 0]
_ROW, _COLUMN, _STEP, _THICK, _TILT = 0.8, 0.5, 6.0, 3.0, (0.96, 0.28)


def marked(*, twice: bool = True, tilted: bool = True, times: int = 1) -> list[tuple[Dataset, int]]:
    """Return slices as they came: mixed, one of them twice."""
    cosine, sine = _TILT if tilted else (1.0, 0.0)
    out = []
    for number, count in enumerate(_COUNTS):
        ds = Dataset()
        ds.SOPInstanceUID, ds.InstanceNumber = f"1.2.3.{number + 1}", number + 1
        ds.PixelSpacing, ds.SliceThickness = [_ROW, _COLUMN], _THICK
        ds.SpacingBetweenSlices = None
        ds.ImageOrientationPatient = [1, 0, 0, 0, cosine, -sine]
        ds.ImagePositionPatient = [-100, -120, 10 + number * _STEP / cosine]
        out.append((ds, count * times))
    mixed = out[3:] + out[:3][::-1]
    return [*mixed, out[3]] if twice else mixed


def check(work: Work) -> Verdict:
    """Give it a series with everything that goes wrong, and know each mistake by its number."""
    got = work.call(marked())
    if got is None or got is ...:
        return blank("It returns nothing yet.")
    total, twice = sum(_COUNTS), sum(_COUNTS) + _COUNTS[3]
    right = total * _ROW * _COLUMN * _STEP / 1000
    known = {
        "slice-thickness": right * _THICK / _STEP,
        "along-z": right / _TILT[0],
        "square-pixels": right * _ROW / _COLUMN,
        "counted-twice": right * twice / total,
    }
    try:
        value = float(got)
    except (TypeError, ValueError):
        return failed(expected="a number of ml", got=got, rule=RULE)
    if np.isclose(value, right, rtol=1e-3):
        plain = work.call(marked(twice=False, tilted=False, times=3))
        if np.isclose(float(plain), 3 * right, rtol=1e-3):
            return passed(f"{right:.2f} ml, with a tilt, gaps, and a slice sent twice.", rule=RULE)
        return failed(
            expected=f"{3 * right:.2f} ml of three times as much, without tilt",
            got=plain,
            rule=RULE,
        )
    mistake = next((n for n, v in known.items() if np.isclose(value, v, rtol=1e-3)), "")
    return failed(expected=f"{right:.3f} ml", got=f"{value:.3f} ml", rule=RULE, mistake=mistake)
