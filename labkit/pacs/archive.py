"""The archive: objects on disk, and an index of them that is never ahead of the disk.

The order of one `Archive.add` is what durability rests on: the object is written and synced, named
and its directory synced, entered in the index; only then does the caller answer 0000. The last step
is not synced: what a power cut takes from the index is entered again from the objects.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, Protocol

from pydicom.dataset import Dataset
from pydicom.filereader import dcmread
from pydicom.uid import KeyObjectSelectionDocumentStorage

from labkit.common.errors import LabError
from labkit.pacs.arrivals import Arrivals
from labkit.pacs.corrections import Correction
from labkit.pacs.decisions import Decisions
from labkit.pacs.durable import sync_directory
from labkit.pacs.entering import Arrival, Entry
from labkit.pacs.header import Header, read_header
from labkit.pacs.index import Index
from labkit.pacs.objects import ObjectStore
from labkit.pacs.part10 import FileMeta, file_meta, read_object
from labkit.pacs.recovery import recover
from labkit.pacs.rejections import Rejection, rejection_of
from labkit.pacs.same import same_content

Outcome = Literal["stored", "already stored", "queued", "coerced", "rejected", "dropped"]


@dataclass(frozen=True)
class StoredObject:
    """What the archive holds of one object.

    Attributes
    ----------
    entry
        UIDs, transfer syntax, size and source.
    path
        Its Part 10 file.
    outcome
        ``"already stored"`` if this very object had been received before; ``"queued"`` if a router
        took it; ``"coerced"`` if attributes of it were changed on the way (PS3.4 B.2.3, B000);
        ``"rejected"`` if a rejection note hides it: it is kept, and not seen;
        ``"dropped"`` if a router's rules send it nowhere.
    hides
        Of a rejection note: SOP Instance UIDs of the objects that it has taken out of sight.
    """

    entry: Entry
    path: Path
    outcome: Outcome = "stored"
    hides: tuple[str, ...] = ()

    def dataset(self) -> Dataset:
        """Read it."""
        return dcmread(self.path)


class DuplicateSopInstance(LabError):
    """Another object with this SOP Instance UID is held (status 0111, PS3.7 Annex C)."""


class ObjectSink(Protocol):
    """What a storage SCP puts objects into: an archive, or a router's spool."""

    def add(
        self,
        data: bytes | memoryview,
        *,
        transfer_syntax: str,
        source: str = "",
        header: Header | None = None,
    ) -> StoredObject:
        """Keep an object; on return it is durable."""
        ...


class Archive:
    """A durable store of composite objects with an index.

    Parameters
    ----------
    root
        Its folder: ``objects/`` (Part 10 files, byte for byte as received) and ``index.sqlite``.
        Made if it is not there. What a crash left is put in order: half-written objects are
        deleted, objects that are whole but not in the index are entered.

    Notes
    -----
    One archive object may own a folder at a time; it may be used from many threads.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._arrivals = Arrivals()
        try:
            self.objects = ObjectStore(root / "objects")
            clean = root / "clean"
            was_clean = clean.exists()
            if was_clean:
                clean.unlink()
                sync_directory(root)
            self.index = Index(root / "index.sqlite")
            self.decisions = Decisions(root)
        except OSError as error:
            if isinstance(error.__cause__, sqlite3.Error):
                raise error.__cause__ from None  # whoever starts a lab tells a full disk by it
            raise LabError(
                f"the archive's folder cannot be used ({error.strerror})",
                remedy="Check that the workspace is writable and the disk is not full.",
            ) from error
        if not was_clean or self.index.empty():
            recover(self.objects, self.index, self.decisions.seen)

    def add(
        self,
        data: bytes | memoryview,
        *,
        transfer_syntax: str,
        source: str = "",
        header: Header | None = None,
    ) -> StoredObject:
        """Keep an object. When this returns, it survives a power cut.

        Parameters
        ----------
        data
            The encoded data set as it came off the wire, without File Meta Information.
        transfer_syntax
            What `data` is encoded in.
        source
            Calling AE title, kept as (0002,0016).
        header
            What `read_header` gave for `data`, where the caller has read it already.

        Raises
        ------
        DataError
            `data` is no data set, or lacks one of the UIDs that place it.
        DuplicateSopInstance
            Another object of this SOP Instance UID is held. The first is kept: a UID names one
            object for ever (PS3.5 9), so one of the two senders is wrong, and an archive cannot
            know which. The same object again is no error.
        OSError
            The disk is full or read-only.
        """
        header = header or read_header(data, transfer_syntax)
        uid = header["SOPInstanceUID"]
        with self._arrivals.arriving(uid):
            held = self._held(uid, data, transfer_syntax)
            if held:
                return held
            meta = file_meta(header["SOPClassUID"], uid, transfer_syntax, source)
            part = self.objects.stage(uid, (meta, data))
            path = self.objects.publish(part, uid)
            arrival = Arrival(header, transfer_syntax, len(data), source)
            seen = self.decisions.seen(header)
            if seen is None:
                return StoredObject(arrival.entry(), path, "rejected")
            try:
                entry = self.index.add(replace(arrival, header=seen))
            except OSError:  # it is not answered for: it must not take room, nor come back later
                with suppress(OSError):
                    self.objects.remove(uid)
                raise
        if entry.sop_class_uid == KeyObjectSelectionDocumentStorage:
            note = rejection_of(dcmread(path))
            if note is not None:
                return StoredObject(entry, path, hides=tuple(self.reject(note)))
        return StoredObject(entry, path)

    def correct(self, correction: Correction) -> list[str]:
        """Have a correction hold from now on; the SOP Instance UIDs of the objects it changes."""
        with self._arrivals.shut():
            return self.decisions.correct(correction, self.index, self.objects)

    def reject(self, rejection: Rejection) -> list[str]:
        """Hide what a rejection note names; the SOP Instance UIDs of those seen before."""
        with self._arrivals.shut():
            return self.decisions.reject(rejection, self.index)

    def add_file(self, path: Path, source: str = "") -> StoredObject:
        """Keep the object of a Part 10 file."""
        meta, data = read_object(path)
        return self.add(data, transfer_syntax=meta.transfer_syntax, source=source or meta.source)

    def add_files(self, paths: Iterable[Path]) -> int:
        """Keep the objects of many Part 10 files at once, in the order given; how many were new.

        For filling an archive: a tenth of the time of adding them one by one. A UID that is held
        already is left as it is. When this returns, they survive a power cut.
        """
        objects: dict[str, tuple[Header, FileMeta, bytes]] = {}
        for path in paths:
            meta, data = read_object(path)
            header = read_header(data, meta.transfer_syntax)
            objects.setdefault(header["SOPInstanceUID"], (header, meta, data))
        with self._arrivals.shut():
            new = [each for uid, each in objects.items() if self.index.find(uid) is None]
            self.objects.put_many([_as_stored(*each) for each in new])
            self.index.add_many(Arrival(h, m.transfer_syntax, len(d), m.source) for h, m, d in new)
        return len(new)

    def _held(
        self, uid: str, data: bytes | memoryview, transfer_syntax: str
    ) -> StoredObject | None:
        entry = self.index.find(uid)
        path = self.objects.path(uid)
        if entry is None and not (uid in self.decisions.rejections and path.exists()):
            return None
        meta, stored = read_object(path)
        if not same_content(stored, meta.transfer_syntax, data, transfer_syntax):
            raise DuplicateSopInstance(
                f"another object with SOP Instance UID {uid} is held, and kept",
                remedy="Give the changed object a SOP Instance UID of its own (PS3.5 9).",
            )
        if entry is None:
            again = Arrival(read_header(data, transfer_syntax), transfer_syntax, len(data))
            return StoredObject(again.entry(), path, "rejected")
        return StoredObject(entry, path, "already stored")

    def remove(self, sop_instance_uid: str) -> bool:
        """Delete an object, as an administrator may; whether there was one."""
        with self._arrivals.shut():
            if self.index.find(sop_instance_uid) is None:
                return False
            self.index.remove(sop_instance_uid)
            self.objects.remove(sop_instance_uid)
            return True

    def get(self, sop_instance_uid: str) -> StoredObject | None:
        """The object of this UID, or ``None``."""
        entry = self.index.find(sop_instance_uid)
        return StoredObject(entry, self.objects.path(sop_instance_uid)) if entry else None

    def stored(self, after: int = 0) -> Iterator[StoredObject]:
        """All objects in the order received, from the one after number `after`."""
        for entry in self.index.entries(after):
            yield StoredObject(entry, self.objects.path(entry.sop_instance_uid))

    def rebuild(self) -> None:
        """Make the index again from the objects."""
        with self._arrivals.shut():
            self.index.close()
            for name in ("index.sqlite", "index.sqlite-wal", "index.sqlite-shm"):
                (self.root / name).unlink(missing_ok=True)
            self.index = Index(self.root / "index.sqlite")
            recover(self.objects, self.index, self.decisions.seen)

    def snapshot(self, folder: Path) -> None:
        """Write the whole state to a new folder; an older snapshot there is replaced."""
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        with self._arrivals.shut():
            self.objects.link_to(folder / "objects")
            self.index.copy_to(folder / "index.sqlite")
            self.decisions.copy_to(folder)

    def restore(self, folder: Path) -> None:
        """Go back to a snapshot, while serving.

        Raises
        ------
        LabError
            There is no snapshot in this folder.
        """
        if not (folder / "index.sqlite").exists():
            raise LabError(
                "there is no snapshot to go back to",
                remedy="Make a new workspace: labkit down, delete the workspace, labkit up.",
            )
        with self._arrivals.shut():
            self.objects.return_to(folder / "objects")
            self.index.copy_from(folder / "index.sqlite")
            self.decisions.copy_from(folder)

    def close(self) -> None:
        """Close, and note that all is in order, so that the next start need not look."""
        with self._arrivals.shut():
            self.index.close()
            (self.root / "clean").touch()


def _as_stored(header: Header, meta: FileMeta, data: bytes) -> tuple[str, tuple[bytes, bytes]]:
    uid = header["SOPInstanceUID"]
    head = file_meta(header["SOPClassUID"], uid, meta.transfer_syntax, meta.source)
    return uid, (head, data)


__all__ = ["Archive", "DuplicateSopInstance", "ObjectSink", "Outcome", "StoredObject"]
