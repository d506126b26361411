"""Cut the image out of the message, byte for byte.

MTOM sends a document as a part of the HTTP body: no base64, and nothing that may be trimmed.
"""

from collections.abc import Callable
from typing import Any

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.advanced.nb16_xca_across_communities._cells import GIVEN, said

_RIGHT = """
    import re

    def documents(content_type, data):
        boundary = re.search('boundary="?([^";]+)', content_type)[1].encode()
        parts = (b"\\r\\n" + data).split(b"\\r\\n--" + boundary)[1:-1]
        cut = [part.split(b"\\r\\n\\r\\n", 1) for part in parts]
        return [body for head, body in cut if b"application/xop+xml" not in head]
"""

EXERCISE = Exercise(
    given=GIVEN,
    blank="""
        import re

        def documents(content_type, data):
            ...  # the bytes of each part but the envelope, in their order

        # multipart/related; boundary="…": parts stand between lines of --boundary
    """,
    answer="documents",
    expects=Callable,  # type: ignore[arg-type]
    reference=_RIGHT,
    explanation="""
        A part begins after the empty line behind its headers and ends before the CR LF that belongs
        to the next boundary (RFC 2046 5.1.1). Between the two, all bytes are the document's: an
        image may end with spaces, line feeds and zeros, and may have an empty line within. The
        envelope is the part that start names, of type application/xop+xml (RFC 2387, XOP 1.0).
    """,
    hints=(
        "Get the boundary out of the Content-Type; it may stand in quotes.",
        "Split the body at CR LF, two hyphens and the boundary; leave first and last piece.",
        "part.split(b'\\r\\n\\r\\n', 1) gives headers and body. Leave out xop+xml.",
    ),
    wrong=(
        Wrong(
            "trimmed",
            _RIGHT.replace("[body for", "[body.strip() for"),
            """You trimmed the parts. An image may end with white space or zeros: the digest is
            another, and some decoders miss the last line.""",
        ),
        Wrong(
            "envelope-too",
            _RIGHT.replace(' if b"application/xop+xml" not in head', ""),
            """The envelope is among them: the first part is the SOAP message itself.""",
        ),
        Wrong(
            "headers-too",
            _RIGHT.replace("[body for", "[head + body for"),
            """The MIME headers are still on your documents: a DICOM file begins with 128 bytes and
            DICM.""",
        ),
        Wrong(
            "every-empty-line",
            _RIGHT.replace(', 1) for part', ') for part').replace(
                "[body for head, body in cut if", "[rest[0] for head, *rest in cut if"),
            """You split at every empty line. Bytes of an image may look like one, and it is cut
            there.""",
        ),
    ),
)  # fmt: skip

RULE = cite("RFC 2046", "5.1.1")
_FIRST, _SECOND = b"\0 DICM \r\n\r\n of bytes \x00\r\n", b"-- \n\x00"
_TYPE = 'multipart/related; type="application/xop+xml"; boundary="cut-here"; start="<a>"'
_HEAD = b"\r\nContent-Type: application/dicom\r\nContent-ID: <%d@x>\r\n\r\n"
_MADE_UP = b"".join((
    b"--cut-here\r\nContent-Type: application/xop+xml\r\nContent-ID: <a>\r\n\r\n<Envelope/>",
    b"\r\n--cut-here", _HEAD % 1, _FIRST, b"\r\n--cut-here", _HEAD % 2, _SECOND,
    b"\r\n--cut-here--\r\n",
))  # fmt: skip


def check(work: Work) -> Verdict:
    """Cut a message with nasty bytes, and the newest that Lakeside has sent."""
    got = work.call(_TYPE, _MADE_UP)
    if got is None or got is ...:
        return blank()
    got = _parts(got)
    if got is None:
        return failed(expected="a list of bytes", got="something else", rule=RULE)
    if got != [_FIRST, _SECOND]:
        mistake = ""
        if got == [_FIRST.strip(), _SECOND.strip()]:
            mistake = "trimmed"
        elif len(got) == 3:
            mistake = "envelope-too"
        elif any(b"Content-Type" in part for part in got):
            mistake = "headers-too"
        elif got and _FIRST.startswith(got[0]):
            mistake = "every-empty-line"
        sizes = ", ".join(str(len(part)) for part in got)
        return failed(expected=f"two documents of {len(_FIRST)} and {len(_SECOND)} bytes",
                      got=f"{len(got)} of {sizes} bytes", rule=RULE, mistake=mistake)  # fmt: skip
    answers = said(work, "ITI-39")
    if answers:
        message = answers[-1].exchanged
        real = _parts(work.call(message.content_type, message.data)) or []
        document: Any = work.namespace["document"]
        if real != [document.data]:
            return failed(expected="the manifest of the prior out of ITI-39",
                          got=f"{len(real)} other parts", rule=RULE)  # fmt: skip
    return passed("Each document is what was sent, to the last byte.", rule=RULE)


def _parts(got: Any) -> list[bytes] | None:
    """A list of bytes, whatever holds them; None if it is none."""
    if isinstance(got, (bytes, str, dict)) or not hasattr(got, "__iter__"):
        return None
    parts = list(got)
    return parts if all(isinstance(part, bytes) for part in parts) else None
