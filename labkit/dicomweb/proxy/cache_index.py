"""The index of the cache: one table in SQLite, a row an object."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labkit.common.errors import LabError
from labkit.dicomweb.source import Place
from labkit.pacs.sqlite_errors import written

_SCHEMA = """
CREATE TABLE IF NOT EXISTS object (
    uid TEXT PRIMARY KEY, study TEXT NOT NULL, series TEXT NOT NULL, sop_class TEXT NOT NULL,
    syntax TEXT NOT NULL, pacs TEXT NOT NULL, mark TEXT NOT NULL, size INTEGER NOT NULL,
    crc INTEGER NOT NULL, came REAL NOT NULL, used REAL NOT NULL);
CREATE INDEX IF NOT EXISTS object_study ON object (study, series);
CREATE INDEX IF NOT EXISTS object_used ON object (used);
CREATE INDEX IF NOT EXISTS object_came ON object (came);
"""
COLUMNS = "uid, study, series, sop_class, syntax, pacs, mark, size, crc, came"
_VERSION = 1


@dataclass(frozen=True)
class Entry:
    """One cached object.

    Attributes
    ----------
    place, sop_class_uid, transfer_syntax
        What it is.
    pacs, mark
        Where it came from, and what the study's attributes were then (see `listing.Item`).
    size, crc
        Of the file: bytes, and CRC-32.
    came
        When, seconds since the epoch.
    """

    place: Place
    sop_class_uid: str
    transfer_syntax: str
    pacs: str
    mark: str
    size: int
    crc: int
    came: float


def entry_of(row: tuple[Any, ...]) -> Entry:
    """An entry of a row's `COLUMNS`."""
    uid, study, series, sop_class, syntax, pacs, mark, size, crc, came = row
    return Entry(
        Place(study, series, uid), sop_class, syntax, pacs, mark, int(size), int(crc), float(came)
    )


def opened(path: Path) -> sqlite3.Connection:
    """Open the index; one that is damaged or of another version is begun anew.

    Raises
    ------
    LabError
        Another façade has it.
    OSError
        The disk is full or cannot be used: what the cache holds stays.
    """
    with written("the index of the cache"):
        return _opened(path)


def _opened(path: Path) -> sqlite3.Connection:
    for _ in range(2):
        try:
            db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            db.execute("PRAGMA busy_timeout = 1000")
            db.execute("PRAGMA locking_mode = EXCLUSIVE")  # until closed, or the process ends
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("PRAGMA synchronous = NORMAL")
            version = db.execute("PRAGMA user_version").fetchone()[0]
            if version in (0, _VERSION):
                db.executescript(_SCHEMA)
                db.execute(f"PRAGMA user_version = {_VERSION}")
                return db
            db.close()
        except sqlite3.DatabaseError as error:
            if "locked" in str(error):
                raise LabError(
                    "another façade uses this cache", remedy="Give each a folder of its own."
                ) from error
            if isinstance(error, sqlite3.OperationalError):  # the disk's fault, not the file's
                raise
        for suffix in ("", "-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
    raise LabError(
        "the index of the cache cannot be made", remedy="Give the façade another folder."
    )
