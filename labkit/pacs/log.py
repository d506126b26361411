"""The event log of a node: one line an event, for a person to read.

::

    2026-01-15T08:00:00.123+00:00 ARCHIVE WARNING LEARNER#3 association rejected: …

A log names UIDs and AE titles, not patients.
"""

from __future__ import annotations

import errno
import threading
from collections import deque
from collections.abc import Callable
from datetime import datetime, timezone
from io import FileIO
from pathlib import Path

from labkit.common.wording import counted

LIMIT = 8 << 20  # bytes; then the log is moved to <name>.1, and begun again
_MAX_TEXT = 1000


def now() -> datetime:
    """The time of day, with its zone."""
    return datetime.now(timezone.utc)


class EventLog:
    """Appends lines to a text file; may be used from many threads.

    Parameters
    ----------
    path
        The file, or ``None`` to keep nothing.
    clock
        Gives the time of day.
    """

    def __init__(self, path: Path | None, clock: Callable[[], datetime] = now) -> None:
        self.path = path
        self._clock = clock
        self._lock = threading.Lock()
        self._file: FileIO | None = None
        self._size = 0  # bytes in the file, as long as it is open
        self._waiting: deque[str] = deque()
        self._missing = 0  # lines that the disk did not take
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)

    def write(self, level: str, node: str, who: str, text: str) -> None:
        """Add a line.

        Parameters
        ----------
        level
            ``"INFO"``, ``"WARNING"`` or ``"ERROR"``.
        node
            The node's name.
        who
            Calling AE title and number of the association (``LEARNER#3``), or ``"-"``.
        text
            What happened and, if it failed, why.

        Notes
        -----
        A disk that takes no line changes nothing for the peer whose request it is about. The first
        line that can be written again says how many are missing.
        """
        if self.path is None:
            return
        time = self._clock().isoformat("T", "milliseconds")
        line = f"{time} {node} {level} {_printable(who)} {_printable(text)}\n"
        self._waiting.append(line)
        with self._lock:
            # Whoever gets the lock writes what all others are waiting to write, in one go.
            lines = [self._waiting.popleft() for _ in range(len(self._waiting))]
            try:
                if self._missing and lines:
                    some = f"{counted(self._missing, 'line')} could not be written before this one"
                    self._put(f"{time} {node} ERROR - {some}\n")
                    self._missing = 0
                if lines:
                    self._put("".join(lines))
            except OSError:
                self._missing += len(lines)

    def _put(self, line: str) -> None:
        """Append a line, or some, whole, or nothing of it."""
        assert self.path is not None
        if self._file is None:
            self._file = self.path.open("ab", buffering=0)
            self._size = self._file.tell()
        data = line.encode()
        if self._file.write(data) != len(data):  # the disk was full in the middle of it
            self._file.truncate(self._size)
            raise OSError(errno.ENOSPC, "the log is not written to the end")
        self._size += len(data)
        if self._size > LIMIT:
            self._close()
            self.path.replace(self.path.with_name(self.path.name + ".1"))

    def lines(self) -> list[str]:
        """All lines, without line ends."""
        if self.path is None or not self.path.exists():
            return []
        return self.path.read_text(encoding="utf-8").splitlines()

    def close(self) -> None:
        """Close the file; the next line opens it again."""
        with self._lock:
            self._close()

    def _close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._close()
            if self.path is not None:
                self.path.unlink(missing_ok=True)


def _printable(text: str) -> str:
    """What a peer sends must not forge a line: everything unprintable is shown as an escape."""
    if not text.isprintable():
        text = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    return text if len(text) <= _MAX_TEXT else text[:_MAX_TEXT] + "…"
