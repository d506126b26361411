"""What a product holds, as the lab sees it: a copy of its objects, brought up to date when asked.

The lab, its exercises and its faults look into archives: what is there, since when, byte for byte.
A product answers such questions each in its own way, so one adapter (`Product`) tells what came and
what went, and everything else reads the copy.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from labkit.common.errors import DataError
from labkit.pacs import Archive, DuplicateSopInstance, StoredObject
from labkit.pacs.corrections import Correction


@dataclass(frozen=True)
class Kept:
    """One object in a product.

    Attributes
    ----------
    key
        The product's own name for it and for this content of it.
    number
        Grows with each object received.
    uid
        Its SOP Instance UID, where the product tells it without being asked for the object.
    """

    key: str
    number: int
    uid: str = ""


class Product(Protocol):
    """The administrator's side of a PACS product."""

    def kept(self) -> list[Kept]:
        """Everything that it holds, in the order received."""
        ...

    def read(self, key: str) -> bytes:
        """One object, a Part 10 file."""
        ...

    def remove(self, key: str) -> None:
        """Delete it."""
        ...

    def clear(self) -> None:
        """Delete everything."""
        ...

    def fill(self, files: Iterable[Path]) -> None:
        """Have it take Part 10 files."""
        ...

    def correct(self, correction: Correction) -> None:
        """Change the patient of what it holds, as its administrator can."""
        ...


class Mirror(Archive):
    """An `Archive` that is a copy of what a product holds.

    Parameters
    ----------
    root
        The folder of the copy.
    product
        Whose copy it is.
    """

    def __init__(self, root: Path, product: Product) -> None:
        super().__init__(root)
        self._product = product
        self._known: dict[str, str] = {}  # the product's key to SOP Instance UID
        self._pulling = threading.RLock()

    def pull(self) -> None:
        """Have what the product has now."""
        with self._pulling:
            kept = self._product.kept()
            keys = {item.key for item in kept}
            for key in [key for key in self._known if key not in keys]:
                uid = self._known.pop(key)
                if uid not in self._known.values():
                    super().remove(uid)
            if not self._known:  # a new process: the copy may be old
                for stored in list(super().stored()):
                    super().remove(stored.entry.sop_instance_uid)
            for item in kept:
                if item.key not in self._known:
                    self._known[item.key] = self._take(self._product.read(item.key))

    def _take(self, data: bytes) -> str:
        path = self.root / "arriving.dcm"
        path.write_bytes(data)
        try:
            return super().add_file(path).entry.sop_instance_uid
        except DuplicateSopInstance:  # the product has taken the new content; so do we
            uid = _uid(path)
            super().remove(uid)
            return super().add_file(path).entry.sop_instance_uid
        except DataError:  # products take objects that ours would not; they are there all the same
            return ""
        finally:
            path.unlink(missing_ok=True)

    def stored(self, after: int = 0) -> Iterator[StoredObject]:
        """All objects in the order received, from the one after number `after`."""
        self.pull()
        yield from super().stored(after)

    def get(self, sop_instance_uid: str) -> StoredObject | None:
        """The object of this UID, or ``None``."""
        self.pull()
        return super().get(sop_instance_uid)

    def add_file(self, path: Path, source: str = "") -> StoredObject:
        """Have the product take a Part 10 file."""
        self._product.fill([path])
        self.pull()
        stored = super().get(_uid(path))
        if stored is None:
            raise DataError(f"{path.name} was not taken", remedy="Read the product's log.")
        return stored

    def add_files(self, paths: Iterable[Path]) -> int:
        """Have the product take many; how many were new."""
        with self._pulling:
            self.pull()
            before = len(self._known)
            self._product.fill(paths)
            self.pull()
            return len(self._known) - before

    def held(self, uid: str, data: bytes | memoryview, transfer_syntax: str) -> StoredObject | None:
        """Return the object of this UID if it is the same; ``None`` if there is none.

        Raises
        ------
        DuplicateSopInstance
            It is another.
        """
        self.pull()
        return self._held(uid, data, transfer_syntax)

    def give(self, uid: str, meta: bytes, data: bytes | memoryview) -> StoredObject:
        """Have the product take an object as it came, and read back what it keeps.

        Raises
        ------
        LabError
            The product does not answer, or refuses.
        DataError
            It answered success, and does not have it.
        """
        with self._pulling:
            path = self.root / "passing.dcm"
            try:
                with path.open("wb") as file:
                    file.write(meta)
                    file.write(data)
                self._product.fill([path])
            finally:
                path.unlink(missing_ok=True)
            self.pull()
            stored = super().get(uid)
        if stored is None:
            raise DataError(f"the product does not have {uid}", remedy="Read its log.")
        return stored

    def remove(self, sop_instance_uid: str) -> bool:
        """Delete an object of the product; whether there was one."""
        with self._pulling:
            self.pull()
            keys = [key for key, uid in self._known.items() if uid == sop_instance_uid]
            for key in keys:
                self._product.remove(key)
            self.pull()
            return bool(keys)

    def correct(self, correction: Correction) -> list[str]:
        """Have the product change a patient; the SOP Instance UIDs of the objects that changed."""
        with self._pulling:
            self.pull()
            before = set(self._known)
            self._product.correct(correction)
            self.pull()
            return sorted(uid for key, uid in self._known.items() if key not in before)

    def restore(self, folder: Path) -> None:
        """Have the product hold what a snapshot holds, and nothing else."""
        with self._pulling:
            self._product.clear()
            self._product.fill(sorted((folder / "objects").rglob("*.dcm")))
            super().restore(folder)
            uids = self.index.uids()
            kept = self._product.kept()
            self._known = {}
            if len(kept) != len(uids):
                raise DataError(
                    f"the product has taken {len(kept)} of {len(uids)} objects",
                    remedy="Read its log: `docker compose logs`; then reset again.",
                )
            self._known = {
                item.key: item.uid or _uid_of(self._product.read(item.key)) for item in kept
            }


def _uid(path: Path) -> str:
    return _uid_of(path.read_bytes())


def _uid_of(data: bytes) -> str:
    from io import BytesIO

    from pydicom import dcmread

    ds = dcmread(BytesIO(data), specific_tags=["SOPInstanceUID"], stop_before_pixels=True)
    return str(ds.SOPInstanceUID)
