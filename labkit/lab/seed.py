"""The first state of a workspace: made from the patient stories, gone back to by `reset`."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, Protocol

import labkit
from labkit.dicom import samples
from labkit.fhir import FhirStore
from labkit.lab import stories
from labkit.lab.nodes import FHIR
from labkit.pacs import Archive

FORMAT = "labkit-seed/3"


class Keeper(Protocol):
    """What has a state that can be put back."""

    def restore(self, folder: Path) -> None:
        """Go back to the state in `folder`."""
        ...


class Seed:
    """The first state of one workspace, a folder for each archive and one for FHIR.

    It is made in stores of its own, so that it never holds anything that a learner did.

    Parameters
    ----------
    folder
        ``seed/`` of the workspace.
    archives
        The nodes that have an archive.
    more
        Gives what the FHIR server holds besides the patients.
    """

    def __init__(
        self,
        folder: Path,
        archives: Iterable[str],
        more: Callable[[], Iterable[dict[str, Any]]] = tuple,
    ) -> None:
        self._folder = folder
        self._more = more
        self._archives = tuple(archives)
        self._label = folder / "seed.json"

    @property
    def current(self) -> bool:
        """Whether there is one, made by this labkit from the sample data as they are now."""
        try:
            return bool(json.loads(self._label.read_text(encoding="utf-8")) == _label())
        except (OSError, ValueError):
            return False

    def make(self) -> None:
        """Make it; the label is written last, so that one cut short does not count."""
        shutil.rmtree(self._folder, ignore_errors=True)
        draft = self._folder / "draft"
        studies = samples.studies()
        for name in self._archives:
            held = [study.files for study in studies if name in study.preloaded_in]
            with closing(Archive(draft / name)) as archive:
                archive.add_files(path for files in held for path in files)
                archive.snapshot(self._folder / name)
        with closing(FhirStore(draft / "fhir.sqlite")) as store:
            with store.transaction():
                for resource in (*stories.patients(samples.patients()), *self._more()):
                    store.put(resource)
            (self._folder / FHIR).mkdir()
            store.backup(self._folder / FHIR / "fhir.sqlite")
        shutil.rmtree(draft)
        self._label.write_text(json.dumps(_label()), encoding="utf-8")

    def go_back(self, keepers: Mapping[str, Keeper]) -> None:
        """Put `keepers` into the first state; it is made first where it is missing or old."""
        if not self.current:
            self.make()
        for name, keeper in keepers.items():
            keeper.restore(self._folder / name)


def _label() -> dict[str, str]:
    manifest = (samples.folder() / "manifest.json").read_bytes()
    return {
        "format": FORMAT,
        "labkit": labkit.__version__,
        "manifest": hashlib.sha256(manifest).hexdigest(),
    }
