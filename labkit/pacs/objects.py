"""The object store: one Part 10 file an object, and a power cut loses nothing acknowledged.

An object is written under a name that nobody looks for (``*.part``), synced, renamed, and the
directory synced. So a file with its final name is whole, always; what a crash leaves half-written
is a ``.part`` file, and is deleted at the next start.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import threading
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from labkit.pacs.durable import sync_directory, write_synced

_UID = re.compile(r"[0-9.]{1,64}")


class ObjectStore:
    """Files named by SOP Instance UID, spread over 256 folders.

    Parameters
    ----------
    root
        The folder; made if it is not there.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._folders = {folder.name for folder in root.iterdir() if folder.is_dir()}
        self._count = 0

    def path(self, sop_instance_uid: str) -> Path:
        """Where an object is, or would be.

        A UID comes from the network: one that is not made of digits and dots never becomes a file
        name.
        """
        digest = hashlib.sha256(sop_instance_uid.encode("utf-8", "replace")).hexdigest()
        safe = _UID.fullmatch(sop_instance_uid) and sop_instance_uid.strip(".")
        name = sop_instance_uid if safe else f"x{digest[:40]}"
        return self.root / digest[:2] / f"{name}.dcm"

    def stage(self, sop_instance_uid: str, parts: Iterable[bytes | memoryview]) -> Path:
        """Write and sync an object's bytes; it cannot be seen yet."""
        folder = self.path(sop_instance_uid).parent
        self._ensure(folder)
        with self._lock:
            self._count += 1
            number = self._count
        part = folder / f"{os.getpid()}-{number}.part"
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
        folders = {self.path(uid).parent for uid, _ in objects}
        for folder in folders:
            folder.mkdir(exist_ok=True)
        sync_directory(self.root)
        with self._lock:
            self._folders |= {folder.name for folder in folders}
        with ThreadPoolExecutor(max_workers=8) as pool:
            parts = list(pool.map(lambda each: self.stage(*each), objects))
            for part, (uid, _) in zip(parts, objects, strict=True):
                part.replace(self.path(uid))
            list(pool.map(sync_directory, folders))

    def files(self) -> Iterator[Path]:
        """Every whole object."""
        for folder in sorted(self._folders):
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
        for folder in sorted(self._folders):
            (other / folder).mkdir(parents=True)
        other.mkdir(parents=True, exist_ok=True)
        for path in self.files():
            link_or_copy(path, other / path.parent.name / path.name)

    def return_to(self, other: Path) -> None:
        """Make this store hold what `other` holds, and nothing else."""
        wanted = {path.relative_to(other) for path in other.glob("*/*.dcm")}
        for path in list(self.files()):
            if path.relative_to(self.root) not in wanted:
                path.unlink(missing_ok=True)
        for name in wanted:
            self._ensure(self.root / name.parent)
            target = self.root / name
            if not target.exists() or target.stat().st_size != (other / name).stat().st_size:
                part = target.with_suffix(".part")
                part.unlink(missing_ok=True)
                link_or_copy(other / name, part)
                part.replace(target)

    def _ensure(self, folder: Path) -> None:
        if folder.name in self._folders:
            return
        with self._lock:
            folder.mkdir(exist_ok=True)
            sync_directory(self.root)
            self._folders.add(folder.name)


def link_or_copy(source: Path, target: Path) -> None:
    """Hard link, or copy where the file system has no links or the two are on different ones."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
