"""Where images wait that would be in the way."""

from __future__ import annotations

import shutil
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from labkit.pacs import Archive


class Shelf:
    """Puts whole studies aside, and brings them back.

    Parameters
    ----------
    folder
        Holds their files, by archive.
    archives
        By name.
    """

    def __init__(self, folder: Path, archives: Mapping[str, Archive]) -> None:
        self._folder, self._archives = folder, archives

    def put_aside(self, studies: Collection[str]) -> None:
        """Take these studies out of every archive; each file is copied before it is deleted."""
        for name, archive in self._archives.items():
            there = [s for s in archive.stored() if s.entry.study_instance_uid in studies]
            for number, stored in enumerate(there):
                target = self._folder / name / f"{number:05d}.dcm"
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(stored.path, target)
                archive.remove(stored.entry.sop_instance_uid)

    def bring_back(self) -> None:
        """Enter what was put aside again."""
        for name, archive in self._archives.items():
            archive.add_files(sorted((self._folder / name).glob("*.dcm")))
        self.clear()

    def clear(self) -> None:
        """Forget it."""
        shutil.rmtree(self._folder, ignore_errors=True)
