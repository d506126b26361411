"""The SQLite index: what the archive holds, by patient, study, series and image.

It can be rebuilt from the objects at any time; the objects are the truth. One connection writes,
under a lock; readers have connections of their own and never wait for it (write-ahead logging).
"""

from __future__ import annotations

import sqlite3
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from labkit.pacs import schema
from labkit.pacs.entering import Arrival, Entering, Entry
from labkit.pacs.sqlite_errors import transaction

ENTRY_COLUMNS = (
    "instance.pk, instance.q_SOPInstanceUID, instance.q_SOPClassUID, instance.transfer_syntax, "
    "study.q_StudyInstanceUID, series.q_SeriesInstanceUID, study.q_PatientID, instance.size, "
    "instance.source"
)
ENTRY_TABLES = (
    "instance JOIN series ON instance.series = series.pk JOIN study ON series.study = study.pk"
)


@dataclass(eq=False)
class _Waiting:
    """An object that is to be entered, and what came of it."""

    arrival: Arrival
    entry: Entry | None = None
    error: Exception | None = None


class Index:
    """The tables of `labkit.pacs.schema` in one file.

    Parameters
    ----------
    path
        The database file. One that is damaged, or was made by another version of this program, is
        put aside and an empty one made.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        _put_aside_unless_good(path)
        self.lock = threading.RLock()
        self._entering = Entering()
        self._waiting: deque[_Waiting] = deque()
        self._idle: list[sqlite3.Connection] = []
        self._writer = self._connect()
        if self._writer.execute("PRAGMA user_version").fetchone()[0] == 0:
            self._writer.execute("PRAGMA journal_mode = WAL")
            self._make()

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self.path, isolation_level=None, check_same_thread=False, cached_statements=256
        )
        # A power cut may take the last commits away, but never damages the index; what is missing
        # is entered again from the objects, which were synced before (see `Archive.recover`).
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA busy_timeout = 30000")
        return connection

    def _make(self) -> None:
        with self._transaction() as writer:
            for statement in schema.statements():
                writer.execute(statement)

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self.lock:
            try:
                with transaction(self._writer, "the index"):
                    yield self._writer
            except BaseException:
                self._entering.forget()
                raise

    @contextmanager
    def reader(self) -> Iterator[sqlite3.Connection]:
        """A connection to read with, for the time of one query."""
        try:
            connection = self._idle.pop()
        except IndexError:
            connection = self._connect()
        try:
            yield connection
        finally:
            self._idle.append(connection)

    def close(self) -> None:
        """Close all connections."""
        with self.lock:
            self._writer.close()
            while self._idle:
                self._idle.pop().close()

    def find(self, sop_instance_uid: str) -> Entry | None:
        """The object of this UID."""
        with self.reader() as reader:
            row = reader.execute(
                f"SELECT {ENTRY_COLUMNS} FROM {ENTRY_TABLES} WHERE instance.q_SOPInstanceUID = ?",
                (sop_instance_uid,),
            ).fetchone()
        return Entry(*row) if row else None

    def empty(self) -> bool:
        """Whether there is no object in it."""
        return self._writer.execute("SELECT 1 FROM instance LIMIT 1").fetchone() is None

    def entries(self, after: int = 0) -> list[Entry]:
        """All objects received after number `after`, in the order received."""
        with self.reader() as reader:
            rows = reader.execute(
                f"SELECT {ENTRY_COLUMNS} FROM {ENTRY_TABLES} WHERE instance.pk > ? "
                "ORDER BY instance.pk",
                (after,),
            ).fetchall()
        return [Entry(*row) for row in rows]

    def uids(self) -> list[str]:
        """SOP Instance UIDs of all objects."""
        with self.reader() as reader:
            return [row[0] for row in reader.execute("SELECT q_SOPInstanceUID FROM instance")]

    def add(self, arrival: Arrival) -> Entry:
        """Enter an object that is on the disk. The caller has made sure that its UID is new.

        Whoever gets the lock enters all that wait for it in one transaction: a write may have to
        wait for the file system, which is busy syncing the objects of others.
        """
        mine = _Waiting(arrival)
        self._waiting.append(mine)
        with self.lock:
            if mine.entry is None and mine.error is None:
                self._enter_waiting(mine)
        if mine.entry is None:
            assert mine.error is not None
            raise mine.error
        return mine.entry

    def _enter_waiting(self, mine: _Waiting) -> None:
        batch = [self._waiting.popleft() for _ in range(len(self._waiting))]
        try:
            self._enter(batch)
        except BaseException:  # this thread is told to stop: the others go on
            unfinished = (each for each in batch if each.entry is None and each.error is None)
            self._waiting.extendleft(each for each in unfinished if each is not mine)
            raise

    def _enter(self, batch: Sequence[_Waiting]) -> None:
        """Enter objects; where one of them fails, each in a transaction of its own."""
        try:
            with self._transaction() as writer:
                entries = [self._entering.enter(writer, each.arrival) for each in batch]
        except Exception as error:
            if len(batch) == 1:
                batch[0].error = error
                return
            for each in batch:
                self._enter([each])
            return
        for each, entry in zip(batch, entries, strict=True):
            each.entry = entry

    def add_many(self, arrivals: Iterable[Arrival]) -> None:
        """Enter many in one transaction."""
        with self._transaction() as writer:
            for arrival in arrivals:
                self._entering.enter(writer, arrival)

    def remove(self, sop_instance_uid: str) -> None:
        """Forget an object, and what is then empty above it."""
        with self._transaction() as writer:
            self._entering.forget()
            writer.execute("DELETE FROM instance WHERE q_SOPInstanceUID = ?", (sop_instance_uid,))
            _forget_empty(writer)

    def replace(self, arrivals: Sequence[tuple[int, Arrival]]) -> None:
        """Enter objects anew, each under the number that it has."""
        with self._transaction() as writer:
            self._entering.forget()
            writer.executemany("DELETE FROM instance WHERE pk = ?", [(n,) for n, _ in arrivals])
            _forget_empty(writer)
            for number, arrival in arrivals:
                self._entering.enter(writer, arrival, number)

    def copy_to(self, path: Path) -> None:
        """Write a copy of the whole index."""
        with self.lock, _closing(sqlite3.connect(path)) as target:
            self._writer.backup(target)

    def copy_from(self, path: Path) -> None:
        """Become a copy of another index, in one transaction."""
        with self.lock, _closing(sqlite3.connect(path)) as origin:
            origin.backup(self._writer)
            self._entering.forget()


def _forget_empty(writer: sqlite3.Connection) -> None:
    for level, below in (("series", "instance"), ("study", "series"), ("patient", "study")):
        writer.execute(
            f"DELETE FROM {level} WHERE NOT EXISTS "
            f"(SELECT 1 FROM {below} WHERE {below}.{level} = {level}.pk)"
        )


def _put_aside_unless_good(path: Path) -> None:
    """Rename an index that cannot be used: the objects are the truth, and it is made again."""
    if not path.exists():
        return
    with _closing(sqlite3.connect(path)) as connection:
        try:
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            good = version in (0, schema.VERSION)
        except sqlite3.DatabaseError:
            good = False
    if not good:
        path.replace(path.with_name(path.name + ".damaged"))
        for end in ("-wal", "-shm"):
            path.with_name(path.name + end).unlink(missing_ok=True)


@contextmanager
def _closing(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    try:
        yield connection
    finally:
        connection.close()
