"""Façade 7: give on each object as it arrives.

multipart/related, a part for each object, nothing held back.
"""

from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any

from pydicom.dataset import Dataset
from pydicom.filereader import dcmread

from labkit.common import cite
from labkit.common.errors import DataError
from labkit.dicom import sample
from labkit.dicom.reading import PARSE_ERRORS
from labkit.dicomweb.multipart import Begin, End, Parser
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.advanced.nb03_build_a_facade._facade import BODY, IMPORTS

EXERCISE = Exercise(
    given=IMPORTS,
    blank="""
        def body(boundary, objects):
            ...  # give the bytes of the body, piece by piece

        # objects: data sets, each as it arrives; encoded(ds) is one as a Part 10 file
    """,
    answer="body",
    expects=Callable,  # type: ignore[arg-type]
    reference=BODY,
    explanation="""
        A generator that writes a part as soon as it has an object lets the client show the first
        image while the PACS sends the hundredth, and holds one object in memory and not the study.
        Each part is CRLF, two hyphens and the boundary, its headers, an empty line, the Part 10
        file; the end has two hyphens more (RFC 2046 5.1.1, PS3.18 8.6.1). The length is not known
        beforehand, so there is no Content-Length. And the status 200 has been sent: what goes
        wrong from now on can be shown by breaking off alone, without the closing boundary.
    """,
    hints=(
        "A function with yield in it gives its pieces one after the other. When must the first go "
        "out?",
        "for ds in objects: yield the boundary line and the headers, then encoded(ds). Lines end "
        "in CRLF.",
        r'yield f"\r\n--{boundary}\r\nContent-Type: application/dicom\r\n\r\n".encode(); '
        r'yield encoded(ds); after the loop f"\r\n--{boundary}--\r\n".encode()',
    ),
    wrong=(
        Wrong(
            "all-first",
            BODY.replace("for ds in objects:", "for ds in list(objects):"),
            """You waited for the last object before you sent the first. The client sees nothing
            for as long as the PACS takes, and the façade holds the whole study in memory.""",
        ),
        Wrong(
            "no-end",
            BODY.replace('yield f"\\r\\n--{boundary}--\\r\\n".encode()', "return"),
            """You left out the closing boundary. A client cannot tell a whole answer from one
            that broke off.""",
        ),
        Wrong(
            "end-in-any-case",
            """
            def body(boundary, objects):
                try:
                    for ds in objects:
                        head = f"\\r\\n--{boundary}\\r\\nContent-Type: application/dicom"
                        yield f"{head}\\r\\n\\r\\n".encode()
                        yield encoded(ds)
                except LabkitError:
                    pass
                yield f"\\r\\n--{boundary}--\\r\\n".encode()
            """,
            """You closed the body properly when the PACS went away in the middle. The client has
            half a series, a status of 200, and no way to know.""",
        ),
        Wrong(
            "bare-newlines",
            BODY.replace("\\r\\n", "\\n"),
            """Your lines end in LF. A boundary is CRLF, two hyphens and its name; a strict parser
            finds no part.""",
        ),
        Wrong(
            "no-file-meta",
            BODY.replace("yield encoded(ds)", "yield encoded(ds)[132:]"),
            """Your parts have no preamble. application/dicom is a file of PS3.10: 128 bytes, DICM,
            the file meta information, the data set.""",
        ),
    ),
)  # fmt: skip

RULE = (cite("PS3.18", "8.6.1"), cite("RFC 2046", "5.1.1"))
BOUNDARY = "3d6b6a416f9b5"


def _read(data: bytes) -> tuple[list[bytes], str]:
    """Return the parts of a body, and what is wrong with it."""
    parser, parts = Parser(BOUNDARY), []
    try:
        for event in parser.feed(data):
            if isinstance(event, Begin):
                parts.append(b"")
            elif not isinstance(event, End):
                parts[-1] += event
        parser.close()
    except DataError as error:
        return parts, error.message
    return parts, ""


def check(work: Work) -> Verdict:
    """Take the body as a client does, and break it off in the middle."""
    images = [ds for ds in sample("mr-brain").datasets() if ds.Modality == "MR"][:3]
    given: list[Dataset] = []
    early: list[int] = []

    def arriving() -> Iterator[Dataset]:
        for ds in images:
            given.append(ds)
            yield ds

    stream = work.call(BOUNDARY, arriving())
    if stream is None or stream is ...:
        return blank()
    pieces: list[Any] = []
    if isinstance(stream, (bytes, str)) or not hasattr(stream, "__iter__"):
        return failed(expected="a generator of bytes", got=stream, rule=RULE, mistake="")
    for piece in stream:
        if not isinstance(piece, bytes):
            return failed(expected="pieces of bytes", got=piece, rule=RULE)
        pieces.append(piece)
        early.append(len(given))
    if len(given) < len(images):
        return failed(expected="a part for each object", got="not all were taken", rule=RULE)
    if early[0] > 1:
        return failed(expected="the first part before the second object has come",
                      got=f"{early[0]} objects were waited for", rule=RULE,
                      mistake="all-first")  # fmt: skip
    data = b"".join(pieces)
    parts, problem = _read(data)
    if problem or len(parts) != len(images):
        unended = len(parts) == len(images) and f"--{BOUNDARY}--".encode() not in data
        bare = b"\r\n--" not in data
        return failed(expected=f"{len(images)} parts and the closing boundary",
                      got=f"{len(parts)} parts{'; ' * bool(problem)}{problem}", rule=RULE,
                      mistake="no-end" if unended else "bare-newlines" if bare else "")  # fmt: skip
    try:
        uids = [str(dcmread(BytesIO(part)).SOPInstanceUID) for part in parts]
    except PARSE_ERRORS as error:
        preamble = all(part[128:132] == b"DICM" for part in parts)
        return failed(expected="a Part 10 file in each part", got=f"{type(error).__name__}",
                      rule=(cite("PS3.10", "7.1"), *RULE),
                      mistake="" if preamble else "no-file-meta")  # fmt: skip
    if uids != [str(ds.SOPInstanceUID) for ds in images]:
        return failed(expected="the objects in the order in which they came", got="another order",
                      rule=RULE)  # fmt: skip
    return _broken(work, images)


def _broken(work: Work, images: list[Dataset]) -> Verdict:
    def breaking() -> Iterator[Dataset]:
        yield images[0]
        raise DataError("the association was lost")

    data = b""
    try:
        for piece in work.call(BOUNDARY, breaking()):
            data += piece
    except Exception:  # whatever the learner raises, the server breaks the answer off
        pass
    if f"--{BOUNDARY}--".encode() in data:
        return failed(expected="an answer that breaks off when the PACS does",
                      got="a closing boundary", rule=RULE, mistake="end-in-any-case")  # fmt: skip
    return passed("Each object goes out before the next has come; what breaks off has no end.",
                  rule=RULE)  # fmt: skip
