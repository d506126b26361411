"""What is on a disc: its DICOMDIR, the files that are there, and what is wrong with both.

A DICOMDIR comes from outside. Its File IDs are looked up below the medium's folder and nowhere
else, without regard to case (what was ``DICOM\\IM001`` on the disc is ``dicom/im001`` once
mounted), and what it says of a file is not believed: the file is read.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from pydicom.dataset import Dataset
from pydicom.errors import InvalidDicomError
from pydicom.uid import MediaStorageDirectoryStorage

from labkit.common.errors import DataError, UsageError
from labkit.dicom.guarded import read_dataset
from labkit.dicom.reading import PARSE_ERRORS
from labkit.exchange.manifests.values import items, text

DICOMDIR = "DICOMDIR"
MOST = 200_000
"""Files on one medium; a disc holds fewer, and a folder that has more is another folder."""


@dataclass(frozen=True)
class MediumProblem:
    """Something that is wrong with a medium.

    Attributes
    ----------
    kind
        ``no DICOMDIR``, ``damaged DICOMDIR``, ``missing`` (named, not there), ``outside`` (names a
        file that is not on the medium), ``unreadable``, ``differs`` (the file is another object
        than the DICOMDIR says), ``duplicate``, ``unlisted`` (there, but not named), ``case``
        (found under another spelling), ``inactive`` (a record that is out of use).
    where
        The File ID, or the path below the medium's folder.
    """

    kind: str
    where: str
    text: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.where}: {self.text}"


@dataclass(frozen=True)
class MediumFile:
    """One DICOM file of a medium.

    Attributes
    ----------
    path
        Where it is on this machine.
    header
        Its data set without pixels, as the file says it.
    listed
        Whether the DICOMDIR names it.
    """

    path: Path
    header: Dataset = field(repr=False, compare=False)
    listed: bool

    @property
    def uid(self) -> str:
        """SOP Instance UID."""
        return text(self.header, "SOPInstanceUID")


@dataclass(frozen=True)
class Medium:
    """A disc, or a folder that was copied from one.

    Attributes
    ----------
    files
        What can be read, each object once.
    problems
        What is wrong, in the order in which it was found.
    """

    folder: Path
    files: tuple[MediumFile, ...]
    problems: tuple[MediumProblem, ...]

    @property
    def studies(self) -> dict[str, tuple[MediumFile, ...]]:
        """The files of each Study Instance UID."""
        found: dict[str, tuple[MediumFile, ...]] = {}
        for file in self.files:
            uid = text(file.header, "StudyInstanceUID")
            found[uid] = (*found.get(uid, ()), file)
        return found

    def __str__(self) -> str:
        return (f"{len(self.files)} objects of {len(self.studies)} studies, "
                f"{len(self.problems)} problems")  # fmt: skip


def read_medium(folder: str | Path) -> Medium:
    """Read what is on a medium (PS3.10 8; IHE PDI).

    Files that the DICOMDIR does not name are read too: a disc with half a DICOMDIR is common, and
    what is left out silently is missed by nobody until it is needed.

    Raises
    ------
    UsageError
        There is no such folder, or more is in it than a disc holds.
    """
    return _Reading(Path(folder)).medium()


class _Reading:
    def __init__(self, folder: Path) -> None:
        if not folder.is_dir():
            raise UsageError(f"There is no folder {folder}.",
                             remedy="Give the folder that the disc is mounted at.")  # fmt: skip
        self.root = folder.resolve()
        self.problems: list[MediumProblem] = []
        self.files: dict[str, MediumFile] = {}
        self.done: set[Path] = set()

    def medium(self) -> Medium:
        every = sorted(self.all_files())
        spelt: dict[str, list[Path]] = {}
        for path in every:
            spelt.setdefault(self.name(path).casefold(), []).append(path)
        directory = spelt.get(DICOMDIR.casefold(), [])
        if directory:
            self.by_directory(directory[0], spelt)
        else:
            self.problem("no DICOMDIR", DICOMDIR, "every file is looked at")
        for path in every:
            if path not in self.done and self.name(path).casefold() != DICOMDIR.casefold():
                self.unlisted(path, bool(directory))
        return Medium(self.root, tuple(self.files.values()), tuple(self.problems))

    def all_files(self) -> Iterator[Path]:
        """Yield all files below; a link that leads out of the medium is not one of it."""
        count = 0
        for place, folders, names in os.walk(self.root, followlinks=False):
            folders[:] = [f for f in folders if not (Path(place) / f).is_symlink()]
            for name in names:
                path = Path(place) / name
                if path.is_symlink() and not path.resolve().is_relative_to(self.root):
                    self.problem("outside", self.name(path), "a link that leads off the medium")
                    continue
                count += 1
                if count > MOST:
                    raise UsageError(f"{self.root} has more than {MOST} files: that is no disc.",
                                     remedy="Give the folder of one medium.")  # fmt: skip
                yield path

    def by_directory(self, directory: Path, spelt: dict[str, list[Path]]) -> None:
        """Go through the records one by one.

        `pydicom.fileset.FileSet` follows their offsets: it refuses the whole medium for one bad
        File ID, leaves missing files out and does not end where offsets go round in a circle.
        """
        try:
            ds = read_dataset(directory)
            kind = text(ds.file_meta, "MediaStorageSOPClassUID")
            records = list(items(ds, "DirectoryRecordSequence"))
        except (*PARSE_ERRORS, InvalidDicomError) as error:
            self.problem("damaged DICOMDIR", DICOMDIR, f"{error}; every file is looked at")
            return
        if kind != MediaStorageDirectoryStorage or not records:
            self.problem("damaged DICOMDIR", DICOMDIR, "it has no records; every file is looked at")
            return
        for record in records:
            parts = [part.strip() for part in text(record, "ReferencedFileID").split("\\")]
            if any(parts):
                self.record(record, parts, spelt)

    def record(self, record: Dataset, parts: list[str], spelt: dict[str, list[Path]]) -> None:
        file_id = "\\".join(parts)
        if any(part in ("", ".", "..") or "/" in part or ":" in part for part in parts):
            self.problem("outside", file_id, "is no name below the medium's folder: not followed")
            return
        if raw_flag(record) == 0:  # (0004,1410), PS3.3 F.3.2.2
            self.problem("inactive", file_id, "the record is out of use")
        paths = spelt.get("/".join(parts).casefold()) or spelt.get("/".join(parts).casefold() + ".")
        if not paths:
            self.problem("missing", file_id, "named in the DICOMDIR, not on the medium")
            return
        exact = [path for path in paths if self.name(path) == "/".join(parts)]
        path = (exact or paths)[0]
        if not exact:
            self.problem("case", file_id, f"is {self.name(path)} here")
        found = self.read(path, listed=True)
        said = text(record, "ReferencedSOPInstanceUIDInFile")
        if found is not None and said and said != found.uid:
            self.problem("differs", file_id, f"is {found.uid}; the DICOMDIR says {said}")

    def unlisted(self, path: Path, directory: bool) -> None:
        found = self.read(path, listed=False, quiet=True)
        if found is not None and found.path == path and directory:
            self.problem("unlisted", self.name(path), "an object that the DICOMDIR does not name")

    def read(self, path: Path, *, listed: bool, quiet: bool = False) -> MediumFile | None:
        """Read a header; what is no DICOM file (a viewer, a leaflet) is passed over where quiet."""
        if path in self.done:
            return next((f for f in self.files.values() if f.path == path), None)
        self.done.add(path)
        try:
            header = read_dataset(path, stop_before_pixels=True)
        except InvalidDicomError:
            if not quiet:
                self.problem("unreadable", self.name(path), "is no DICOM file")
            return None
        except PARSE_ERRORS as error:
            self.problem("unreadable", self.name(path), str(error))
            return None
        file = MediumFile(path, header, listed)
        if not file.uid or not text(header, "StudyInstanceUID"):
            if not quiet or len(header):
                self.problem("unreadable", self.name(path), "has no SOP or Study Instance UID")
            return None
        if file.uid in self.files:
            self.problem("duplicate", self.name(path), f"is {file.uid} again")
            return self.files[file.uid]
        self.files[file.uid] = file
        return file

    def name(self, path: Path) -> str:
        return path.relative_to(self.root).as_posix()

    def problem(self, kind: str, where: str, words: str) -> None:
        self.problems.append(MediumProblem(kind, where, words))


def raw_flag(record: Dataset) -> int | None:
    """Return Record In-use Flag (0004,1410), ``None`` where it is not said."""
    flag = text(record, "RecordInUseFlag")
    return int(flag) if flag.isdigit() else None


def whole(file: MediumFile) -> Dataset:
    """Read a file of a medium with its pixels.

    Raises
    ------
    DataError
        It has become unreadable since, or is damaged behind the header.
    """
    try:
        return read_dataset(file.path)
    except (*PARSE_ERRORS, InvalidDicomError) as error:
        raise DataError(f"{file.path.name} cannot be read: {error}",
                        remedy="Clean the disc, or ask for another.") from error  # fmt: skip
