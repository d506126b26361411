"""Decode one data element by hand.

Tag, VR, length, value: the short form of Explicit VR Little Endian (PS3.5 7.1.2).
"""

import struct
from collections.abc import Callable
from typing import Any

from labkit.common import cite
from labkit.dicom.layout import element_bytes
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed, show

EXERCISE = Exercise(
    given="""
        import struct
    """,
    blank="""
        def decode(data):
            ...  # return group, element, vr, value: two numbers, a text of two letters, and bytes
    """,
    answer="decode",
    expects=Callable,  # type: ignore[arg-type]
    reference="""
        def decode(data):
            group, element = struct.unpack("<HH", data[:4])
            vr = data[4:6].decode("ascii")
            (length,) = struct.unpack("<H", data[6:8])
            return group, element, vr, data[8 : 8 + length]
    """,
    explanation="""
        "<" is little endian and "H" an unsigned number of 16 bits. A tag is two such numbers, not
        one of 32 bits: that is why (0028,0010) is 28 00 10 00 in the file, and not 10 00 28 00. The
        VR is two letters, and letters have no byte order. The length tells where the value ends;
        the next element begins right there, with no mark between them. What the value means, number
        or text, is for the VR to say: that is a second step.
    """,
    hints=(
        "struct.unpack('<H', two_bytes) gives a tuple with one number, low byte first. A tag is "
        "two of these numbers.",
        "Bytes 0 to 1 are the group, 2 to 3 the element, 4 to 5 the VR, 6 to 7 the length. The "
        "value begins at 8, and is as long as the length says.",
        "group, element = struct.unpack('<HH', data[:4]); vr = data[4:6].decode(); the length is "
        "struct.unpack('<H', data[6:8])[0]; the value is data[8:8 + length].",
    ),
    wrong=(
        Wrong(
            "big-endian",
            """
            def decode(data):
                group, element = struct.unpack(">HH", data[:4])
                vr = data[4:6].decode("ascii")
                (length,) = struct.unpack(">H", data[6:8])
                return group, element, vr, data[8 : 8 + length]
            """,
            """You read the high byte first: 28 00 as 2800. Every transfer syntax in use has the low
            byte first, so 28 00 is 0028. In struct, that is "<" and not ">".""",
        ),
        Wrong(
            "took-all-that-follows",
            """
            def decode(data):
                group, element = struct.unpack("<HH", data[:4])
                return group, element, data[4:6].decode("ascii"), data[8:]
            """,
            """Your value goes on to the end of the bytes. In a file the next element follows at
            once, with no mark between; only the length says where the value ends.""",
        ),
        Wrong(
            "one-number-for-the-tag",
            """
            def decode(data):
                (tag,) = struct.unpack("<L", data[:4])
                (length,) = struct.unpack("<H", data[6:8])
                return tag >> 16, tag & 0xFFFF, data[4:6].decode("ascii"), data[8 : 8 + length]
            """,
            """You read the tag as one number of 32 bits, and group and element changed places. A
            tag is two numbers of 16 bits, the group first, each with its low byte first.""",
        ),
    ),
)

RULE = cite("PS3.5", "7.1.2")
KEYWORDS = ("Rows", "PatientID", "StudyInstanceUID", "SliceThickness", "WindowCenter")


def check(work: Work) -> Verdict:
    """Try it on elements of a real file, each with the next one's bytes behind it."""
    path = work.lab.sample("mr-brain").paths("MR")[0]
    raw = path.read_bytes()
    for keyword in KEYWORDS:
        found = element_bytes(path, keyword)
        group, element, vr, length = struct.unpack("<HH2sH", found.data[:8])
        wanted = (group, element, vr.decode(), found.data[8 : 8 + length])
        got = work.call(raw[found.offset : found.offset + found.total + 12])
        if got in (None, ...):
            return blank(f"Your function returns nothing for {keyword}.")
        if not isinstance(got, (tuple, list)) or len(got) != 4:
            return failed(
                expected="four values: group, element, vr, value", got=show(got), rule=RULE
            )
        if _plain(got) != wanted:
            return failed(
                expected=f"{_words(wanted)}, of {keyword}",
                got=_words(tuple(got)),
                rule=RULE,
                mistake=_mistake(_plain(got), wanted),
            )
    return passed(f"{', '.join(KEYWORDS)}: all decoded as they are.", rule=RULE)


def _plain(got: Any) -> tuple[Any, ...]:
    group, element, vr, value = got
    value = bytes(value) if isinstance(value, (bytes, bytearray, memoryview)) else value
    return group, element, vr.decode("latin-1") if isinstance(vr, bytes) else vr, value


def _mistake(got: tuple[Any, ...], wanted: tuple[Any, ...]) -> str:
    group, element = wanted[:2]
    if got[:2] == (_swapped(group), _swapped(element)):
        return "big-endian"
    if got[:2] == (element, group) and element != group:
        return "one-number-for-the-tag"
    longer = isinstance(got[3], bytes) and got[3].startswith(wanted[3]) and got[3] != wanted[3]
    return "took-all-that-follows" if got[:3] == wanted[:3] and longer else ""


def _swapped(number: int) -> int:
    return int.from_bytes(number.to_bytes(2, "little"), "big")


def _words(found: tuple[Any, ...]) -> str:
    group, element, vr, value = found
    if isinstance(group, int) and isinstance(element, int):
        return f"({group:04X},{element:04X}) {vr} {show(value)}"
    return show(found)
