"""What the person at the terminal sees: lines, a progress bar, and trouble with its remedy."""

from __future__ import annotations

import errno
import os
import sys
import time
from pathlib import Path

_FULL = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)}
_CLOSED = {errno.EROFS, errno.EACCES, errno.EPERM}
_IN_USE = 32  # Windows: ERROR_SHARING_VIOLATION


class Trouble(Exception):
    """Something went wrong that the user can mend.

    Parameters
    ----------
    problem
        What went wrong, one sentence.
    remedy
        What to do next, one sentence.
    """

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(f"{problem}\n  -> {remedy}")


def no_space(where: str) -> Trouble:
    """No room on the disk that holds `where`."""
    return Trouble(
        f"There is no space left on the disk ({where}, or the folder for temporary files).",
        "Free 1 GB and run the same command again.",
    )


def trouble_of(error: OSError, where: str) -> Trouble:
    """Translate an error of the operating system."""
    if error.errno in _FULL:
        return no_space(where)
    if getattr(error, "winerror", None) == _IN_USE:
        return Trouble(
            f"Another program is using {error.filename or where}.",
            "Close the workbook and every terminal or editor that uses .venv, then run again.",
        )
    if error.errno in _CLOSED:
        return Trouble(
            f"This folder cannot be written to: {error.filename or where}.",
            "Copy the whole workbook to a folder of your own and run lab.py there.",
        )
    return Trouble(f"The operating system refused: {error}.", "Mend that and run again.")


def say(text: str = "", end: str = "\n") -> None:
    """Print at once, also into a pipe; a pipe that nobody reads any more changes nothing."""
    try:
        print(text, end=end, flush=True)
    except BrokenPipeError:
        sys.stdout = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 (to the end)


class Progress:
    """One moving line in a terminal; a line at every tenth in a log.

    Parameters
    ----------
    label
        What is being done.
    total
        Number of steps.
    """

    def __init__(self, label: str, total: int) -> None:
        self.label = label
        self.total = max(total, 1)
        self._started = time.monotonic()
        self._tenth = -1
        self._moving = sys.stdout.isatty()

    def show(self, done: int, what: str = "") -> None:
        """Say that `done` of the steps are done, and `what` is next."""
        done = min(done, self.total)
        seconds = time.monotonic() - self._started
        line = f"{self.label} {done}/{self.total} ({seconds:.0f} s) {what}"
        if self._moving:
            filled = 24 * done // self.total
            bar = "#" * filled + "." * (24 - filled)
            say(f"\r[{bar}] {line:<52.52}", end="")
        elif done * 10 // self.total > self._tenth:
            self._tenth = done * 10 // self.total
            say(line.rstrip())

    def close(self) -> None:
        """End the moving line."""
        if self._moving:
            say()
