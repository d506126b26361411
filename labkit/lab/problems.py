"""What the operating system said, in words that name the next step."""

from __future__ import annotations

import errno
import shutil
import sqlite3
from pathlib import Path

from labkit.common.errors import LabError, LabkitError, PortTaken

_FULL = {errno.ENOSPC, errno.EDQUOT} if hasattr(errno, "EDQUOT") else {errno.ENOSPC}
_NOT_OURS = {errno.EACCES, errno.EPERM, errno.EROFS}


_ROOM = 1 << 20
"""Bytes; with less than this free, what SQLite calls an I/O error is a full disk."""


def explained(error: Exception, workspace: Path) -> LabkitError:
    """Turn what went wrong while a lab started or worked into an error with a remedy.

    Parameters
    ----------
    error
        As caught; an error of ours is returned as it is.
    workspace
        The folder of the lab, which the message names.
    """
    if isinstance(error, LabkitError):
        return error
    code = error.errno if isinstance(error, OSError) else None
    if code in _FULL or (isinstance(error, sqlite3.OperationalError) and _full(error, workspace)):
        return LabError(
            f"The disk that holds the workspace {workspace} is full.",
            remedy="Free some space (the lab needs about 100 MB), then try again.",
        )
    if code in _NOT_OURS or (isinstance(error, sqlite3.OperationalError) and "read" in str(error)):
        return LabError(
            f"The workspace {workspace} cannot be written ({error}).",
            remedy="Choose a folder of your own with --workspace DIR or LABKIT_WORKSPACE.",
        )
    if code == errno.EADDRINUSE:
        return PortTaken(
            f"A port that the lab needs is held by another program ({error}).",
            remedy="End that program, or run `labkit down` and `labkit up` to get new ports.",
        )
    if isinstance(error, sqlite3.DatabaseError):
        return LabError(
            f"A database of the workspace {workspace} cannot be read ({error}).",
            remedy="Run `labkit down`, move the folder away and run `labkit up` for a new lab.",
        )
    return LabError(
        f"The lab of {workspace} failed: {type(error).__name__}: {error}",
        remedy=f"Read {workspace / 'logs' / 'lab.log'}. If its files are damaged, use a new folder "
        "with --workspace DIR.",
    )


def _full(error: sqlite3.OperationalError, workspace: Path) -> bool:
    if "full" in str(error):
        return True
    try:
        return "I/O" in str(error) and shutil.disk_usage(workspace).free < _ROOM
    except OSError:
        return False
