"""Take one frame out of compressed pixel data.

An object retrieved as stored has its frames as fragments. A decoder wants one frame, whole.
"""

from collections.abc import Callable

from pydicom import Dataset
from pydicom.encaps import encapsulate, encapsulate_extended
from pydicom.uid import JPEGBaseline8Bit

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed

_REFERENCE = """
    from pydicom.encaps import get_frame

    def frame(ds, number):
        return get_frame(
            ds.PixelData, number - 1, number_of_frames=int(ds.get("NumberOfFrames") or 1)
        )
"""

EXERCISE = Exercise(
    blank="""
        from pydicom.encaps import get_frame

        def frame(ds, number):
            ...  # the compressed stream of frame number; ds is as stored, the first frame is 1
    """,
    answer="frame",
    expects=Callable,  # type: ignore[arg-type]
    reference=_REFERENCE,
    explanation="""
        Compressed Pixel Data is a sequence of items: first the Basic Offset Table, then fragments
        (PS3.5 A.4). A frame may be one fragment or several; the table says where each frame begins,
        if it has entries. If it has none and there are as many fragments as frames, each is one
        frame. What /frames/{n} gives with transfer-syntax=* is the fragments of that frame put
        together, without the items around them, and counted from 1 (PS3.18 10.4.1.1.6).
    """,
    hints=(
        "Count the items with pydicom.encaps.parse_fragments(ds.PixelData), take one off for the "
        "offset table, and compare with ds.NumberOfFrames. Are they always the same?",
        "pydicom.encaps has get_frame(), which counts from 0, and wants to know number_of_frames "
        "where the offset table is empty.",
        "get_frame(ds.PixelData, number - 1, number_of_frames=int(ds.get('NumberOfFrames') or 1))",
    ),
    wrong=(
        Wrong(
            "fragment-for-frame",
            """
            from pydicom.encaps import generate_fragments

            def frame(ds, number):
                fragments = list(generate_fragments(ds.PixelData))[1:]
                return fragments[number - 1]
            """,
            """You took the n-th fragment for the n-th frame. A frame may be cut into several: your
            stream ends in the middle, and the picture is grey from there on.""",
        ),
        Wrong(
            "counted-from-zero",
            _REFERENCE.replace("number - 1", "number"),
            """You counted from 0: frame 1 of DICOM is index 0 of a list. You have the next
            picture.""",
        ),
        Wrong(
            "offset-table-as-a-frame",
            """
            from pydicom.encaps import generate_fragments

            def frame(ds, number):
                return list(generate_fragments(ds.PixelData))[number - 1]
            """,
            """You counted the first item as a frame. It is the Basic Offset Table (PS3.5 A.4),
            which may be empty.""",
        ),
        Wrong(
            "cut-into-equal-pieces",
            """
            def frame(ds, number):
                size = len(ds.PixelData) // int(ds.get("NumberOfFrames") or 1)
                return ds.PixelData[(number - 1) * size : number * size]
            """,
            """You cut the value into equal pieces. That is right for uncompressed pixels;
            compressed frames are of different sizes, with items around them.""",
        ),
    ),
)  # fmt: skip

RULE = (cite("PS3.5", "A.4"), cite("PS3.18", "10.4.1.1.6"))
FRAMES = [bytes([0xFF, 0xD8, n]) + bytes([n]) * (40 + 30 * n) + b"\xff\xd9" for n in range(1, 5)]
FRAMES = [frame + b"\0" * (len(frame) % 2) for frame in FRAMES]


def _object(fragments: int, table: bool = True, count: int = 4) -> Dataset:
    ds = Dataset()
    ds.NumberOfFrames = count
    ds.file_meta = Dataset()  # type: ignore[assignment]
    ds.file_meta.TransferSyntaxUID = JPEGBaseline8Bit
    ds.PixelData = encapsulate(FRAMES[:count], fragments_per_frame=fragments, has_bot=table)
    ds["PixelData"].VR = "OB"
    return ds


def _objects() -> list[tuple[str, Dataset]]:
    extended = _object(1)
    pixels, offsets, lengths = encapsulate_extended(FRAMES)
    extended.PixelData = pixels
    extended.ExtendedOffsetTable, extended.ExtendedOffsetTableLengths = offsets, lengths
    single = _object(3, table=False, count=1)
    del single.NumberOfFrames
    return [
        ("one fragment a frame", _object(1)),
        ("an empty offset table", _object(1, table=False)),
        ("three fragments a frame", _object(3)),
        ("one frame in three fragments, without Number of Frames", single),
        ("an extended offset table", extended),
    ]


def check(work: Work) -> Verdict:
    """Ask for frames of objects that are encapsulated in five ways."""
    for name, ds in _objects():
        for number in (1, 3) if ds.get("NumberOfFrames") else (1,):
            wanted = FRAMES[number - 1]
            try:
                got = work.answer(ds, number)
            except Exception as error:  # the learner's own code
                mistake = "counted-from-zero" if isinstance(error, (IndexError, ValueError)) else ""
                return failed(expected=f"{name}, frame {number}: {len(wanted)} bytes",
                              got=f"{type(error).__name__}: {error}", rule=RULE,
                              mistake=mistake)  # fmt: skip
            if got in (None, ...):
                return blank()
            if got == wanted:
                continue
            return failed(expected=f"{name}, frame {number}: {len(wanted)} bytes from FF D8 to "
                                   "FF D9",
                          got=f"{len(got)} bytes" if isinstance(got, bytes) else got, rule=RULE,
                          mistake=_mistake(got, number))  # fmt: skip
    return passed("Whole frames, however the object was put together.", rule=RULE)


def _mistake(got: object, number: int) -> str:
    if not isinstance(got, (bytes, bytearray)):
        return ""
    if number < len(FRAMES) and got == FRAMES[number]:
        return "counted-from-zero"
    if any(frame.startswith(got) or got in frame for frame in FRAMES if got):
        return "fragment-for-frame"
    if bytes(got[:4]) == b"\xfe\xff\x00\xe0" or b"\xfe\xff\x00\xe0" in got:
        return "cut-into-equal-pieces"
    return "offset-table-as-a-frame"
