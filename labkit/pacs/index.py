"""The SQLite index: what the archive holds, by patient, study, series and image.

It can be rebuilt from the objects at any time; the objects are the truth. One connection writes,
under a lock; readers have connections of their own and never wait for it (write-ahead logging).
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from labkit.pacs import schema
from labkit.pacs.header import Header
from labkit.pacs.keys import Key, Level, keys_at
from labkit.pacs.matching.normal import forms


@dataclass(frozen=True)
class Entry:
    """One object as the index knows it.

    Attributes
    ----------
    number
        Grows with each object received.
    size
        Bytes of the encoded data set.
    source
        Calling AE title it came from.
    """

    number: int
    sop_instance_uid: str
    sop_class_uid: str
    transfer_syntax: str
    study_instance_uid: str
    series_instance_uid: str
    patient_id: str
    size: int
    source: str


ENTRY_COLUMNS = (
    "instance.pk, instance.q_SOPInstanceUID, instance.q_SOPClassUID, instance.transfer_syntax, "
    "study.q_StudyInstanceUID, series.q_SeriesInstanceUID, study.q_PatientID, instance.size, "
    "instance.source"
)
ENTRY_TABLES = (
    "instance JOIN series ON instance.series = series.pk JOIN study ON series.study = study.pk"
)


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
        self._idle: list[sqlite3.Connection] = []
        self._writer = self._connect()
        if self._writer.execute("PRAGMA user_version").fetchone()[0] == 0:
            self._writer.execute("PRAGMA journal_mode = WAL")
            self._make()

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self.path, isolation_level=None, check_same_thread=False, cached_statements=256
        )
        connection.execute("PRAGMA synchronous = FULL")  # a commit is on disk when it returns
        connection.execute("PRAGMA fullfsync = ON")  # macOS; ignored elsewhere
        connection.execute("PRAGMA busy_timeout = 30000")
        return connection

    def _make(self) -> None:
        with self._transaction() as writer:
            for statement in schema.statements():
                writer.execute(statement)

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self.lock:
            self._writer.execute("BEGIN IMMEDIATE")
            try:
                yield self._writer
            except BaseException:
                self._writer.execute("ROLLBACK")
                raise
            self._writer.execute("COMMIT")

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

    def add(self, header: Header, transfer_syntax: str, size: int, source: str) -> Entry:
        """Enter an object, durably. The caller has made sure that its UID is new."""
        with self._transaction() as writer:
            return _enter(writer, header, transfer_syntax, size, source)

    def add_many(self, objects: list[tuple[Header, str, int, str]]) -> None:
        """Enter many in one transaction."""
        with self._transaction() as writer:
            for each in objects:
                _enter(writer, *each)

    def remove(self, sop_instance_uid: str) -> None:
        """Forget an object, and what is then empty above it."""
        with self._transaction() as writer:
            writer.execute("DELETE FROM instance WHERE q_SOPInstanceUID = ?", (sop_instance_uid,))
            for level, below in (("series", "instance"), ("study", "series"), ("patient", "study")):
                writer.execute(
                    f"DELETE FROM {level} WHERE NOT EXISTS "
                    f"(SELECT 1 FROM {below} WHERE {below}.{level} = {level}.pk)"
                )

    def copy_to(self, path: Path) -> None:
        """Write a copy of the whole index."""
        with self.lock, _closing(sqlite3.connect(path)) as target:
            self._writer.backup(target)

    def copy_from(self, path: Path) -> None:
        """Become a copy of another index, in one transaction."""
        with self.lock, _closing(sqlite3.connect(path)) as origin:
            origin.backup(self._writer)


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


def _enter(
    writer: sqlite3.Connection, header: Header, transfer_syntax: str, size: int, source: str
) -> Entry:
    study_uid, series_uid = header["StudyInstanceUID"], header["SeriesInstanceUID"]
    patient_id = header["PatientID"]
    identity = f"{header['IssuerOfPatientID']}\\{patient_id}" if patient_id else f"\\\\{study_uid}"
    patient = _upsert(writer, Level.PATIENT, {"identity": identity}, header)
    study = _upsert(
        writer, Level.STUDY, {"q_StudyInstanceUID": study_uid, "patient": patient}, header
    )
    series = _upsert(
        writer, Level.SERIES, {"q_SeriesInstanceUID": series_uid, "study": study}, header
    )
    own = {"series": series, "transfer_syntax": transfer_syntax, "size": size, "source": source}
    number = _insert(writer, Level.IMAGE, own, header)
    return Entry(
        number, header["SOPInstanceUID"], header["SOPClassUID"], transfer_syntax, study_uid,
        series_uid, patient_id, size, source,
    )  # fmt: skip


def _upsert(
    writer: sqlite3.Connection, level: Level, place: Mapping[str, object], header: Header
) -> int:
    """Find or make an entity. What its first object did not say, a later one fills in."""
    table = schema.TABLE[level]
    where = " AND ".join(f"{column} = ?" for column in place)
    row = writer.execute(
        f"SELECT pk, attributes FROM {table} WHERE {where}", tuple(place.values())
    ).fetchone()
    if row is None:
        return _insert(writer, level, place, header)
    pk = int(row[0])
    known: dict[str, str] = json.loads(row[1])
    new = {
        key: header[key.keyword]
        for key in keys_at(level)
        if header[key.keyword] and not known.get(key.keyword)
    }
    if new:
        known |= {key.keyword: value for key, value in new.items()}
        columns = {c: v for key, value in new.items() for c, v in _search(key, value).items()}
        changes = "".join(f", {column} = ?" for column in columns)
        writer.execute(
            f"UPDATE {table} SET attributes = ?{changes} WHERE pk = ?",
            (_json(known), *columns.values(), pk),
        )
    return pk


def _insert(
    writer: sqlite3.Connection, level: Level, own: Mapping[str, object], header: Header
) -> int:
    values: dict[str, object] = {}
    attributes: dict[str, str] = {}
    for key in keys_at(level):
        text = header[key.keyword]
        if text:
            attributes[key.keyword] = text
            values |= _search(key, text)
    values |= own
    names = ", ".join((*values, "attributes"))
    marks = ", ".join("?" * (len(values) + 1))
    cursor = writer.execute(
        f"INSERT INTO {schema.TABLE[level]} ({names}) VALUES ({marks})",
        (*values.values(), _json(attributes)),
    )
    return int(cursor.lastrowid or 0)


def _search(key: Key, text: str) -> dict[str, str]:
    return dict(zip(schema.columns_of(key), forms(key.vr, text), strict=False))


def _json(values: Mapping[str, str]) -> str:
    return json.dumps(values, ensure_ascii=False, separators=(",", ":"))
