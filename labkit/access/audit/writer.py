"""One process at a time writes to a trail: two chains in one file would be none."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from labkit.common.errors import LabError


class FolderLock:
    """Holds a folder until `release`, or until the process ends, however it ends.

    Raises
    ------
    LabError
        Another process holds it.
    """

    def __init__(self, folder: Path) -> None:
        self._fd = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            if sys.platform == "win32":
                import msvcrt

                msvcrt.locking(self._fd, msvcrt.LK_NBLCK, 1)
            else:
                import fcntl

                fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._fd)
            raise LabError(
                "Another process writes to this audit trail.",
                remedy="Stop it, or read with TrailReader, which needs no lock.",
            ) from error

    def release(self) -> None:
        """Let others write."""
        os.close(self._fd)
