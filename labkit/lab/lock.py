"""A lock that the operating system gives back when its holder dies, whatever killed it.

A file that merely exists says nothing after a ``kill -9``; a locked file does. Whoever holds the
lock is the lab of the workspace, and the pid written in it is the holder's while it is held.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

if sys.platform == "win32":
    import msvcrt

    # Windows refuses other programs even to read a locked range: lock a byte far behind the text.
    _FAR = 1 << 30

    def _try_lock(descriptor: int) -> bool:
        os.lseek(descriptor, _FAR, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
else:
    import fcntl

    def _try_lock(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except (BlockingIOError, PermissionError):
            return False
        return True


class FileLock:
    """One holder at a time, over all processes of this machine.

    Parameters
    ----------
    path
        The file to lock; made if it is not there, left in place afterwards.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor: int | None = None

    def acquire(self, *, patience: float = 0.0) -> bool:
        """Take the lock and write our pid into its file; False if it stays taken.

        `patience` is how long to go on trying, in seconds: `held` takes the lock for an instant to
        find out, so whoever means to hold it should not give up at the first refusal.
        """
        deadline = time.monotonic() + patience
        while True:
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
            if _try_lock(descriptor):
                break
            os.close(descriptor)
            if time.monotonic() >= deadline:
                return False
            time.sleep(0.02)
        try:
            os.lseek(descriptor, 0, os.SEEK_SET)
            os.write(descriptor, f"{os.getpid():<20d}".encode("ascii"))
        except OSError:  # the disk is full: a lock that nobody can give back would stay
            os.close(descriptor)
            raise
        self._descriptor = descriptor
        return True

    def release(self) -> None:
        """Give the lock back: closing the file is what releases it."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def in_place(self) -> bool:
        """Whether the file we hold is still the one at its path: neither deleted nor replaced."""
        if self._descriptor is None:
            return False
        try:
            return os.path.samestat(os.fstat(self._descriptor), self.path.stat())
        except OSError:
            return False

    def held(self) -> bool:
        """Whether anyone holds the lock now, ourselves included."""
        if self._descriptor is not None:
            return True
        try:
            descriptor = os.open(self.path, os.O_RDWR)
        except FileNotFoundError:
            return False
        try:
            return not _try_lock(descriptor)
        finally:
            os.close(descriptor)

    def holder(self) -> int | None:
        """Return the pid of the process that holds the lock, or ``None`` when nobody does."""
        if not self.held():
            return None
        try:
            return int(self.path.read_text(encoding="ascii"))
        except ValueError:
            return None
