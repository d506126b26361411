"""The object store: one Part 10 file an object, and a power cut loses nothing acknowledged.

An object is written under a name that nobody looks for (``*.part``), synced, renamed, and the
directory synced. So a file with its final name is whole, always; what a crash leaves half-written
is a ``.part`` file, and is deleted at the next start.
"""

from __future__ import annotations

import hashlib
import itertools
import os
import re
import shutil
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import BinaryIO

from labkit.pacs.durable import sync_directory, write_synced

_UID = re.compile(r"[0-9.]{1,64}")
_FOLDERS = tuple("0123456789abcdef")


class ObjectStore:
    """Files named by SOP Instance UID, spread over 16 folders.

    Parameters
    ----------
    root
        The folder; made if it is not there.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._base = os.fspath(root)
        self._numbers = itertools.count()
        root.mkdir(parents=True, exist_ok=True)
        missing = [root / name for name in _FOLDERS if not (root / name).is_dir()]
        for folder in missing:
            folder.mkdir()
        if missing:  # now, so that no object has to wait for a new folder to reach the disk
            sync_directory(root)

    def path(self, sop_instance_uid: str) -> Path:
        """Where an object is, or would be."""
        return Path(self._path(sop_instance_uid))

    def open(self, sop_instance_uid: str) -> BinaryIO:
        """Open an object to be read.

        Raises
        ------
        OSError
            It is not there, or cannot be read.
        """
        return open(self._path(sop_instance_uid), "rb")  # noqa: PTH123 (a Path costs a third)

    def _path(self, sop_instance_uid: str) -> str:
        """Make a file name of a UID.

        A UID comes from the network: one that is not made of digits and dots never becomes a name.
        """
        digest = hashlib.sha256(sop_instance_uid.encode("utf-8", "replace")).hexdigest()
        safe = _UID.fullmatch(sop_instance_uid) and sop_instance_uid.strip(".")
        name = sop_instance_uid if safe else f"x{digest[:40]}"
        return os.path.join(self._base, digest[0], f"{name}.dcm")  # noqa: PTH118 (ten times faster)

    def stage(self, sop_instance_uid: str, parts: Iterable[bytes | memoryview]) -> Path:
        """Write and sync an object's bytes; it cannot be seen yet."""
        folder, _, _ = self._path(sop_instance_uid).rpartition(os.sep)
        part = Path(f"{folder}{os.sep}{os.getpid()}-{next(self._numbers)}.part")
        try:
            write_synced(part, parts)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
        return part

    def publish(self, part: Path, sop_instance_uid: str) -> Path:
        """Give a staged object its name, durably."""
        path = self.path(sop_instance_uid)
        part.replace(path)
        sync_directory(path.parent)
        return path

    def put_many(self, objects: Sequence[tuple[str, Sequence[bytes]]]) -> None:
        """Write (UID, parts) of many objects; durable when this returns.

        As `stage` and `publish`, but the disk is waited for in several threads at once, and each
        directory is synced once.
        """
        with ThreadPoolExecutor(max_workers=8) as pool:
            parts = list(pool.map(lambda each: self.stage(*each), objects))
            for part, (uid, _) in zip(parts, objects, strict=True):
                part.replace(self.path(uid))
            list(pool.map(sync_directory, {part.parent for part in parts}))

    def remove(self, sop_instance_uid: str) -> None:
        """Delete an object; one that is not there is no error."""
        self.path(sop_instance_uid).unlink(missing_ok=True)

    def files(self) -> Iterator[Path]:
        """Every whole object."""
        for folder in _FOLDERS:
            with os.scandir(self.root / folder) as entries:
                names = sorted(entry.name for entry in entries if entry.name.endswith(".dcm"))
            yield from (self.root / folder / name for name in names)

    def clean(self) -> int:
        """Delete what a crash left half-written; the number of files."""
        parts = list(self.root.glob("*/*.part"))
        for part in parts:
            part.unlink(missing_ok=True)
        return len(parts)

    def link_to(self, other: Path) -> None:
        """Copy the store to a new folder, by hard links where the system has them.

        An object is never changed in place, so that a link is as good as a copy.
        """
        copy = ObjectStore(other)
        for path in self.files():
            link_or_copy(path, copy.root / path.parent.name / path.name)

    def return_to(self, other: Path) -> None:
        """Make this store hold what `other` holds, and nothing else."""
        wanted = {path.relative_to(other) for path in other.glob("*/*.dcm")}
        for path in list(self.files()):
            if path.relative_to(self.root) not in wanted:
                path.unlink(missing_ok=True)
        for name in wanted:
            target = self.root / name
            if not target.exists() or target.stat().st_size != (other / name).stat().st_size:
                part = target.with_suffix(".part")
                part.unlink(missing_ok=True)
                link_or_copy(other / name, part)
                part.replace(target)


def link_or_copy(source: Path, target: Path) -> None:
    """Hard link, or copy where the file system has no links or the two are on different ones."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
