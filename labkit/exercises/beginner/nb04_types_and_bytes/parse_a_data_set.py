"""Parse a whole data set by hand (the stretch).

Element after element, with the short and the long form of Explicit VR (PS3.5 7.1.2).
"""

from collections.abc import Callable
from io import BytesIO
from typing import Any

from pydicom import dcmwrite
from pydicom.dataset import Dataset

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed, show
from labkit.exercises.model import AnswerRaised

EXERCISE = Exercise(
    given="""
        import struct

        LONG = {"OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV"}
    """,
    blank="""
        def parse(data):
            elements = {}
            ...  # fill it: {(group, element): value, ...}, each value as bytes, sequences too
            return elements
    """,
    answer="parse",
    expects=Callable,  # type: ignore[arg-type]
    reference="""
        def parse(data):
            elements, at = {}, 0
            while at < len(data):
                group, element, vr = struct.unpack("<HH2s", data[at : at + 6])
                if vr.decode("ascii") in LONG:
                    (length,) = struct.unpack("<L", data[at + 8 : at + 12])
                    at += 12
                else:
                    (length,) = struct.unpack("<H", data[at + 6 : at + 8])
                    at += 8
                elements[group, element] = data[at : at + length]
                at += length
            return elements
    """,
    explanation="""
        A parser is a loop with one variable, the place where the next element begins. Thirteen VRs
        have the long form: two bytes of nothing, then a length of 32 bits, since 65535 bytes are
        not enough for pixels. A parser that does not know a VR cannot know its form, and so cannot
        go on: a new VR breaks old readers. What is still missing here are lengths of FFFFFFFF,
        which only sequences, items, UN and encapsulated pixels have, and which end at a delimiter
        (PS3.5 7.5).
    """,
    hints=(
        "Keep a number `at`, the place where the next element begins. decode() from above reads "
        "one element; how many bytes did it take?",
        "Where the VR is in LONG, the bytes 6 and 7 mean nothing, the length is 32 bits at 8 to "
        "11, and the value begins at 12.",
        "while at < len(data): read group, element, vr; read the length by its form; keep "
        "data[start:start + length]; set at to start + length.",
    ),
    wrong=(
        Wrong(
            "short-form-for-all",
            """
            def parse(data):
                elements, at = {}, 0
                while at + 8 <= len(data):
                    group, element, vr, length = struct.unpack("<HH2sH", data[at : at + 8])
                    elements[group, element] = data[at + 8 : at + 8 + length]
                    at += 8 + length
                return elements
            """,
            """You read every element in the short form. Where the VR is one of LONG, the bytes 6
            and 7 are two zeros: you took these for the length, and were off from there on.""",
        ),
        Wrong(
            "sixteen-bits-of-length",
            """
            def parse(data):
                elements, at = {}, 0
                while at + 8 <= len(data):
                    group, element, vr = struct.unpack("<HH2s", data[at : at + 6])
                    start = at + 12 if vr.decode("latin-1") in LONG else at + 8
                    front = 4 if start == at + 12 else 2
                    (length,) = struct.unpack("<H", data[start - front : start - front + 2])
                    elements[group, element] = data[start : start + length]
                    at = start + length
                return elements
            """,
            """You read 16 bits of a length that has 32. It goes well up to 65535 bytes; pixels have
            more, and then the rest of them is read as elements.""",
        ),
        Wrong(
            "forgot-the-front",
            """
            def parse(data):
                elements, at = {}, 0
                while at + 8 <= len(data):
                    group, element, vr, length = struct.unpack("<HH2sH", data[at : at + 8])
                    elements[group, element] = data[at + 8 : at + 8 + length]
                    at += max(length, 1)
                return elements
            """,
            """You moved on by the length of the value alone. The front of the element, 8 or 12
            bytes, is to be stepped over as well.""",
        ),
    ),
)

RULE = cite("PS3.5", "7.1.2")


def check(work: Work) -> Verdict:
    """Try it on made-up data sets, then on the data set of a real file."""
    short, mixed, large = Dataset(), Dataset(), Dataset()
    short.Modality, short.AccessionNumber, short.PatientID, short.Rows = "CT", "", "NG-1", 512
    mixed.PatientID, mixed.Rows = "NG-2", 2
    mixed.add_new(0x00420011, "OB", b"%PDF-1.4")
    mixed.add_new(0x00420012, "LO", "application/pdf")
    large.PatientID = "NG-3"
    large.add_new(0x7FE00010, "OW", bytes(range(250)) * 280)
    file = work.lab.sample("mr-brain").datasets("MR")[0]
    cases = {
        "four short elements": (short, "forgot-the-front"),
        "short and long elements": (mixed, "short-form-for-all"),
        "70000 bytes of pixels": (large, "sixteen-bits-of-length"),
        "an MR image": (file, ""),
    }
    for what, (ds, mistake) in cases.items():
        data, wanted = _encoded(ds)
        expected = f"{len(wanted)} elements, for {what}"
        try:
            got = work.call(data)
        except AnswerRaised as error:
            said = error.message.split(", when called")[0]
            return failed(expected=expected, got=said, rule=RULE, mistake=mistake)
        if got in (None, ...) or (what == "four short elements" and got == {}):
            return blank("Your function finds no elements.")
        if not isinstance(got, dict):
            return failed(expected="a dictionary", got=show(got), rule=RULE)
        if (why := _wrong(got, wanted)) != "":
            return failed(expected=expected, got=why, rule=RULE, mistake=mistake)
    return passed("All elements of four data sets, those of an MR image too.", rule=RULE)


def _encoded(ds: Dataset) -> tuple[bytes, dict[int, bytes]]:
    """Return the data set as Explicit VR Little Endian, and each element's value in it."""
    plain, out = Dataset(), BytesIO()
    plain.update({element.tag: element for element in ds})
    dcmwrite(out, plain, implicit_vr=False, little_endian=True)
    values: dict[int, bytes] = {}
    for element in plain:
        one, alone = Dataset(), BytesIO()
        one.add(element)
        dcmwrite(alone, one, implicit_vr=False, little_endian=True)
        long = alone.getvalue()[6:8] == b"\0\0" and element.VR in _LONG
        values[int(element.tag)] = alone.getvalue()[12 if long else 8 :]
    return out.getvalue(), values


_LONG = {"OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV"}


def _wrong(got: dict[Any, Any], wanted: dict[int, bytes]) -> str:
    """Say what is wrong with the elements found, or return ``""``."""
    found: dict[Any, Any] = {}
    for key, value in got.items():
        pair = isinstance(key, tuple) and len(key) == 2 and all(isinstance(n, int) for n in key)
        found[key[0] << 16 | key[1] if pair else key] = value
    if set(found) != set(wanted):
        return f"{len(found)} elements, {len(set(found) & set(wanted))} of them right"
    for tag, value in wanted.items():
        have = found[tag]
        if (have[-1] if isinstance(have, (tuple, list)) and have else have) != value:
            return f"another value of ({tag >> 16:04X},{tag & 0xFFFF:04X})"
    return ""
