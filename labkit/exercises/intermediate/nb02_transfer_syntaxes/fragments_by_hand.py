"""Take encapsulated Pixel Data apart by hand.

Items, a Basic Offset Table, fragments and a delimiter: PS3.5 A.4.
"""

from collections.abc import Callable

from pydicom.encaps import encapsulate

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed

_REFERENCE = """
    def fragments(value):
        found, at = [], 0
        while at + 8 <= len(value):
            group, element, length = struct.unpack_from("<HHL", value, at)
            at += 8
            if (group, element) != (0xFFFE, 0xE000):
                break
            found.append(value[at : at + length])
            at += length
        return found[1:]
"""

EXERCISE = Exercise(
    given="import struct",
    blank="""
        def fragments(value):
            ...  # the fragments of an encapsulated Pixel Data value, as a list of bytes

        # each item: tag FFFE,E000 and its length, both little endian, then so many bytes
    """,
    answer="fragments",
    expects=Callable,  # type: ignore[arg-type]
    reference=_REFERENCE,
    explanation="""
        Encapsulated Pixel Data is a sequence of items of undefined length, whatever the codec is
        (PS3.5 A.4). The first item is the Basic Offset Table, and it is there even if it is empty;
        it says where each frame begins, since a frame may lie in several fragments. The Sequence
        Delimitation Item FFFE,E0DD ends it. A codec's own bytes begin at the first byte of a
        fragment: FF D8 for JPEG and JPEG-LS, FF 4F FF 51 for a JPEG 2000 codestream.
    """,
    hints=(
        "Print the first 24 bytes of a value in hex: fe ff 00 e0 is the item tag FFFE,E000.",
        'struct.unpack_from("<HHL", value, at) gives group, element and length of the item at '
        "`at`; the next one is 8 + length further on.",
        "The first item is the Basic Offset Table and no fragment. Stop at FFFE,E0DD.",
    ),
    wrong=(
        Wrong(
            "table-is-no-fragment",
            _REFERENCE.replace("return found[1:]", "return found"),
            """You returned the Basic Offset Table as if it were a fragment. The first item is
            always the table, and often it is empty; a codec that is given it says that the image
            is corrupt.""",
        ),
        Wrong(
            "delimiter-as-item",
            """
            def fragments(value):
                found, at = [], 0
                while at + 8 <= len(value):
                    length = struct.unpack_from("<L", value, at + 4)[0]
                    found.append(value[at + 8 : at + 8 + length])
                    at += 8 + length
                return found[1:]
            """,
            """The Sequence Delimitation Item FFFE,E0DD was taken for a fragment of no bytes. Look
            at the tag of each item before you take its bytes.""",
        ),
        Wrong(
            "empty-table-skipped",
            """
            def fragments(value):
                found, at = [], 0
                while at + 8 <= len(value):
                    group, element, length = struct.unpack_from("<HHL", value, at)
                    if (group, element) != (0xFFFE, 0xE000):
                        break
                    found.append(value[at + 8 : at + 8 + length])
                    at += 8 + length
                return [part for part in found if part]
            """,
            """That works as long as the offset table is empty. When it is filled, your first
            fragment is a list of offsets. The table is known by its place, not by its length.""",
        ),
    ),
)

RULE = cite("PS3.5", "A.4")
END = b"\xfe\xff\xdd\xe0\0\0\0\0"
FRAMES = [bytes(range(40)), bytes(50), b"\xff\xd8" + bytes(10)]
CASES = (
    ("three fragments and an empty table", encapsulate(FRAMES, has_bot=False) + END, FRAMES),
    ("three fragments and a filled table", encapsulate(FRAMES, has_bot=True) + END, FRAMES),
    (
        "one frame in two fragments",
        encapsulate(FRAMES[:1], fragments_per_frame=2, has_bot=True) + END,
        [FRAMES[0][:20], FRAMES[0][20:]],
    ),
)


def check(work: Work) -> Verdict:
    """Call the function with values that the learner has not seen."""
    for what, value, right in CASES:
        got = work.call(value)
        if got is None or got is ...:
            return blank()
        lengths = _lengths(got)
        if lengths is None or [bytes(part) for part in got] != right:
            return failed(
                expected=f"fragments of {[len(part) for part in right]} bytes for {what}",
                got=got if lengths is None else f"{lengths} bytes",
                rule=RULE,
                mistake=_mistake(lengths or [], right, what),
            )
    return passed("Fragments found with an empty table, a filled one, and a frame in two.",
                  rule=RULE)  # fmt: skip


def _lengths(got: object) -> list[int] | None:
    if not isinstance(got, (list, tuple)) or not all(
        isinstance(part, (bytes, bytearray, memoryview)) for part in got
    ):
        return None
    return [len(part) for part in got]


def _mistake(lengths: list[int], right: list[bytes], what: str) -> str:
    sizes = [len(part) for part in right]
    if lengths == [*sizes, 0]:
        return "delimiter-as-item"
    if lengths[1:] != sizes:
        return ""
    return "table-is-no-fragment" if "empty" in what else "empty-table-skipped"
