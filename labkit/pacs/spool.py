"""A router's queue: objects on disk, and who is still to get them, in SQLite.

An object is acknowledged to its sender once it and its place in the queue are on the disk, and
leaves the spool once the destination has acknowledged it. In between the power may fail at any
point.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from labkit.pacs.archive import StoredObject
from labkit.pacs.entering import Entry
from labkit.pacs.header import Header, read_header
from labkit.pacs.manner import Manner
from labkit.pacs.objects import ObjectStore
from labkit.pacs.part10 import file_meta
from labkit.pacs.sender import Shipment
from labkit.pacs.sqlite_errors import transaction, written

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
  manner TEXT NOT NULL DEFAULT '',
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
    manner
        How it is to go out.
    """

    number: int
    sop_instance: str
    sop_class: str
    transfer_syntax: str
    destination: str
    attempts: int
    due: float
    problem: str
    manner: Manner


class Spool:
    """The queue of a router.

    Parameters
    ----------
    root
        Its folder, made if it is not there.
    destinations
        AE titles that each object is to go to, where nothing else is said of it.
    system
        Who changes attributes on the way: Modifying System (0400,0563).
    """

    def __init__(self, root: Path, destinations: Sequence[str], system: str = "ROUTER") -> None:
        self.destinations = tuple(destinations)
        self._system = system
        self.objects = ObjectStore(root / "objects")
        self._lock = threading.RLock()
        self._db = sqlite3.connect(
            root / "queue.sqlite", isolation_level=None, check_same_thread=False
        )
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        self._db.execute(_TABLE)
        if "manner" not in {row[1] for row in self._db.execute("PRAGMA table_info(queue)")}:
            self._db.execute("ALTER TABLE queue ADD COLUMN manner TEXT NOT NULL DEFAULT ''")
        self.objects.clean()
        self._forget_unqueued()

    def add(
        self,
        data: bytes | memoryview,
        *,
        transfer_syntax: str,
        source: str = "",
        header: Header | None = None,
        routes: Mapping[str, Manner] | None = None,
    ) -> StoredObject:
        """Keep an object and queue it for its destinations; on return both are durable.

        The same UID again replaces what waits: a router passes on what it was sent last.

        Parameters
        ----------
        routes
            Destination to manner; ``None`` for every destination, as it is.
        """
        routes = dict.fromkeys(self.destinations, Manner()) if routes is None else routes
        header = header or read_header(data, transfer_syntax)
        uid, sop_class = header["SOPInstanceUID"], header["SOPClassUID"]
        part = self.objects.stage(uid, (file_meta(sop_class, uid, transfer_syntax, source), data))
        with self._lock:
            path = self.objects.publish(part, uid)
            with transaction(self._db, "the queue"):
                for destination, manner in routes.items():
                    self._db.execute(
                        "INSERT OR REPLACE INTO queue "
                        "(sop_instance, sop_class, transfer_syntax, destination, manner) "
                        "VALUES (?, ?, ?, ?, ?)",
                        (uid, sop_class, transfer_syntax, destination, manner.to_json()),
                    )
        entry = Entry(
            0, uid, sop_class, transfer_syntax, header["StudyInstanceUID"],
            header["SeriesInstanceUID"], header["PatientID"], len(data), source,
        )  # fmt: skip
        return StoredObject(entry, path, "queued")

    def waiting(
        self, destination: str = "", due: float | None = None, horizon: float = 1e18
    ) -> list[Waiting]:
        """What waits, for one destination and due by a time; what was tried least comes first.

        So an object that a destination chokes on does not keep back those behind it. What is due
        more than `horizon` seconds after `due` counts too: the clock was put back since.
        """
        with self._lock:
            rows = self._db.execute(
                "SELECT number, sop_instance, sop_class, transfer_syntax, destination, attempts, "
                "due, problem, manner FROM queue WHERE (? = '' OR destination = ?) "
                "AND (due <= ? OR due > ?) ORDER BY attempts, number",
                (
                    destination,
                    destination,
                    *((1e18, 1e18) if due is None else (due, due + horizon)),
                ),
            ).fetchall()
        return [Waiting(*(*row[:-1], Manner.from_json(row[-1]))) for row in rows]

    def shipment(self, item: Waiting) -> Shipment:
        """What to send for an entry of the queue."""
        path = self.objects.path(item.sop_instance)
        syntax = item.manner.transfer_syntax or item.transfer_syntax
        encoded = partial(item.manner.encoded, system=self._system)
        return Shipment(item.sop_class, item.sop_instance, syntax, path, encoded)

    def done(self, item: Waiting) -> None:
        """The destination has acknowledged it: forget it, unless it has come again meanwhile."""
        with self._lock, written("the queue"):
            self._db.execute("DELETE FROM queue WHERE number = ?", (item.number,))
            left = self._db.execute(
                "SELECT 1 FROM queue WHERE sop_instance = ?", (item.sop_instance,)
            ).fetchone()
            if left is None:
                self.objects.remove(item.sop_instance)

    def later(self, item: Waiting, due: float, problem: str, *, tried: bool = True) -> None:
        """It could not be sent, or its turn did not come: try again at `due`."""
        with self._lock, written("the queue"):
            self._db.execute(
                "UPDATE queue SET attempts = attempts + ?, due = ?, problem = ? WHERE number = ?",
                (int(tried), due, problem, item.number),
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
