"""Where one PDU ends and the next begins in a stream of bytes (PS3.8 9.3.1)."""

from __future__ import annotations

from collections.abc import Callable

from labkit.dimse.trace import KEEP_ASSOCIATE

_HEADER = 6


class PduSplitter:
    """Is fed a stream in pieces of any size, and tells each PDU once it is complete.

    Parameters
    ----------
    seen
        Called with the first bytes of a PDU, as many as a trace may keep, and its whole length.
    """

    def __init__(self, seen: Callable[[bytes, int], None]) -> None:
        self._seen = seen
        self._start = bytearray()
        self._left = 0  # bytes of the present PDU still to come, once its header is there
        self._length = 0
        self.count = 0

    def feed(self, data: bytes) -> None:
        """Take the next bytes."""
        view = memoryview(data)
        while view:
            if not self._length:
                wanted = _HEADER - len(self._start)
                self._start += view[:wanted]
                view = view[wanted:]
                if len(self._start) < _HEADER:
                    return
                self._left = int.from_bytes(self._start[2:6], "big")
                self._length = _HEADER + self._left
            taken = view[: self._left]
            room = KEEP_ASSOCIATE - len(self._start)
            if room > 0:
                self._start += taken[:room]
            self._left -= len(taken)
            view = view[len(taken) :]
            if not self._left:
                self._tell()
        if self._length and not self._left:
            self._tell()

    def _tell(self) -> None:
        if not self._length:
            return
        self.count += 1
        self._seen(bytes(self._start), self._length)
        self._start.clear()
        self._length = self._left = 0
