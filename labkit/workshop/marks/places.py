"""Temporary folders of a marking; the next one removes what a killed one has left.

A folder is its owner's while the owner holds the lock in it: the operating system gives that back
when a process dies, whatever killed it, and no pid can be mistaken for another's.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from labkit.common.errors import LabError
from labkit.lab.launch import stop_all
from labkit.lab.lock import FileLock
from labkit.lab.workspace import Workspace

PREFIX = "labkit-mark-"
LAB = "lab"
"""Of a place, its workspace; a lab that still runs there is ended before the place goes."""
_LOCK = "owner.lock"


@contextlib.contextmanager
def place() -> Iterator[Path]:
    """Give a new temporary folder, and remove it after."""
    lock = _owned()
    folder = lock.path.parent
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        lock.release()
        shutil.rmtree(folder, ignore_errors=True)  # Windows removes no file that is open


def sweep() -> list[Path]:
    """Remove the places whose owners are dead, and end the labs in them; return which."""
    gone = []
    for folder in sorted(Path(tempfile.gettempdir()).resolve().glob(f"{PREFIX}*")):
        with contextlib.suppress(OSError):
            if _removed(folder):
                gone.append(folder)
    return gone


def _owned() -> FileLock:
    for _ in range(100):
        folder = Path(tempfile.mkdtemp(prefix=PREFIX)).resolve()
        with contextlib.suppress(FileNotFoundError):
            lock = FileLock(folder / _LOCK)
            if lock.acquire() and lock.path.exists():
                return lock
            lock.release()  # a sweep has come between the file and the lock
    raise LabError("No temporary folder could be kept.", remedy="end other markings, and try again")


def _removed(folder: Path) -> bool:
    lock = FileLock(folder / _LOCK)
    if folder.is_symlink() or not _mine(folder) or not lock.path.is_file() or not lock.acquire():
        return False
    try:
        stop_all(Workspace(folder / LAB))
        shutil.rmtree(folder, ignore_errors=True)
    finally:
        lock.release()
    shutil.rmtree(folder, ignore_errors=True)
    return True


def _mine(folder: Path) -> bool:
    return sys.platform == "win32" or folder.lstat().st_uid == os.getuid()
