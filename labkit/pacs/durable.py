"""Making a file survive a power cut: what "synced to disk" means on each platform.

A file is durable when its bytes *and* the directory entry that names it have reached the disk. The
first is ``fsync`` of the file, the second ``fsync`` of the directory.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path


def sync_file(fd: int) -> None:
    """Force a file's bytes to the disk."""
    if sys.platform == "darwin":
        import fcntl

        # On macOS fsync leaves the bytes in the drive's own cache; F_FULLFSYNC empties that too.
        try:
            fcntl.fcntl(fd, fcntl.F_FULLFSYNC)
        except OSError:  # network and some external file systems do not know it
            os.fsync(fd)
        return
    os.fsync(fd)


def sync_directory(folder: Path) -> None:
    """Force a directory's entries to the disk.

    Windows has no such call: NTFS writes directory changes to its own journal.
    """
    if sys.platform == "win32":
        return
    fd = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def write_synced(path: Path, parts: Iterable[bytes | memoryview]) -> int:
    """Write a new file and sync its bytes; its directory entry is not synced yet.

    Returns
    -------
    int
        The number of bytes written.
    """
    size = 0
    with path.open("xb", buffering=0) as file:
        for part in parts:
            view = memoryview(part)
            while view:
                written = file.write(view)
                size += written
                view = view[written:]
        sync_file(file.fileno())
    return size


def replace_synced(path: Path, data: bytes) -> None:
    """Write `data` to `path` so that a crash leaves either the old file or the new one."""
    part = path.with_name(path.name + ".part")
    part.unlink(missing_ok=True)
    write_synced(part, [data])
    part.replace(path)
    sync_directory(path.parent)
