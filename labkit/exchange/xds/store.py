"""Where a registry keeps what it knows: one SQLite file, in which a commit is on the disk.

An object is kept as its ebXML, as it was registered; what changes later (its status) and what it
is looked up by stand beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

from labkit.common.durable import Durable, Wording
from labkit.common.scope import Closes
from labkit.exchange.soap import xml
from labkit.exchange.xds.ebxml_read import read_objects
from labkit.exchange.xds.ebxml_write import write_object
from labkit.exchange.xds.model import (
    Association,
    Described,
    DocumentEntry,
    Folder,
    RegistryObject,
    SubmissionSet,
)
from labkit.exchange.xds.names import NSMAP, rim

_SCHEMA = """
CREATE TABLE IF NOT EXISTS patients (cx TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS objects (
    position INTEGER PRIMARY KEY AUTOINCREMENT, uuid TEXT NOT NULL UNIQUE, kind TEXT NOT NULL,
    patient TEXT NOT NULL, unique_id TEXT NOT NULL, status TEXT NOT NULL, ebxml BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS by_patient ON objects (patient, kind);
CREATE INDEX IF NOT EXISTS by_unique_id ON objects (unique_id);
CREATE TABLE IF NOT EXISTS associations (
    position INTEGER PRIMARY KEY AUTOINCREMENT, uuid TEXT NOT NULL UNIQUE, type TEXT NOT NULL,
    source TEXT NOT NULL, target TEXT NOT NULL, status TEXT NOT NULL, ebxml BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS by_source ON associations (source);
CREATE INDEX IF NOT EXISTS by_target ON associations (target);
"""
_WORDING = Wording(
    "the registry's file",
    unopened="See that nobody else has it open, and that the folder can be written.",
    unwritten="Make room on the disk, or name a folder that can be written; then submit it again.",
)
_MANY = 500  # SQLite takes a limited number of arguments in one statement


class RegistryStore(Closes):
    """Objects, associations and patients of one registry; several threads may use it.

    Parameters
    ----------
    folder
        Made if it is not there.
    """

    def __init__(self, folder: Path) -> None:
        self._file = Durable(folder / "registry.sqlite", [_SCHEMA], _WORDING)

    def close(self) -> None:
        """Give the file back."""
        self._file.close()

    def whole(self) -> AbstractContextManager[None]:
        """Do something whole, or not at all: an error inside takes all of it back."""
        return self._file.transaction()

    def admit(self, cx: str) -> None:
        """Know a patient."""
        with self.whole():
            self._file.db.execute("INSERT OR IGNORE INTO patients VALUES (?)", (cx,))

    def knows(self, cx: str) -> bool:
        """Whether a patient is known."""
        return bool(self._file.query("SELECT 1 FROM patients WHERE cx = ?", [cx]))

    def add(self, what: RegistryObject) -> None:
        """Keep an object; it has its entryUUID."""
        written = _written(what)
        with self.whole():
            if isinstance(what, Association):
                self._file.db.execute(
                    "INSERT INTO associations (uuid, type, source, target, status, ebxml)"
                    " VALUES (?, ?, ?, ?, ?, ?)",
                    (
                        what.entryUUID,
                        what.type,
                        what.sourceObject,
                        what.targetObject,
                        what.availabilityStatus,
                        written,
                    ),
                )
                return
            self._file.db.execute(
                "INSERT INTO objects (uuid, kind, patient, unique_id, status, ebxml)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (
                    what.entryUUID,
                    type(what).__name__,
                    what.patientId.cx,
                    what.uniqueId,
                    what.availabilityStatus,
                    written,
                ),
            )

    def change(self, what: Described) -> None:
        """Keep an object anew, under its entryUUID."""
        with self.whole():
            self._file.db.execute(
                "UPDATE objects SET ebxml = ? WHERE uuid = ?", (_written(what), what.entryUUID)
            )

    def set_status(self, uuids: Iterable[str], status: str) -> None:
        """Change the availabilityStatus of objects."""
        with self.whole():
            self._file.db.executemany(
                "UPDATE objects SET status = ? WHERE uuid = ?", [(status, each) for each in uuids]
            )

    def of_patient(
        self, kind: type[RegistryObject], cx: str, statuses: Sequence[str]
    ) -> list[RegistryObject]:
        """Return a patient's objects of a kind, in the order of their registration."""
        marks = ", ".join("?" * len(statuses))
        return self._objects(
            f"WHERE patient = ? AND kind = ? AND status IN ({marks})",
            [cx, kind.__name__, *statuses],
        )

    def objects(
        self, uuids: Iterable[str] = (), unique_ids: Iterable[str] = ()
    ) -> list[RegistryObject]:
        """Return the objects that are no associations, by entryUUID or uniqueId."""
        found: list[RegistryObject] = []
        for column, wanted in (("uuid", list(uuids)), ("unique_id", list(unique_ids))):
            for at in range(0, len(wanted), _MANY):
                some = wanted[at : at + _MANY]
                found += self._objects(f"WHERE {column} IN ({', '.join('?' * len(some))})", some)
        return found

    def entries(
        self, uuids: Iterable[str] = (), unique_ids: Iterable[str] = ()
    ) -> list[DocumentEntry]:
        """Return documents, by entryUUID or uniqueId."""
        found = self.objects(uuids, unique_ids)
        return [each for each in found if isinstance(each, DocumentEntry)]

    def sets(
        self, uuids: Iterable[str] = (), unique_ids: Iterable[str] = ()
    ) -> list[SubmissionSet]:
        """Return submission sets, by entryUUID or uniqueId."""
        found = self.objects(uuids, unique_ids)
        return [each for each in found if isinstance(each, SubmissionSet)]

    def folders(self, uuids: Iterable[str] = (), unique_ids: Iterable[str] = ()) -> list[Folder]:
        """Return folders, by entryUUID or uniqueId."""
        return [each for each in self.objects(uuids, unique_ids) if isinstance(each, Folder)]

    def associations(
        self,
        *,
        sources: Iterable[str] = (),
        targets: Iterable[str] = (),
        uuids: Iterable[str] = (),
    ) -> list[Association]:
        """Return the associations of these sources, and those of these targets, each once."""
        found: dict[int, Association] = {}
        for column, wanted in (
            ("source", list(sources)),
            ("target", list(targets)),
            ("uuid", list(uuids)),
        ):
            for at in range(0, len(wanted), _MANY):
                some = wanted[at : at + _MANY]
                rows = self._file.query(
                    "SELECT position, ebxml, status FROM associations "
                    f"WHERE {column} IN ({', '.join('?' * len(some))})",
                    some,
                )
                for position, ebxml, status in rows:
                    read = _read(ebxml, status)
                    assert isinstance(read, Association)
                    found[position] = read
        return [found[position] for position in sorted(found)]

    def count(self) -> dict[str, int]:
        """Return how many objects of each kind there are."""
        rows = self._file.query("SELECT kind, COUNT(*) FROM objects GROUP BY kind")
        [(ties,)] = self._file.query("SELECT COUNT(*) FROM associations")
        return {**dict(rows), "Association": ties}

    def _objects(self, where: str, arguments: Sequence[str]) -> list[RegistryObject]:
        rows = self._file.query(
            f"SELECT ebxml, status FROM objects {where} ORDER BY position", arguments
        )
        return [_read(ebxml, status) for ebxml, status in rows]


def _written(what: RegistryObject) -> bytes:
    holder = xml.make(rim("RegistryObjectList"), NSMAP)
    write_object(holder, what)
    return xml.to_bytes(holder)


def _read(ebxml: bytes, status: str) -> RegistryObject:
    found, _ = read_objects(xml.parse(ebxml))
    return replace(found[0], availabilityStatus=status)
