"""Build the body of a STOW request by hand.

A device without a DICOM library can still store: bytes, headers, and rules for both.
"""

from collections.abc import Callable
from email.message import Message

from labkit.common import cite
from labkit.common.errors import DataError
from labkit.dicomweb import multipart
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed

_REFERENCE = """
    import secrets

    def store_body(files):
        boundary = secrets.token_hex(16)
        body = b"".join(
            b"--" + boundary.encode() + b"\\r\\nContent-Type: application/dicom\\r\\n\\r\\n"
            + file + b"\\r\\n"
            for file in files
        ) + b"--" + boundary.encode() + b"--\\r\\n"
        return f'multipart/related; type="application/dicom"; boundary={boundary}', body
"""

EXERCISE = Exercise(
    blank="""
        import secrets

        def store_body(files):
            ...  # (the Content-Type of the request, the body) for Part 10 files as bytes
    """,
    answer="store_body",
    expects=Callable,  # type: ignore[arg-type]
    reference=_REFERENCE,
    explanation="""
        The Content-Type of the whole needs type, which says what the parts are, and the boundary
        (PS3.18 8.7.3.5.1). Each part has a Content-Type of its own and an empty line, lines end in
        CRLF, and the last boundary has two hyphens behind it (8.6.1.2.1). The boundary must not
        occur in the content: 128 random bits do not, a word that you like does one day. The slash
        in application/dicom is why type is in quotes (RFC 2045 5.1).
    """,
    hints=(
        "For each file: --boundary, a header Content-Type, an empty line, the bytes, a line break. "
        "At the very end --boundary--.",
        "Line breaks are \\r\\n, in bytes. The boundary has to be a new one for each request; "
        "secrets.token_hex(16) makes one.",
        "The header is f'multipart/related; type=\"application/dicom\"; boundary={boundary}'.",
    ),
    wrong=(
        Wrong(
            "no-type",
            _REFERENCE.replace(' type="application/dicom";', ""),
            """You left out type. This server guesses that you mean DICOM; Orthanc answers 415, and
            the standard demands it (PS3.18 8.7.3.5.1).""",
        ),
        Wrong(
            "form-data",
            _REFERENCE.replace("multipart/related", "multipart/form-data"),
            """You sent a form. files= of requests and curl -F make multipart/form-data, which is
            for web pages; DICOMweb has multipart/related.""",
        ),
        Wrong(
            "line-feeds-only",
            _REFERENCE.replace("\\r\\n", "\\n"),
            """Your lines end in LF. They have to end in CRLF; this server answers 400, and Orthanc
            200 with nothing stored.""",
        ),
        Wrong(
            "no-last-boundary",
            _REFERENCE.replace(' + b"--" + boundary.encode() + b"--\\r\\n"', ""),
            """Your body has no last boundary. To the server the connection was cut; this one
            answers 400, and Orthanc 200 with nothing stored.""",
        ),
        Wrong(
            "always-the-same-boundary",
            _REFERENCE.replace("secrets.token_hex(16)", '"DICOMBOUNDARY"'),
            """Your boundary is the same in each request. One day it is in a file: a stored HTTP
            message, a test object, an attack. Make a new one each time.""",
        ),
        Wrong(
            "no-part-headers",
            _REFERENCE.replace("\\r\\nContent-Type: application/dicom\\r\\n\\r\\n",
                               "\\r\\n"),
            """Your parts have no header and no empty line. A reader takes the file up to its first
            empty line for headers: a Part 10 file begins with 128 zero bytes, and is gone.""",
        ),
    ),
)  # fmt: skip

RULE = (cite("PS3.18", "8.6.1.2.1"), cite("PS3.18", "8.7.3.5.1"))


def check(work: Work) -> Verdict:
    """Read what it builds, with files that could be mistaken for something else."""
    awkward = b"\0" * 128 + b"DICM" + b"\r\n\r\n--\r\n\xff\r\n"
    plain = b"\0" * 128 + b"DICM" + bytes(range(256))
    files = [awkward, plain]
    made = work.call(list(files))
    if made in (None, ...):
        return blank()
    ok = isinstance(made, tuple) and len(made) == 2 and isinstance(made[1], (bytes, bytearray))
    if not ok:
        return failed(expected="(Content-Type, body as bytes)", got=made, rule=RULE)
    said, body = str(made[0]), bytes(made[1])
    message = Message()
    message["content-type"] = said
    name, boundary = message.get_content_type(), str(message.get_param("boundary") or "")
    if name != "multipart/related":
        form = "form-data" in name
        return failed(expected='multipart/related; type="application/dicom"; boundary=…', got=said,
                      rule=RULE, mistake="form-data" if form else "")  # fmt: skip
    if message.get_param("type") != "application/dicom":
        return failed(expected='type="application/dicom" in the Content-Type',
                      got=f"{name}; type={message.get_param('type')}", rule=RULE,
                      mistake="" if message.get_param("type") else "no-type")  # fmt: skip
    try:
        parts = list(multipart.parts(boundary, [body]))
    except DataError as error:
        bare = b"\r\n--" + boundary.encode() not in body[2:] and boundary.encode() in body
        cut = f"--{boundary}--".encode() not in body
        headless = not cut and b"ontent-" not in body
        mistake = ("no-part-headers" if headless else "no-last-boundary" if cut
                   else "line-feeds-only" if bare or b"dicom\n" in body else "")  # fmt: skip
        return failed(expected="a body that can be read to its end", got=error.message, rule=RULE,
                      mistake=mistake)  # fmt: skip
    contents = [content for _, content in parts]
    kinds = [headers.get("content-type", "") for headers, _ in parts]
    if contents != files or any(not kind.startswith("application/dicom") for kind in kinds):
        bare = b"ontent-" not in body
        return failed(expected=f"two parts, application/dicom, of {[len(f) for f in files]} bytes",
                      got=f"{len(parts)} parts, {kinds}, of {[len(c) for c in contents]} bytes",
                      rule=RULE, mistake="no-part-headers" if bare else "")  # fmt: skip
    other = Message()
    other["content-type"] = str(work.call(list(files))[0])
    if other.get_param("boundary") == boundary:
        return failed(expected="a new boundary for each request", got=f"{boundary} twice",
                      rule=RULE, mistake="always-the-same-boundary")  # fmt: skip
    return passed("Two files, in parts that every server can tell apart.", rule=RULE)
