"""``multipart/related`` (RFC 2387, RFC 2046 5.1), written and read piece by piece.

Python's own parser (`email`) and the known packages want the whole body in memory, or take only
``form-data``: bodies here are studies of gigabytes. So this one is fed with whatever the network
gives, and gives on what it knows to be content.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from labkit.common.errors import DataError

_MOST_HEADERS = 16 * 1024
_REMEDY = "Each part: CRLF, --boundary, CRLF, headers, an empty line, content (RFC 2046 5.1.1)."


class Writer:
    """Writes a body.

    Attributes
    ----------
    boundary
        Made up at random: nothing in the content can be taken for it.
    """

    def __init__(self) -> None:
        self.boundary = secrets.token_hex(16)

    def content_type(self, kind: str) -> str:
        """The header of the whole, for parts of media type `kind`."""
        return f'multipart/related; type="{kind}"; boundary={self.boundary}'

    def part(self, headers: dict[str, str], content: Iterable[bytes]) -> Iterator[bytes]:
        """Write one part."""
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        yield f"\r\n--{self.boundary}\r\n{lines}\r\n".encode()
        yield from content

    def end(self) -> bytes:
        """Write the end of the body."""
        return f"\r\n--{self.boundary}--\r\n".encode()


@dataclass(frozen=True)
class Begin:
    """A part begins, with these headers; names are in lower case."""

    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class End:
    """The part is complete."""


Event = Begin | bytes | End
"""What the parser finds: a part begins, some of its content, it ends."""


class Parser:
    """Reads a body that comes in pieces.

    Parameters
    ----------
    boundary
        From the ``Content-Type`` of the whole.

    Raises
    ------
    DataError
        From `feed` and `close`: the body is not what it should be, or was cut short.
    """

    def __init__(self, boundary: str) -> None:
        if not 1 <= len(boundary) <= 70:
            raise DataError("the body's boundary is missing or too long", remedy=_REMEDY)
        self._mark = f"\r\n--{boundary}".encode("latin-1", "replace")
        # The first boundary may stand at the very beginning, without the line break before it.
        self._rest, self._at = b"\r\n", 0
        self._before = (
            0  # bytes from `_at` on that are no content, though they may be of a boundary
        )
        self._state = "preamble"

    def feed(self, data: bytes) -> Iterator[Event]:
        """Take the next piece; gives what is known by now."""
        self._rest, self._at = self._rest[self._at :] + data, 0
        while True:
            before = self._state, self._at
            yield from self._step()
            if (self._state, self._at) == before:
                return

    def close(self) -> None:
        """Note that no more comes."""
        if self._state != "end":
            raise DataError("the multipart body ends before its last boundary", remedy=_REMEDY)

    def _step(self) -> Iterator[Event]:
        if self._state in ("preamble", "content"):
            yield from self._until_boundary()
        elif self._state == "after boundary":
            self._after_boundary()
        elif self._state == "headers":
            yield from self._headers()
        else:
            self._at = len(self._rest)  # the epilogue has no meaning

    def _until_boundary(self) -> Iterator[Event]:
        found = self._rest.find(self._mark, self._at)
        inside = self._state == "content"
        # What could still be the beginning of a boundary waits for the next piece.
        end = found if found >= 0 else max(len(self._rest) - len(self._mark) + 1, self._at)
        begin = self._at + self._before
        if inside and begin < end:
            yield self._rest[begin:end]
        self._before = max(self._before - (end - self._at), 0)
        self._at = end
        if found >= 0:
            self._at = found + len(self._mark)
            self._state, self._before = "after boundary", 0
            if inside:
                yield End()

    def _after_boundary(self) -> None:
        if len(self._rest) - self._at < 2:
            return
        if self._rest.startswith(b"--", self._at):
            self._state = "end"
            return
        end = self._rest.find(b"\r\n", self._at)
        if end >= 0:
            if self._rest[self._at : end].strip(b" \t"):
                raise DataError("something follows a boundary on its line", remedy=_REMEDY)
            # The break is kept: a part without headers begins with an empty line at once.
            self._at, self._state = end, "headers"
        elif len(self._rest) - self._at > _MOST_HEADERS:
            raise DataError("the line of a boundary does not end", remedy=_REMEDY)

    def _headers(self) -> Iterator[Event]:
        end = self._rest.find(b"\r\n\r\n", self._at)
        if (end if end >= 0 else len(self._rest)) - self._at > _MOST_HEADERS:
            raise DataError("the headers of a part do not end", remedy=_REMEDY)
        if end < 0:
            return
        lines = self._rest[self._at : end].decode("latin-1").split("\r\n")
        # Content may be empty: then the boundary's own line break is the one just read. So it is
        # looked at again, and is no content.
        self._at, self._state, self._before = end + 2, "content", 2
        pairs = (line.partition(":") for line in lines if line.strip())
        yield Begin({name.strip().lower(): value.strip() for name, _, value in pairs})


def parts(boundary: str, body: Iterable[bytes]) -> Iterator[tuple[dict[str, str], bytes]]:
    """Read a body part by part: the headers of each, and its content as a whole.

    Parameters
    ----------
    body
        In pieces, as they come; one part is held at a time.

    Raises
    ------
    DataError
        The body is not what it should be, or was cut short; after the parts before that.
    """
    parser = Parser(boundary)
    headers: dict[str, str] = {}
    held: list[bytes] = []
    for piece in body:
        for event in parser.feed(piece):
            if isinstance(event, Begin):
                headers, held = event.headers, []
            elif isinstance(event, End):
                yield headers, b"".join(held)
            else:
                held.append(event)
    parser.close()
