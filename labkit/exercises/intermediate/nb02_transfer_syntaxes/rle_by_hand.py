"""Unpack an RLE segment by hand: the codec that fits on one page.

PackBits, as PS3.5 Annex G.3 describes it.
"""

from collections.abc import Callable

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed

_REFERENCE = """
    def unpack(segment):
        out, at = bytearray(), 0
        while at < len(segment):
            n = segment[at]
            at += 1
            if n < 128:                       # n + 1 bytes as they are
                out += segment[at : at + n + 1]
                at += n + 1
            elif n > 128:                     # the next byte, 257 - n times
                out += segment[at : at + 1] * (257 - n)
                at += 1
        return bytes(out)
"""

EXERCISE = Exercise(
    blank="""
        def unpack(segment):
            ...  # the bytes that an RLE segment stands for

        # control byte n: 0..127 copy the next n + 1 bytes; 129..255 repeat the next byte 257 - n
        # times; 128 says nothing
    """,
    answer="unpack",
    expects=Callable,  # type: ignore[arg-type]
    reference=_REFERENCE,
    explanation="""
        That is all of the RLE of DICOM but for its header of 64 bytes, which says where each
        segment begins (PS3.5 G.5). A 16-bit image has two segments, one of all the high bytes and
        one of all the low ones (G.2): high bytes change seldom, so they run long. The control byte
        is signed in the standard; 257 - n is -n + 1 with n read as unsigned. A segment may end with
        a zero byte that only makes its length even.
    """,
    hints=(
        "A loop with a position: read the control byte, then decide among three cases.",
        "n + 1 and 257 - n: a control byte of 0 copies one byte, one of 255 repeats a byte twice.",
        "bytes([value]) * count repeats; segment[at : at + n + 1] copies; after both, move on by "
        "what you have read.",
    ),
    wrong=(
        Wrong(
            "one-too-few",
            _REFERENCE.replace("n + 1", "n").replace("257 - n", "256 - n"),
            """Each run is one byte short: the control byte n copies n + 1 bytes, and repeats
            257 - n times.""",
        ),
        Wrong(
            "128-repeats",
            _REFERENCE.replace("elif n > 128:", "else:"),
            """128 stands for nothing at all: no byte follows that belongs to it (PS3.5 G.3.2).
            You repeated the next one.""",
        ),
        Wrong(
            "runs-only",
            """
            def unpack(segment):
                out = bytearray()
                for at in range(0, len(segment) - 1, 2):
                    out += segment[at + 1 : at + 2] * (257 - segment[at] if segment[at] > 128
                                                       else segment[at] + 1)
                return bytes(out)
            """,
            """You took every control byte for a run. Below 128 it announces bytes that are to be
            copied as they stand.""",
        ),
    ),
)

RULE = cite("PS3.5", "G.3.2")
CASES = (
    ("one byte copied", b"\x00\x2a", b"\x2a"),
    ("a run of two", b"\xff\x07", b"\x07\x07"),
    ("three bytes copied, then a run of 128", b"\x02abc\x81\x05", b"abc" + b"\x05" * 128),
    ("a 128 in between", b"\x01ab\x80\xfe\x09", b"ab\x09\x09\x09"),
    ("128 bytes copied", b"\x7f" + bytes(range(128)), bytes(range(128))),
    ("nothing", b"", b""),
)


def check(work: Work) -> Verdict:
    """Call the function with segments that the learner has not seen."""
    for what, segment, right in CASES:
        got = work.call(segment)
        if got is None or got is ...:
            return blank()
        if not isinstance(got, (bytes, bytearray)) or bytes(got) != right:
            return failed(expected=f"{right[:12].hex(' ')} ({len(right)} bytes): {what}",
                          got=got if not isinstance(got, (bytes, bytearray))
                          else f"{bytes(got[:12]).hex(' ')} ({len(got)} bytes)",
                          rule=RULE, mistake=_mistake(got, what))  # fmt: skip
    return passed("Copies, runs, and the byte that says nothing.", rule=RULE)


def _mistake(got: object, what: str) -> str:
    if not isinstance(got, (bytes, bytearray)):
        return ""
    if what == "a 128 in between":
        return "128-repeats"
    if what.startswith("three"):
        return "runs-only"
    return "one-too-few" if len(got) == 0 else ""
