"""Multipart bodies as servers send them, and some as they should not."""

from __future__ import annotations

from dataclasses import dataclass

B = "b7f-3"
"""The boundary that most of them have."""
PIXELS = b"\x00\x01--b7f-3 is not the end\r\n\x7f\r\n-- b7f-3\r\n\xff\x00" + bytes(range(256))
"""Content with the boundary's text in it, where it is no boundary: no line break before it."""
LINES = b"\r\n\r\nends in line breaks\r\n\r\n"


@dataclass(frozen=True)
class Body:
    """A body, what is in it, and the mistake that it finds out."""

    name: str
    content_type: str
    data: bytes
    parts: tuple[tuple[str, bytes], ...]
    catches: str = ""


def part(content: bytes, kind: str = "application/dicom", boundary: str = B) -> bytes:
    """One part with its boundary; the line break before the next belongs to the next."""
    return f"\r\n--{boundary}\r\nContent-Type: {kind}\r\n\r\n".encode() + content


def end(boundary: str = B) -> bytes:
    """The last boundary."""
    return f"\r\n--{boundary}--\r\n".encode()


def kind_of(boundary: str = B, quoted: bool = False) -> str:
    """The Content-Type of the whole."""
    named = f'"{boundary}"' if quoted else boundary
    return f'multipart/related; type="application/dicom"; boundary={named}'


_D, _O = "application/dicom", "application/octet-stream"
BODIES = (
    Body("two parts", kind_of(), (part(b"one") + part(b"two", _O) + end()).lstrip(b"\r\n"),
         ((_D, b"one"), (_O, b"two"))),
    Body("the boundary's text inside the pixels", kind_of(), part(PIXELS) + end(),
         ((_D, PIXELS),), "split-at-the-text"),
    Body("content that begins and ends in line breaks", kind_of(), part(LINES) + end(),
         ((_D, LINES),), "stripped"),
    Body("a boundary in quotes", kind_of("a b=1", quoted=True),
         part(b"one", boundary="a b=1") + end("a b=1"), ((_D, b"one"),), "quotes-kept"),
    Body("an empty part", kind_of(), part(b"") + part(b"two") + end(), ((_D, b""), (_D, b"two"))),
    Body("something before the first and behind the last boundary", kind_of(),
         b"for people without a multipart reader" + part(b"one") + end() + b"good bye",
         ((_D, b"one"),), "preamble-as-a-part"),
)  # fmt: skip
