"""Find where the data set begins.

Preamble, DICM, group 0002 and its length (PS3.10 7.1).
"""

import struct
from collections.abc import Callable
from io import BytesIO

from pydicom import dcmread

from labkit.common import cite
from labkit.dicom import real_file
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed, show
from labkit.exercises.model import AnswerRaised

EXERCISE = Exercise(
    given="""
        import struct
    """,
    blank="""
        def data_set_offset(raw):
            ...  # return the number of bytes in front of the data set of a DICOM file
    """,
    answer="data_set_offset",
    expects=Callable,  # type: ignore[arg-type]
    reference="""
        def data_set_offset(raw):
            (length,) = struct.unpack("<L", raw[140:144])
            return 128 + 4 + 12 + length
    """,
    explanation="""
        128 bytes of preamble, 4 letters, then group 0002. Its first element is (0002,0000), UL,
        with 8 bytes of front and 4 of value, and that value counts the bytes of group 0002 that
        come after it. Group 0002 is Explicit VR Little Endian in every file, so these 16 bytes can
        be read before one knows the transfer syntax of the rest. pydicom's own way is to read on
        until the group is no longer 0002, since some writers get the length wrong.
    """,
    hints=(
        "Print raw[128:160].hex(' '). Which bytes are the letters DICM, and which the "
        "first element?",
        "The first element is (0002,0000) UL: 8 bytes of front, and 4 bytes of value from "
        "offset 140. The value counts what is left of group 0002 after this element.",
        "128 for the preamble, 4 for DICM, 12 for the element (0002,0000) itself, and its value: "
        "struct.unpack('<L', raw[140:144])[0].",
    ),
    wrong=(
        Wrong(
            "forgot-the-preamble",
            """
            def data_set_offset(raw):
                return 12 + struct.unpack("<L", raw[140:144])[0]
            """,
            """You counted from the first element. In front of it are 128 bytes of preamble and the
            four letters DICM.""",
        ),
        Wrong(
            "forgot-the-element-itself",
            """
            def data_set_offset(raw):
                return 132 + struct.unpack("<L", raw[140:144])[0]
            """,
            """You are 12 bytes short. (0002,0000) counts what comes after it, not itself, and it is
            8 bytes of front and 4 of value.""",
        ),
        Wrong(
            "searched-for-group-8",
            """
            def data_set_offset(raw):
                return raw.index(b"\\x08\\x00\\x05\\x00")
            """,
            """You searched for an element that not every data set has. Many files begin with
            (0008,0008) or (0008,0012), and in some these four bytes occur by chance elsewhere.""",
        ),
    ),
)

RULE = cite("PS3.10", "7.1")
STUDIES = ("mr-brain", "cr-chest-prior", "us-heart", "cr-wrist", "ct-no-spacing")
REAL = "CT_small"  # has 08 00 in its file meta, as the length of an AE title
LONG = "a file with a long label"


def check(work: Work) -> Verdict:
    """Try it on files of five studies, on a real one, and on one with a long label."""
    for slug in (*STUDIES, REAL, LONG):
        raw = _file(work, slug)
        (length,) = struct.unpack("<L", raw[140:144])
        wanted = 144 + length
        try:
            got = work.call(raw)
        except AnswerRaised as error:
            return failed(
                expected=f"{wanted}, for {_named(slug)}",
                got=error.message.split(", when called")[0],
                rule=RULE,
                mistake="searched-for-group-8" if "not found" in error.message else "",
            )
        if got in (None, ...):
            return blank(f"Your function returns nothing for {_named(slug)}.")
        if got != wanted:
            names = {
                -1: "searched-for-group-8",  # what find() gives
                wanted - 132: "forgot-the-preamble",
                wanted - 12: "forgot-the-element-itself",
            }
            return failed(
                expected=f"{wanted}, for {_named(slug)}",
                got=show(got),
                rule=RULE,
                mistake=names.get(got, "") if isinstance(got, int) else "",
            )
    return passed("Right for seven files with file meta of different lengths.", rule=RULE)


def _file(work: Work, name: str) -> bytes:
    if name != LONG:
        path = real_file(name) if name == REAL else work.lab.sample(name).files[0]
        return path.read_bytes()
    ds, out = dcmread(real_file(REAL), stop_before_pixels=True), BytesIO()
    ds.file_meta.PrivateInformationCreatorUID = ds.SOPInstanceUID
    ds.file_meta.PrivateInformation = bytes(300)  # its length has two bytes that are not zero
    ds.save_as(out, enforce_file_format=True)
    return out.getvalue()


def _named(name: str) -> str:
    return f"the first file of {name}" if name in STUDIES else name
