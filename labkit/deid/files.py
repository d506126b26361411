"""Files and folders: streaming, atomic, with names that say nothing."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from pydicom.dataset import Dataset

from labkit.common.errors import DataError, LabError, UsageError
from labkit.deid.encoding import part10
from labkit.deid.seams import Outcome
from labkit.dicom.guarded import file_name
from labkit.dicom.reading import PARSE_ERRORS, read

_FULL = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)}

if TYPE_CHECKING:
    from labkit.deid.deidentifier import Deidentifier


def one_file(deidentifier: Deidentifier, source: Path, folder: Path) -> Outcome:
    """De-identify one file into `folder`."""
    outcome = deidentifier.dataset(read(source))
    if outcome.ds is not None:
        outcome.path = written(outcome.ds, folder)
    return outcome


@contextmanager
def writing(place: Path) -> Iterator[None]:
    """Say of `place`, to which the block writes, what the system says of it, and what to do.

    Raises
    ------
    LabError
        The disk is full.
    UsageError
        It cannot be written for another reason.
    """
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise LabError(
                f"The disk is full: {place} could not be written to its end.",
                remedy="Free some space, or name a folder on another disk, and give the same "
                "command again. What is in the folder under its full name is whole.",
            ) from error
        raise UsageError(
            f"{place} cannot be written: {error.strerror}", remedy="Name another folder."
        ) from error


def written(ds: Dataset, folder: Path) -> Path:
    """Write a Part 10 file, named by its SOP Instance UID; whole, or not at all.

    Raises
    ------
    UsageError
        The folder cannot be written, or the data set cannot be encoded, or its UID is none
        (`DataError`).
    LabError
        The disk is full.
    """
    target = folder / file_name(str(ds.get("SOPInstanceUID") or ""))
    with writing(folder):
        try:
            descriptor, name = tempfile.mkstemp(dir=folder, prefix=".part-")
        except FileNotFoundError:
            folder.mkdir(parents=True, exist_ok=True)
            descriptor, name = tempfile.mkstemp(dir=folder, prefix=".part-")
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(part10(ds))
            Path(name).replace(target)
        except BaseException as error:
            Path(name).unlink(missing_ok=True)
            if isinstance(error, PARSE_ERRORS) and not isinstance(error, OSError):
                raise DataError(
                    f"A value of this object cannot be written ({type(error).__name__}).",
                    remedy="Mend the object, or leave it out.",
                ) from error
            raise
    return target


@contextmanager
def report_at(path: Path | None) -> Iterator[IO[str] | None]:
    """Open the report of a run, where one is wanted."""
    if path is None:
        yield None
        return
    with writing(path):
        # A line at a time: what fills the disk is noticed at the file that it is about.
        file = path.open("w", encoding="utf-8", buffering=1)
    try:
        yield file
    finally:
        with writing(path):
            file.close()


def sources(place: Path, *, beside: Path | None = None) -> Iterator[Path]:
    """List the files of a place, in order; hidden ones and those of `beside` left out.

    Raises
    ------
    UsageError
        There is no such place.
    """
    if place.is_file():
        yield place
        return
    if not place.is_dir():
        raise UsageError(f"There is no {place}.", remedy="Name a file or a folder.")
    left_out = beside.resolve() if beside is not None else None
    within: dict[Path, bool] = {}  # folders, since each of them has many files
    for path in sorted(place.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(place).parts)
        if not path.is_file() or hidden:
            continue
        if left_out is not None:
            folder = path.resolve().parent if path.is_symlink() else path.parent
            if folder not in within:
                real = folder.resolve()
                within[folder] = left_out == real or left_out in real.parents
            if within[folder]:
                continue
        yield path


@dataclass
class Summary:
    """What became of a whole run; holds no PHI.

    Attributes
    ----------
    written, held, unreadable, resources
        Numbers of objects, and of FHIR resources written.
    reasons
        Why objects were held → how many.
    unseen
        What may be in the pixels of objects that were written → how many.
    actions
        Action code → how many elements.
    """

    profile: str
    edition: str
    written: int = 0
    held: int = 0
    unreadable: int = 0
    resources: int = 0
    reasons: dict[str, int] = field(default_factory=dict)
    unseen: dict[str, int] = field(default_factory=dict)
    actions: dict[str, int] = field(default_factory=dict)

    @property
    def untouched(self) -> int:
        """How many objects were not written."""
        return self.held + self.unreadable

    def add(self, outcome: Outcome) -> None:
        """Count one outcome."""
        if outcome.held:
            self.held += 1
            for reason in outcome.held:
                self.reasons[reason] = self.reasons.get(reason, 0) + 1
        else:
            self.written += 1
            for reason in outcome.unseen:
                self.unseen[reason] = self.unseen.get(reason, 0) + 1
            for change in outcome.changes:
                self.actions[change.action] = self.actions.get(change.action, 0) + 1

    def merge(self, other: dict[str, Any]) -> None:
        """Add what `to_json` of another one says."""
        for name in ("written", "held", "resources", "unreadable"):
            setattr(self, name, getattr(self, name) + other[name])
        for name in ("reasons", "unseen", "actions"):
            mine: dict[str, int] = getattr(self, name)
            for key, number in other[name].items():
                mine[key] = mine.get(key, 0) + number

    def to_json(self) -> dict[str, Any]:
        """As one JSON value."""
        return {
            "profile": self.profile, "edition": self.edition, "written": self.written,
            "held": self.held, "resources": self.resources, "unreadable": self.unreadable,
            "reasons": dict(sorted(self.reasons.items())),
            "unseen": dict(sorted(self.unseen.items())),
            "actions": dict(sorted(self.actions.items())),
        }  # fmt: skip


def row(number: int, outcome: Outcome) -> dict[str, Any]:
    """Make the line of the report: no value of the object, old or new, but its new UID."""
    made: dict[str, Any] = {"file": number, "held": list(outcome.held)}
    if outcome.ds is not None:
        made["unseen"] = list(outcome.unseen)
        made["SOPInstanceUID"] = str(outcome.ds.SOPInstanceUID)
        made["changes"] = [change._asdict() for change in outcome.changes]
    return made
