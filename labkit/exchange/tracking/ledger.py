"""The durable part: each change once, in one SQLite file.

The key of an event is what it is about: source, type, id, version. That it is recorded, what is now
known of the resource, and that a notice has been dealt with are written in one transaction, so a
process that is killed at any point has done all of it or nothing, and does the rest again.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from labkit.common.durable import Durable, Wording
from labkit.exchange.tracking.facts import changes, kind_of
from labkit.exchange.tracking.model import STUDY, Event, Facts, Version

_SCHEMA = """
CREATE TABLE event (seq INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL,
  source TEXT NOT NULL, type TEXT NOT NULL, id TEXT NOT NULL, version TEXT NOT NULL,
  study TEXT NOT NULL, patient TEXT NOT NULL, at TEXT NOT NULL, changes TEXT NOT NULL,
  by TEXT NOT NULL, UNIQUE (source, type, id, version));
CREATE INDEX event_study ON event (study, seq);
CREATE INDEX event_patient ON event (patient, seq);
CREATE TABLE state (source TEXT NOT NULL, type TEXT NOT NULL, id TEXT NOT NULL,
  version TEXT NOT NULL, facts TEXT NOT NULL, present INTEGER NOT NULL, study TEXT NOT NULL,
  patient TEXT NOT NULL, PRIMARY KEY (source, type, id)) WITHOUT ROWID;
CREATE INDEX state_study ON state (study);
CREATE INDEX state_patient ON state (patient);
CREATE TABLE mark (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE bell (number INTEGER PRIMARY KEY AUTOINCREMENT, source TEXT NOT NULL,
  type TEXT NOT NULL, id TEXT NOT NULL, rings INTEGER NOT NULL, UNIQUE (source, type, id));
"""
_WORDING = Wording(
    "the ledger",
    "Give a folder that can be written, and that another tracker does not use.",
    "Make room on the disk; nothing was half recorded.",
)
_EVENT = "seq, kind, source, type, id, version, study, patient, at, changes, by"
_NAMES = tuple(_EVENT.split(", "))
State = tuple[str, str, str, str, Facts, bool]
"""Source, type, id, version, facts, and whether it is there."""
Bell = tuple[int, int, str, str, str]
"""Number, rings, source, type, id (``""``: something of the type)."""


class Ledger:
    """What is known, and every change; safe for several threads.

    Parameters
    ----------
    path
        The file; made if missing, for its owner alone: it holds names.
    """

    def __init__(self, path: Path) -> None:
        self._file = Durable(
            path, [_SCHEMA], _WORDING, private=True, committed=lambda: self.grown.notify_all()
        )
        self._db = self._file.db
        self.grown = threading.Condition(self._file.lock)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def transaction(self) -> AbstractContextManager[None]:
        """All writes inside happen together or not at all; may be nested."""
        return self._file.transaction()

    # -- changes --

    def record(self, source: str, versions: Iterable[Version], by: str) -> None:
        """Record the versions of one resource that are not recorded yet.

        Parameters
        ----------
        versions
            Oldest first, and all of them up to the last: a change is told against the one before.
        """
        with self.transaction():
            for version in versions:
                key = (source, version.type, version.id)
                if self._has((*key, version.version)):
                    continue
                known = self.state(*key)
                before = known[4] if known and known[5] else None
                kind = kind_of(version.type, before, version.facts)
                self.write(source, version, kind, before, by, _gap(known, version))

    def write(
        self, source: str, version: Version, kind: str, before: Facts | None, by: str,
        more: dict[str, tuple[Any, Any]] | None = None,
    ) -> None:  # fmt: skip
        """Write an event and what is known from now on, in one transaction."""
        told = version.facts if version.facts is not None else before or {}
        study, patient = _about(version.type, version.id, told)
        differs = {**changes(before, version.facts), **(more or {})}
        with self.transaction():
            self._db.execute(
                f"INSERT INTO event ({_EVENT[5:]}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [kind, source, version.type, version.id, version.version, study, patient,
                 version.at, json.dumps(differs), by],
            )  # fmt: skip
            self._db.execute(
                "INSERT OR REPLACE INTO state VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                [source, version.type, version.id, version.version, json.dumps(told),
                 version.facts is not None, study, patient],
            )  # fmt: skip

    def _has(self, key: tuple[str, str, str, str]) -> bool:
        sql = "SELECT 1 FROM event WHERE source = ? AND type = ? AND id = ? AND version = ?"
        return bool(self._query(sql, key))

    # -- what is known --

    def state(self, source: str, type_: str, id_: str) -> State | None:
        """Return what is known of one resource or copy."""
        found = self.states("source = ? AND type = ? AND id = ?", source, type_, id_)
        return found[0] if found else None

    def states(self, where: str, *values: object) -> list[State]:
        """Return what is known, by a condition on the columns of ``state``."""
        sql = f"SELECT source, type, id, version, facts, present FROM state WHERE {where} "
        rows = self._query(sql + "ORDER BY source, type, id", values)
        return [(*row[:4], json.loads(row[4]), bool(row[5])) for row in rows]

    def events(self, where: str = "1", *values: object) -> list[Event]:
        """Return events in their order, by a condition on the columns of ``event``."""
        rows = self._query(f"SELECT {_EVENT} FROM event WHERE {where} ORDER BY seq", values)
        return [
            Event(**dict(zip(_NAMES, row, strict=True)) | {"changes": _pairs(row[9])})
            for row in rows
        ]

    @property
    def last(self) -> int:
        """The number of the newest event."""
        return int(self._query("SELECT coalesce(max(seq), 0) FROM event")[0][0])

    # -- where we are --

    def mark(self, name: str) -> str:
        """Return what was set; ``""`` if nothing was."""
        rows = self._query("SELECT value FROM mark WHERE name = ?", [name])
        return str(rows[0][0]) if rows else ""

    def set_mark(self, name: str, value: str) -> None:
        """Remember a value; durable on return."""
        with self.transaction():
            self._db.execute("INSERT OR REPLACE INTO mark VALUES (?, ?)", [name, value])

    # -- notices --

    def ring(self, source: str, type_: str, id_: str) -> None:
        """Take down a notice; durable on return. One that waits already is not kept twice."""
        with self.transaction():
            self._db.execute(
                "INSERT INTO bell (source, type, id, rings) VALUES (?, ?, ?, 1) "
                "ON CONFLICT (source, type, id) DO UPDATE SET rings = rings + 1",
                [source, type_, id_],
            )

    def bells(self) -> list[Bell]:
        """Return the notices that wait, oldest first."""
        sql = "SELECT number, rings, source, type, id FROM bell ORDER BY number"
        return self._query(sql)

    def answered(self, bell: Bell) -> None:
        """Take a notice off, unless it has rung again since it was looked at."""
        with self.transaction():
            sql = "DELETE FROM bell WHERE number = ? AND rings = ?"
            self._db.execute(sql, [bell[0], bell[1]])

    def wait(self, ready: Callable[[], bool], timeout: float) -> bool:
        """Wait until something that was written makes `ready` true; whether it did."""
        with self.grown:
            return self.grown.wait_for(ready, timeout)

    def _query(self, sql: str, values: Iterable[object] = ()) -> list[tuple[Any, ...]]:
        return self._file.query(sql, values)


def _about(type_: str, id_: str, facts: Facts) -> tuple[str, str]:
    """Return study and patient that something is about."""
    if type_ == "Patient":
        return "", f"Patient/{id_}"
    study = (
        id_ if type_ == STUDY else facts.get("study") or next(iter(facts.get("studies", ())), "")
    )
    return str(study), str(facts.get("patient", ""))


def _pairs(text: str) -> dict[str, tuple[Any, Any]]:
    return {name: (before, after) for name, (before, after) in json.loads(text).items()}


def _gap(known: State | None, version: Version) -> dict[str, tuple[Any, Any]]:
    """Say which versions a history no longer has: a server may drop old ones."""
    if known is None or not (known[3].isdigit() and version.version.isdigit()):
        return {}
    first, last = int(known[3]) + 1, int(version.version) - 1
    return {"not in the history": (str(first), str(last))} if first <= last else {}
