"""Read twelve bits out of sixteen.

Each pixel takes two bytes, and twelve of the sixteen bits are the value. The rest may hold
anything.
"""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import numpy as np
import numpy.typing as npt
from pydicom.dataset import Dataset

from labkit.common import cite
from labkit.dicom import sample
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed

EXERCISE = Exercise(
    given="""
        import numpy as np
    """,
    blank="""
        def pixel_values(ds):
            words = np.frombuffer(ds.PixelData, dtype="<u2").astype(int)
            # Keep the bits that ds.BitsStored counts; mind ds.PixelRepresentation.
            return ...
    """,
    answer="pixel_values",
    expects=Callable,  # type: ignore[arg-type]
    reference="""
        def pixel_values(ds):
            words = np.frombuffer(ds.PixelData, dtype="<u2").astype(int)
            values = words & (2**ds.BitsStored - 1)
            if ds.PixelRepresentation == 1:
                sign = values >> ds.HighBit
                values = values - sign * 2**ds.BitsStored
            return values.reshape(ds.Rows, ds.Columns)
    """,
    explanation="""
        The value is the lowest Bits Stored bits; a mask keeps these and drops the rest. With Pixel
        Representation 1 the topmost of them, High Bit, is the sign, in two's complement: if it is
        set, the value is 2 to the power of Bits Stored less. A reader that takes all sixteen
        bits for the value is right on nearly all files and wrong on those with something in the
        upper bits, which is why such faults live for years. pydicom masks and extends the sign.
    """,
    hints=(
        "Which bits belong to the value? All below Bits Stored. What keeps these, and no others?",
        "A mask: words & (2**ds.BitsStored - 1). With 12 bits that is words & 0xFFF.",
        "If PixelRepresentation is 1, subtract 2**BitsStored wherever bit HighBit is set: "
        "values[values >= 2**ds.HighBit] -= 2**ds.BitsStored.",
    ),
    wrong=(
        Wrong(
            "all-sixteen-bits",
            """
            def pixel_values(ds):
                words = np.frombuffer(ds.PixelData, dtype="<u2").astype(int)
                return words.reshape(ds.Rows, ds.Columns)
            """,
            """You took all sixteen bits for the value. In the upper four lies something else,
            an overlay or copies of the sign, and these pixels come out thousands too high.""",
        ),
        Wrong(
            "sign-forgotten",
            """
            def pixel_values(ds):
                words = np.frombuffer(ds.PixelData, dtype="<u2").astype(int)
                return (words & (2**ds.BitsStored - 1)).reshape(ds.Rows, ds.Columns)
            """,
            """You masked, and left the sign out. With Pixel Representation 1, the value −1 in
            12 bits is FFF, and you read it as 4095.""",
        ),
        Wrong(
            "sixteen-bit-sign",
            """
            def pixel_values(ds):
                kind = "<i2" if ds.PixelRepresentation == 1 else "<u2"
                return np.frombuffer(ds.PixelData, dtype=kind).reshape(ds.Rows, ds.Columns)
            """,
            """You took the topmost of sixteen bits for the sign. The sign is High Bit, bit 11
            of a value of 12 bits.""",
        ),
    ),
)

RULE = cite("PS3.5", "8.1.1")
Array = npt.NDArray[Any]


def check(work: Work) -> Verdict:
    """Call it with plain and signed pixels, with and without something in the upper bits."""
    if not callable(work.answer):
        return failed(expected="the function pixel_values", got=work.answer, rule=RULE)
    for name, ds, truth in _cases():
        result = work.call(ds)
        if result is None or result is ...:
            return blank()
        got = _plain(result, truth.size)
        if got is None:
            expected = f"{truth.size} whole numbers"
            return failed(expected=expected, got=result, rule=RULE)
        if not np.array_equal(got, truth):
            at = int(np.flatnonzero(got != truth)[0])
            word = np.frombuffer(ds.PixelData, dtype="<u2")[at]
            return failed(
                expected=f"{name}: {word:04X} is {truth[at]}",
                got=f"{got[at]}",
                rule=RULE,
                mistake=_mistake(ds, got),
            )
    return passed("Right for unsigned and signed, whatever is in the upper bits.", rule=RULE)


def _cases() -> list[tuple[str, Dataset, Array]]:
    real = sample("ct-head-followup").datasets("CT")[3]
    plain = np.frombuffer(real.PixelData, dtype="<u2").astype(np.int64)
    signed = plain - 1024
    marks = np.zeros((192, 192), dtype=np.int64)
    marks[:8, 150:190] = 0x4000  # an overlay, as some old objects have it
    overlay = marks.ravel()
    return [
        ("a plain CT", _pixels(real, plain, 0), plain),
        ("signed, copies of the sign above", _pixels(real, signed & 0xFFFF, 1), signed),
        ("signed, upper bits 0", _pixels(real, signed & 0xFFF, 1), signed),
        ("unsigned, an overlay above", _pixels(real, plain | overlay, 0), plain),
        ("signed, an overlay above", _pixels(real, (signed & 0xFFF) | overlay, 1), signed),
    ]


def _pixels(real: Dataset, words: Array, representation: int) -> Dataset:
    ds = deepcopy(real)
    ds.PixelRepresentation = representation
    ds.PixelData = words.astype("<u2").tobytes()
    return ds


def _mistake(ds: Dataset, got: Array) -> str:
    words = np.frombuffer(ds.PixelData, dtype="<u2").astype(np.int64)
    signed = ds.PixelRepresentation == 1
    if signed and np.array_equal(got, words.astype(np.uint16).astype(np.int16)):
        return "sixteen-bit-sign"
    if signed and np.array_equal(got, words & 0xFFF):
        return "sign-forgotten"
    return "all-sixteen-bits" if np.array_equal(got, words) else ""


def _plain(result: Any, size: int) -> Array | None:
    try:
        values = np.asarray(result).ravel().astype(np.int64)
    except (TypeError, ValueError, OverflowError):
        return None
    return values if values.size == size else None
