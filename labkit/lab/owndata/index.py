"""What was brought in: ``own/studies.json`` of the workspace, and a folder for each study."""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from labkit.common.errors import DataError, LabError, UsageError
from labkit.dicom import samples
from labkit.lab.lock import FileLock
from labkit.lab.workspace import Workspace

FORMAT = "labkit-own/1"
REMOVED, KEPT = "removed", "kept"
IMPORTING, COMPLETE = "importing", "complete"
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,40}")


@dataclass(frozen=True)
class OwnEntry:
    """One study of the user's, as the index has it. Holds nothing of the original.

    Attributes
    ----------
    state
        ``"importing"`` until all of it is in the archive and was read back, then ``"complete"``.
    identity
        ``"removed"``, or ``"kept"`` where the user confirmed that.
    profile
        What it was de-identified by.
    node
        Name of the archive of the lab that has it.
    instances, size
        Number of objects, and bytes of their files.
    digest
        SHA-256 over the digests of all objects, in order of their UIDs; empty until complete.
    held, unreadable
        How many objects of the source were not brought in, and were to be looked at or broken.
    """

    name: str
    state: str
    StudyInstanceUID: str
    PatientID: str = ""
    AccessionNumber: str = ""
    modalities: tuple[str, ...] = ()
    identity: str = REMOVED
    profile: str = ""
    node: str = "ARCHIVE"
    instances: int = 0
    size: int = 0
    digest: str = ""
    held: dict[str, int] = field(default_factory=dict)
    unreadable: int = 0

    @property
    def complete(self) -> bool:
        """Whether all of it was brought in and found in the archive."""
        return self.state == COMPLETE


class Index:
    """The studies of one workspace by name.

    Parameters
    ----------
    workspace
        Whose; nothing is written before something is put.
    """

    def __init__(self, workspace: Workspace) -> None:
        self.folder = workspace.root / "own"
        self.path = self.folder / "studies.json"
        self.key = self.folder / "key.json"

    def __iter__(self) -> Iterator[OwnEntry]:
        return iter(self._read().values())

    def get(self, name: str) -> OwnEntry | None:
        """Return one, or ``None``."""
        return self._read().get(name)

    def named(self, name: str) -> OwnEntry:
        """Return one.

        Raises
        ------
        UsageError
            There is none; says which there are.
        """
        found = self._read()
        if name not in found:
            there = f"There is {', '.join(found)}. " if found else "There is none yet. "
            raise UsageError(
                f"No study of your own is called {name!r}.",
                remedy=f"{there}Bring one in: labkit import SOURCE --as {name}",
            )
        return found[name]

    def of_study(self, uid: str) -> OwnEntry | None:
        """Return the one with this Study Instance UID (of the lab, not of the source)."""
        return next((entry for entry in self if entry.StudyInstanceUID == uid), None)

    def put(self, entry: OwnEntry) -> OwnEntry:
        """Write one, in place of what has its name."""
        self._write({**self._read(), entry.name: entry})
        return entry

    def change(self, entry: OwnEntry, **values: Any) -> OwnEntry:
        """Write one with other values."""
        return self.put(replace(entry, **values))

    def remove(self, name: str) -> None:
        """Delete the files of one, and then its line."""
        shutil.rmtree(self.objects(name), ignore_errors=True)
        found = self._read()
        found.pop(name, None)
        self._write(found)

    def objects(self, name: str) -> Path:
        """Return the folder of its Part 10 files, which are named by SOP Instance UID."""
        return self.folder / "objects" / name

    def files(self, name: str) -> list[Path]:
        """Return its files; one that was being written when a run ended is none."""
        return sorted(self.objects(name).glob("[0-9]*.dcm"))

    def prepare(self) -> None:
        """Make the folder, for its owner alone."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self.folder.chmod(0o700)
            (self.folder / ".gitignore").write_text("*\n", encoding="utf-8")
        except OSError as error:
            raise UsageError(
                f"{self.folder} cannot be written: {error.strerror}",
                remedy="Name another workspace: --workspace DIR.",
            ) from error

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Let one import at a time change this."""
        self.prepare()
        lock = FileLock(self.folder / "lock")
        if not lock.acquire(patience=1.0):
            raise LabError(
                "Another import works in this workspace.", remedy="Wait until it has ended."
            )
        try:
            yield
        finally:
            lock.release()

    def _read(self) -> dict[str, OwnEntry]:
        try:
            data = json.loads(self.path.read_text(encoding="utf-8"))
            if data["format"] != FORMAT:
                raise ValueError("another format")
            return {name: _entry(name, value) for name, value in data["studies"].items()}
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise DataError(
                f"{self.path} cannot be read ({error}).",
                remedy="Move the folder it is in away, and import again.",
            ) from error

    def _write(self, entries: dict[str, OwnEntry]) -> None:
        rows = {name: asdict(entry) for name, entry in sorted(entries.items())}
        for row in rows.values():
            row.pop("name")
        text = json.dumps({"format": FORMAT, "studies": rows}, indent=1, ensure_ascii=True) + "\n"
        self.prepare()
        descriptor, part = tempfile.mkstemp(dir=self.folder, prefix=".part-")  # mode 0600
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        Path(part).replace(self.path)


def check_name(name: str) -> str:
    """Return a name that a study may have.

    Raises
    ------
    UsageError
        It is none, or a sample's.
    """
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"{name!r} is no name for a study.",
            remedy="Small letters, digits and hyphens, and no patient's name: --as knee-1",
        )
    if name in {study.slug for study in samples.studies()}:
        raise UsageError(f"{name} is a sample study.", remedy=f"Another name: --as my-{name}")
    return name


def _entry(name: str, value: dict[str, Any]) -> OwnEntry:
    return OwnEntry(**{**value, "name": name, "modalities": tuple(value["modalities"])})
