"""The first state of a workspace: made once from the patient stories, gone back to by `reset`."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from labkit.dicom import samples

FORMAT = "labkit-seed/1"


class Keeper(Protocol):
    """What has a state that can be written to a folder and gone back to."""

    def snapshot(self, folder: Path) -> None:
        """Write the state to `folder`."""
        ...

    def restore(self, folder: Path) -> None:
        """Go back to the state in `folder`."""
        ...


class Seed:
    """The first state of one workspace, and where it came from.

    Parameters
    ----------
    folder
        ``seed/`` of the workspace.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._label = folder / "seed.json"

    @property
    def present(self) -> bool:
        """Whether there is a whole one: its label is written last."""
        return self._label.is_file()

    @property
    def current(self) -> bool:
        """Whether it was made from the sample data as they are now."""
        try:
            return bool(json.loads(self._label.read_text(encoding="utf-8")) == _label())
        except (OSError, ValueError):
            return False

    def take(self, keepers: Mapping[str, Keeper]) -> None:
        """Make the present state of `keepers` the first state."""
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir(parents=True)
        for name, keeper in keepers.items():
            keeper.snapshot(self._folder / name)
        self._label.write_text(json.dumps(_label()), encoding="utf-8")

    def go_back(self, keepers: Mapping[str, Keeper]) -> None:
        """Put `keepers` back into the first state."""
        for name, keeper in keepers.items():
            keeper.restore(self._folder / name)


def _label() -> dict[str, str]:
    manifest = (samples.folder() / "manifest.json").read_bytes()
    return {"format": FORMAT, "manifest": hashlib.sha256(manifest).hexdigest()}
