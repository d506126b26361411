"""Disks that a test may fill, make read-only and take away: small tmpfs mounts."""

from __future__ import annotations

import errno
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

PIECE = 1 << 16


class Disk:
    """A file system of its own.

    Parameters
    ----------
    path
        Where it is mounted.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._filler = path / "filler"

    def fill(self, left: int = 0) -> None:
        """Take all its room but `left` bytes."""
        with self._filler.open("ab", buffering=0) as file:
            for size in (PIECE, 4096, 1):
                try:
                    while True:
                        file.write(bytes(size))
                except OSError as error:
                    assert error.errno == errno.ENOSPC
            if left:
                file.truncate(max(0, file.tell() - left))

    def empty(self) -> None:
        """Give the room back."""
        self._filler.unlink()

    @contextmanager
    def frozen(self, folder: Path) -> Iterator[None]:
        """Have a folder read-only for everybody, as a disk is after an error of its hardware."""
        _run("mount", "--bind", str(folder), str(folder))
        try:
            _run("mount", "-o", "remount,bind,ro", str(folder))
            yield
        finally:
            _run("umount", "-l", str(folder))


@contextmanager
def small_disk(path: Path, megabytes: int) -> Iterator[Disk]:
    """Mount a disk of this size, or skip the test where this machine does not let us."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0 or not Path("/bin/mount").exists():
        pytest.skip("making a small disk needs the superuser and mount")
    path.mkdir(parents=True)
    made = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(path)]
    if subprocess.run(made, capture_output=True, check=False).returncode:
        pytest.skip("this machine does not let us mount a disk")
    try:
        yield Disk(path)
    finally:
        _run("umount", "-l", str(path))


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)
