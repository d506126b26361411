"""Write an element that another system accepts.

Every value has an even length, and what it is filled up with depends on the VR (PS3.5 6.2, 7.1.1).
"""

import struct
from collections.abc import Callable

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed

EXERCISE = Exercise(
    given="""
        import struct
    """,
    blank="""
        def encode(group, element, vr, text):
            ...  # return the element's bytes, for a VR of text in the short form: "LO", "UI" ...
    """,
    answer="encode",
    expects=Callable,  # type: ignore[arg-type]
    reference="""
        def encode(group, element, vr, text):
            value = text.encode("ascii")
            if len(value) % 2:
                value += b"\\0" if vr == "UI" else b" "
            return struct.pack("<HH2sH", group, element, vr.encode("ascii"), len(value)) + value
    """,
    explanation="""
        The length counts what is written, padding included: NG-100231 has 9 characters and a length
        of 10. Text is filled up with a space and a UID with a zero byte (PS3.5 6.2, 9.1). A reader
        takes both off again; one that does not finds two patients, NG-100231 and "NG-100231 ". A
        UID with a space at its end is the classic of home-made senders: it looks right in every
        print, and no query ever matches it.
    """,
    hints=(
        "The front is the mirror of decode: struct.pack('<HH2sH', group, element, vr.encode(), "
        "length), and then the value.",
        "PS3.5 7.1.1: a value has an even number of bytes. Which byte fills up an odd one is in "
        "the table of PS3.5 6.2, and UI is not like the others.",
        "If len(value) is odd, add b'\\0' for UI and b' ' for the others, and only then write "
        "len(value) into the front.",
    ),
    wrong=(
        Wrong(
            "odd-length",
            """
            def encode(group, element, vr, text):
                front = struct.pack("<HH2sH", group, element, vr.encode("ascii"), len(text))
                return front + text.encode("ascii")
            """,
            """Your value has an odd number of bytes. Strict readers refuse such a file; others read
            on, and disagree about where the next element begins.""",
        ),
        Wrong(
            "space-after-a-uid",
            """
            def encode(group, element, vr, text):
                value = text.encode("ascii")
                value += b" " * (len(value) % 2)
                return struct.pack("<HH2sH", group, element, vr.encode(), len(value)) + value
            """,
            """You filled up a UID with a space. A UID is filled up with one zero byte; a space is
            no character of a UID, and a comparison byte by byte will never match.""",
        ),
        Wrong(
            "zero-after-text",
            """
            def encode(group, element, vr, text):
                value = text.encode("ascii")
                value += b"\\0" * (len(value) % 2)
                return struct.pack("<HH2sH", group, element, vr.encode(), len(value)) + value
            """,
            """You filled up text with a zero byte. That is for UIDs; text is filled up with a
            space. A zero byte in a Patient ID stays there in many databases, where nobody sees
            it.""",
        ),
        Wrong(
            "length-without-padding",
            """
            def encode(group, element, vr, text):
                value = text.encode("ascii")
                front = struct.pack("<HH2sH", group, element, vr.encode("ascii"), len(value))
                if len(value) % 2:
                    value += b"\\0" if vr == "UI" else b" "
                return front + value
            """,
            """Your length was taken before the padding was added. A reader takes the byte that is
            left over for the beginning of the next tag, and from there on reads nonsense.""",
        ),
    ),
)

RULE = (cite("PS3.5", "7.1.1"), cite("PS3.5", "6.2"))
CASES = (
    (0x0010, 0x0040, "CS", "OK"),
    (0x0010, 0x0020, "LO", "NG-100231"),
    (0x0020, 0x000D, "UI", "2.25.1234"),
    (0x0008, 0x0060, "CS", "CT"),
    (0x0008, 0x0050, "SH", ""),
    (0x0020, 0x000E, "UI", "2.25.12345"),
)


def check(work: Work) -> Verdict:
    """Compare byte by byte, with even and odd values of several VRs."""
    for group, element, vr, text in CASES:
        got = work.call(group, element, vr, text)
        if got in (None, ...):
            return blank("Your function returns nothing.")
        if not isinstance(got, (bytes, bytearray)):
            return failed(expected="bytes", got=got, rule=RULE)
        value = text.encode()
        pad = (b"\0" if vr == "UI" else b" ") * (len(value) % 2)
        wanted = _front(group, element, vr, len(value + pad)) + value + pad
        if got != wanted:
            odd = bool(pad)
            wrong = {
                _front(group, element, vr, len(value)) + value: "odd-length",
                _front(group, element, vr, len(value) + 1) + value + b" ": "space-after-a-uid",
                _front(group, element, vr, len(value) + 1) + value + b"\0": "zero-after-text",
                _front(group, element, vr, len(value)) + value + pad: "length-without-padding",
            }
            return failed(
                expected=f"{wanted.hex(' ')}, for {vr} {text!r}",
                got=bytes(got).hex(" "),
                rule=RULE,
                mistake=wrong.get(bytes(got), "") if odd else "",
            )
    return passed("Even and odd, text and UID: byte for byte as the standard has it.", rule=RULE)


def _front(group: int, element: int, vr: str, length: int) -> bytes:
    return struct.pack("<HH2sH", group, element, vr.encode(), length)
