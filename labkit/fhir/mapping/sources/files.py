"""Files and folders: DICOM files, bare data sets, and DICOM JSON, as they lie there."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from pydicom.dataset import Dataset
from pydicom.uid import MediaStorageDirectoryStorage

from labkit.common.errors import DataError
from labkit.dicom.guarded import read_dataset
from labkit.dicom.reading import PARSE_ERRORS, cut_short, what_instead
from labkit.dicom.unread import unread
from labkit.fhir.mapping.sources.base import Count, Header, Source, study_uid
from labkit.fhir.mapping.sources.dicom_json import dataset_of, objects
from labkit.fhir.mapping.sources.selection import Selection

#: Bytes that are read of a file at once: the header of most is shorter.
_START = 32768


class NotDicom(DataError):
    """A file that is something else, which is no fault of it."""


class FileSource(Source):
    """Files, and all files of folders, in the order of their names.

    A file with ``DICM``, a data set without it (PS3.10 7.1 asks for it, and old exports lack it)
    and DICOM JSON are read; pixels are not. Everything else is counted.

    Parameters
    ----------
    paths
        Files and folders.

    Raises
    ------
    DataError
        One of them does not exist.
    """

    def __init__(
        self, paths: Sequence[str | Path] | str | Path, selection: Selection | None = None
    ) -> None:
        super().__init__(selection)
        self.paths = [Path(p) for p in ([paths] if isinstance(paths, (str, Path)) else paths)]
        for path in self.paths:
            if not path.exists():
                raise DataError(
                    f"there is no {path}", remedy="give a file, or a folder with DICOM files in it"
                )

    def __iter__(self) -> Iterator[Header]:
        for path in self.files():
            for header in self._headers(path):
                if self.done and study_uid(header.ds) in self.done:
                    self.report.add(header.origin, "done before", "its study was done before")
                elif not self.selection.rules_out(header.ds):
                    yield header

    def count(self) -> Count:
        """Count the files; what they are shows when they are read."""
        return Count(files=sum(1 for _ in self.files()))

    def files(self) -> Iterator[Path]:
        """Give the files, whatever is in them, in the order of their names."""
        for path in self.paths:
            if not path.is_dir():
                yield path
                continue
            for folder, folders, names in os.walk(path):
                folders.sort()
                yield from (Path(folder, name) for name in sorted(names))

    def _headers(self, path: Path) -> Iterator[Header]:
        origin = str(path)
        try:
            with path.open("rb", buffering=0) as file:
                start = file.read(_START if self.sparing else 512)
            if is_json(start[:512]):
                yield from self._json(path)
                return
            lean = unread(start, len(start) < _START) if self.sparing else None
            yield Header(read_header(path, start) if lean is None else lean, origin)
        except NotDicom as error:
            kind = "directory" if "DICOMDIR" in error.message else "not DICOM"
            self.report.add(origin, kind, error.message)
        except DataError as error:
            self.report.add(origin, "broken", error.message)
        except OSError as error:
            self.report.add(origin, "broken", f"it cannot be opened: {error.strerror}")

    def _json(self, path: Path) -> Iterator[Header]:
        """Give the members of a file of DICOM JSON; one that is broken does not stop the others."""
        for number, value in enumerate(objects(path), 1):
            origin = f"{path}#{number}"
            try:
                ds = dataset_of(value)
            except DataError as error:
                kind = "not DICOM" if "not DICOM JSON" in error.message else "broken"
                self.report.add(origin, kind, error.message)
                continue
            yield Header(ds, origin)


def is_json(start: bytes) -> bool:
    """Whether a file that starts like this is to be read as DICOM JSON."""
    return start.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"[") and b"DICM" not in start


def read_header(path: Path | BinaryIO, start: bytes) -> Dataset:
    """Read a file up to its pixels.

    Parameters
    ----------
    start
        Its first bytes, 348 at least where it is so long.

    Raises
    ------
    NotDicom
        It is something else, or a DICOMDIR (PS3.3 Annex F), which is an index and no instance.
    DataError
        It is damaged.
    """
    bare = start[128:132] != b"DICM"
    if bare:
        kind, remedy, readable = what_instead(start)
        if not readable:
            raise NotDicom(f"it is {kind}", remedy=remedy)
    try:
        ds = read_dataset(path, stop_before_pixels=True, force=bare)
        cut = cut_short(ds, b"")
        directory = ds.file_meta.get("MediaStorageSOPClassUID") == MediaStorageDirectoryStorage
    except PARSE_ERRORS as error:
        raise DataError(f"it is damaged: {error}", remedy="fetch it again") from error
    if directory:
        raise NotDicom("it is a DICOMDIR: an index, no instance")
    if cut or not len(ds):
        raise DataError(f"it is cut short: {cut or 'no data set'}", remedy="fetch it again")
    return ds
