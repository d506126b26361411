"""A router's queue: objects on disk, and who is still to get them, in SQLite.

An object is acknowledged to its sender once it and its place in the queue are on the disk, and
leaves the spool once the destination has acknowledged it. In between the power may fail at any
point.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from labkit.pacs.archive import StoredObject
from labkit.pacs.entering import Entry
from labkit.pacs.header import Header, read_header
from labkit.pacs.objects import ObjectStore
from labkit.pacs.part10 import file_meta
from labkit.pacs.sender import Shipment

_TABLE = """
CREATE TABLE IF NOT EXISTS queue (
  number INTEGER PRIMARY KEY,
  sop_instance TEXT NOT NULL,
  sop_class TEXT NOT NULL,
  transfer_syntax TEXT NOT NULL,
  destination TEXT NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  due REAL NOT NULL DEFAULT 0,
  problem TEXT NOT NULL DEFAULT '',
  UNIQUE (sop_instance, destination)
)
"""


@dataclass(frozen=True)
class Waiting:
    """One object that a destination is still to get.

    Attributes
    ----------
    number
        Grows with each object queued.
    attempts
        How often it was tried.
    due
        When it is to be tried next, seconds since the epoch.
    problem
        Why the last try failed.
    """

    number: int
    sop_instance: str
    sop_class: str
    transfer_syntax: str
    destination: str
    attempts: int
    due: float
    problem: str


class Spool:
    """The queue of a router.

    Parameters
    ----------
    root
        Its folder, made if it is not there.
    destinations
        AE titles that each object is to go to.
    """

    def __init__(self, root: Path, destinations: Sequence[str]) -> None:
        self.destinations = tuple(destinations)
        self.objects = ObjectStore(root / "objects")
        self._lock = threading.RLock()
        self._db = sqlite3.connect(
            root / "queue.sqlite", isolation_level=None, check_same_thread=False
        )
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        self._db.execute(_TABLE)
        self.objects.clean()
        self._forget_unqueued()

    def add(
        self,
        data: bytes | memoryview,
        *,
        transfer_syntax: str,
        source: str = "",
        header: Header | None = None,
    ) -> StoredObject:
        """Keep an object and queue it for every destination; on return both are durable.

        The same UID again replaces what waits: a router passes on what it was sent last.
        """
        header = header or read_header(data, transfer_syntax)
        uid, sop_class = header["SOPInstanceUID"], header["SOPClassUID"]
        part = self.objects.stage(uid, (file_meta(sop_class, uid, transfer_syntax, source), data))
        with self._lock:
            path = self.objects.publish(part, uid)
            self._db.execute("BEGIN IMMEDIATE")
            for destination in self.destinations:
                self._db.execute(
                    "INSERT OR REPLACE INTO queue "
                    "(sop_instance, sop_class, transfer_syntax, destination) VALUES (?, ?, ?, ?)",
                    (uid, sop_class, transfer_syntax, destination),
                )
            self._db.execute("COMMIT")
        entry = Entry(
            0, uid, sop_class, transfer_syntax, header["StudyInstanceUID"],
            header["SeriesInstanceUID"], header["PatientID"], len(data), source,
        )  # fmt: skip
        return StoredObject(entry, path, "queued")

    def waiting(self, destination: str = "", due: float | None = None) -> list[Waiting]:
        """What waits, oldest first: for one destination, and due by a time."""
        with self._lock:
            rows = self._db.execute(
                "SELECT number, sop_instance, sop_class, transfer_syntax, destination, attempts, "
                "due, problem FROM queue WHERE (? = '' OR destination = ?) AND due <= ? "
                "ORDER BY number",
                (destination, destination, 1e18 if due is None else due),
            ).fetchall()
        return [Waiting(*row) for row in rows]

    def shipment(self, item: Waiting) -> Shipment:
        """What to send for an entry of the queue."""
        path = self.objects.path(item.sop_instance)
        return Shipment(item.sop_class, item.sop_instance, item.transfer_syntax, path)

    def done(self, item: Waiting) -> None:
        """The destination has acknowledged it: forget it, unless it has come again meanwhile."""
        with self._lock:
            self._db.execute("DELETE FROM queue WHERE number = ?", (item.number,))
            left = self._db.execute(
                "SELECT 1 FROM queue WHERE sop_instance = ?", (item.sop_instance,)
            ).fetchone()
            if left is None:
                self.objects.remove(item.sop_instance)

    def later(self, item: Waiting, due: float, problem: str) -> None:
        """It could not be sent: try again at `due`."""
        with self._lock:
            self._db.execute(
                "UPDATE queue SET attempts = attempts + 1, due = ?, problem = ? WHERE number = ?",
                (due, problem, item.number),
            )

    def clear(self) -> None:
        """Forget everything that waits."""
        with self._lock:
            self._db.execute("DELETE FROM queue")
            self._forget_unqueued()

    def close(self) -> None:
        """Close the queue."""
        with self._lock:
            self._db.close()

    def _forget_unqueued(self) -> None:
        """Objects with no place in the queue were never acknowledged, or have been sent."""
        rows = self._db.execute("SELECT DISTINCT sop_instance FROM queue").fetchall()
        queued = {self.objects.path(row[0]).name for row in rows}
        for path in list(self.objects.files()):
            if path.name not in queued:
                path.unlink(missing_ok=True)
