"""How far, how fast, how long still: a line on a terminal, now and then one in a log."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TextIO


class Progress:
    """Says how far the work is.

    Parameters
    ----------
    stream
        Where to; a terminal has its line written over, anything else gets one a minute.
    clock
        Seconds, from any beginning.
    """

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream, self._clock = stream, clock
        self._live = stream.isatty()
        self._pause = 0.5 if self._live else 60.0
        self._wide = 0
        self.begin("", 0)

    def begin(self, what: str, total: int, done: int = 0) -> None:
        """Begin something of `total` pieces, of which `done` were done before."""
        self._what, self.total, self.done, self._before = what, total, done, done
        self._began = self._told = self._clock()

    def step(self, count: int = 1) -> None:
        """Count pieces that are done now."""
        self.done += count
        self.tell()

    def tell(self, note: str = "") -> None:
        """Say where we are, if it is time to."""
        now = self._clock()
        if now - self._told < self._pause:
            return
        self._told = now
        text = self.line() + (f"; {note}" if note else "")
        if self._live:
            self._stream.write("\r" + text.ljust(self._wide))
            self._wide = len(text)
        else:
            self._stream.write(text + "\n")
        self._stream.flush()

    def line(self) -> str:
        """Say it in words: ``120 of 4000 studies, 3.1/s, 21 min left``."""
        text = f"{self.done} of {self.total} {self._what}"
        seconds, here = self._clock() - self._began, self.done - self._before
        if not here or seconds <= 0:
            return text
        rate = here / seconds
        return f"{text}, {rate:.3g}/s, {_long((self.total - self.done) / rate)} left"

    def clear(self) -> None:
        """Take the line off the terminal, so that something else can be written."""
        if self._live and self._wide:
            self._stream.write("\r" + " " * self._wide + "\r")
            self._wide = 0


def _long(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
