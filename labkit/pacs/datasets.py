"""Small data sets kept as Part 10 files in a folder: worklist entries, performed steps."""

from __future__ import annotations

import hashlib
import threading
from io import BytesIO
from pathlib import Path

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.errors import InvalidDicomError
from pydicom.filereader import dcmread
from pydicom.uid import UID, ExplicitVRLittleEndian

from labkit.pacs.durable import replace_synced, sync_directory
from labkit.pacs.part10 import IMPLEMENTATION_CLASS_UID


class DatasetFolder:
    """Data sets by name, one file each; a file that someone else puts there is seen as well.

    Parameters
    ----------
    folder
        Made if it is not there.
    suffix
        Of the file names.
    """

    def __init__(self, folder: Path, suffix: str = ".dcm") -> None:
        self.folder = folder
        self.lock = threading.RLock()
        self._suffix = suffix
        self._read: dict[str, tuple[tuple[int, int], Dataset]] = {}
        folder.mkdir(parents=True, exist_ok=True)

    def path(self, name: str) -> Path:
        """Where a data set is; names come from the network and never become a path as they are."""
        safe = name if name and all(c.isalnum() or c in ".-_" for c in name) else ""
        if not safe.strip(".") or len(safe) > 100:
            safe = hashlib.sha256(name.encode()).hexdigest()[:40]
        return self.folder / f"{safe}{self._suffix}"

    def put(self, name: str, ds: Dataset, sop_class: str, sop_instance: str) -> None:
        """Write a data set, durably; one of the same name is replaced."""
        data = part10(ds, sop_class, sop_instance)
        with self.lock:
            replace_synced(self.path(name), data)

    def get(self, name: str) -> Dataset | None:
        """A data set by name."""
        with self.lock:
            return self._load(self.path(name))

    def remove(self, name: str) -> None:
        """Delete a data set; one that is not there is no error."""
        with self.lock:
            self.path(name).unlink(missing_ok=True)
            sync_directory(self.folder)

    def all(self) -> list[Dataset]:
        """All data sets, in the order of their names. What is no DICOM file is left out."""
        with self.lock:
            paths = sorted(self.folder.glob(f"*{self._suffix}"))
            return [ds for ds in map(self._load, paths) if ds is not None]

    def clear(self) -> None:
        """Delete them all."""
        with self.lock:
            for path in self.folder.glob(f"*{self._suffix}"):
                path.unlink(missing_ok=True)
            self._read.clear()
            sync_directory(self.folder)

    def _load(self, path: Path) -> Dataset | None:
        try:
            status = path.stat()
            stamp = status.st_mtime_ns, status.st_size
            known = self._read.get(path.name)
            if known is None or known[0] != stamp:
                ds = Dataset(dcmread(path))
                ds.decode()
                known = self._read[path.name] = (stamp, ds)
        except (OSError, InvalidDicomError):
            self._read.pop(path.name, None)
            return None
        return known[1]


def part10(ds: Dataset, sop_class: str, sop_instance: str) -> bytes:
    """Encode a data set as a Part 10 file in Explicit VR Little Endian."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = UID(sop_class)
    meta.MediaStorageSOPInstanceUID = UID(sop_instance)
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.ImplementationClassUID = UID(IMPLEMENTATION_CLASS_UID)
    file = BytesIO()
    whole = Dataset(ds)
    whole.file_meta = meta
    whole.save_as(file, enforce_file_format=True)
    return file.getvalue()
