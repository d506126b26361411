"""What there is to do and what is done: one SQLite file in the state folder."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from labkit.common.durable import Durable, Wording
from labkit.common.errors import DataError, UsageError

WAITING, DONE, FAILED, ASIDE = "waiting", "done", "failed", "aside"
_SCHEMA = """
CREATE TABLE mark (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE unit (name TEXT PRIMARY KEY, seq INTEGER NOT NULL, stamp TEXT NOT NULL,
  round INTEGER NOT NULL, state TEXT NOT NULL DEFAULT 'waiting',
  deaths INTEGER NOT NULL DEFAULT 0, digest TEXT NOT NULL DEFAULT '',
  reason TEXT NOT NULL DEFAULT '', passed INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;
CREATE INDEX unit_seq ON unit (state, seq);
CREATE TABLE file (path TEXT PRIMARY KEY, number INTEGER NOT NULL, stamp TEXT NOT NULL,
  round INTEGER NOT NULL, known INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;
CREATE INDEX file_number ON file (number);
CREATE TABLE content (path TEXT NOT NULL, study TEXT NOT NULL, object TEXT NOT NULL,
  unit TEXT NOT NULL DEFAULT '', PRIMARY KEY (path, study, object)) WITHOUT ROWID;
CREATE INDEX content_study ON content (study);
CREATE INDEX content_object ON content (object, study);
CREATE INDEX content_unit ON content (unit);
"""
_WORDING = Wording(
    "the ledger",
    "Another run may be using this folder: wait for its end. Else give --state another folder, "
    "one that can be written.",
    "Make room on the disk and run the same command again; what is done is kept.",
)


class Unit(NamedTuple):
    """One piece of work.

    Attributes
    ----------
    name
        What it is called: a Study Instance UID.
    stamp
        What it was made from, in short; a unit whose stamp is another than before is done again.
    """

    name: str
    stamp: str = ""


class WorkLedger:
    """The ledger and the parts of one piece of work; one process has it at a time.

    Parameters
    ----------
    folder
        The state folder; made for its owner alone: it holds names of files and UIDs.
    settings
        What the work is: the same folder with others is refused.

    Raises
    ------
    UsageError
        The folder belongs to other work.
    LabError
        Another run has the folder, or it cannot be written.
    """

    def __init__(self, folder: Path, settings: dict[str, Any]) -> None:
        self.folder = folder.absolute()
        self.parts = self.folder / "parts"
        self.file = Durable(
            self.folder / "ledger.sqlite", [_SCHEMA], _WORDING, private=True, exclusive=True
        )
        try:
            self._open(settings)
        except BaseException:
            self.file.close()
            raise

    def _open(self, settings: dict[str, Any]) -> None:
        before = self.mark("settings")
        if before and json.loads(before) != settings:
            old = json.loads(before)
            names = sorted(n for n in {**old, **settings} if old.get(n) != settings.get(n))
            raise UsageError(
                f"{self.folder} belongs to another run: {', '.join(names)}",
                remedy="Give --state another folder, or delete this one to begin anew.",
            )
        with self.file.transaction():
            self.set_mark("settings", json.dumps(settings, sort_keys=True))
            # What failed, or was set aside, is tried once more; the deaths are remembered.
            self.file.db.execute(
                "UPDATE unit SET state = 'waiting', reason = '' WHERE state IN ('failed', 'aside')"
            )
        self.parts.mkdir(mode=0o700, exist_ok=True)

    def close(self) -> None:
        """Close the file, so that another run may have the folder."""
        self.file.close()

    def mark(self, name: str) -> str:
        """Return what was set; ``""`` if nothing was."""
        rows = self.file.query("SELECT value FROM mark WHERE name = ?", [name])
        return str(rows[0][0]) if rows else ""

    def set_mark(self, name: str, value: str) -> None:
        """Remember a value; durable on return."""
        with self.file.transaction():
            self.file.db.execute("INSERT OR REPLACE INTO mark VALUES (?, ?)", [name, value])

    # -- what there is to do --

    def plan(self, units: Iterable[Unit]) -> None:
        """Say what all of the work is, in the order of the result.

        What is done stays done if its stamp is the same; what is no longer there is forgotten.
        """
        db = self.file.db
        with self.file.transaction():
            turn = int(self.mark("round") or 0) + 1
            db.executemany(
                "INSERT INTO unit (name, seq, stamp, round) VALUES (?, ?, ?, ?) "
                "ON CONFLICT (name) DO UPDATE SET seq = excluded.seq, round = excluded.round, "
                "state = iif(stamp = excluded.stamp, state, 'waiting'), "
                "passed = iif(stamp = excluded.stamp, passed, 0), "
                "deaths = iif(stamp = excluded.stamp, deaths, 0), stamp = excluded.stamp",
                ((unit.name, seq, unit.stamp, turn) for seq, unit in enumerate(units)),
            )
            gone = db.execute("SELECT name FROM unit WHERE round != ?", [turn]).fetchall()
            db.execute("DELETE FROM unit WHERE round != ?", [turn])
            self.set_mark("round", str(turn))
        for (name,) in gone:
            self.part(name).unlink(missing_ok=True)

    def waiting(self) -> Iterator[tuple[str, int]]:
        """Give name and deaths of what is to be done, in order, a page at a time."""
        last = -1
        while True:
            rows = self.file.query(
                "SELECT seq, name, deaths FROM unit WHERE state = 'waiting' AND seq > ? "
                "ORDER BY seq LIMIT 256", [last],
            )  # fmt: skip
            if not rows:
                return
            last = rows[-1][0]
            yield from ((name, deaths) for _, name, deaths in rows)

    # -- what became of it --

    def done(self, name: str, digest: str) -> None:
        """Note that the part of a unit is where it belongs; durable on return."""
        self._set(name, "state = 'done', digest = ?, reason = ''", digest)

    def failed(self, name: str, reason: str) -> None:
        """Note that a unit could not be done, and why."""
        self._set(name, "state = 'failed', reason = ?", reason)

    def died(self, name: str) -> int:
        """Count one more worker that died with this unit; return how many did."""
        self._set(name, "deaths = deaths + 1")
        return int(self.file.query("SELECT deaths FROM unit WHERE name = ?", [name])[0][0])

    def aside(self, name: str, reason: str) -> None:
        """Note that a unit is not tried any more in this run."""
        self._set(name, "state = 'aside', reason = ?", reason)

    def passed(self, name: str) -> None:
        """Note that a part has gone where it was to go, so that it is not sent again."""
        self._set(name, "passed = 1")

    def _set(self, name: str, what: str, *values: object) -> None:
        with self.file.transaction():
            self.file.db.execute(f"UPDATE unit SET {what} WHERE name = ?", [*values, name])

    def counts(self) -> dict[str, int]:
        """Return state → how many units."""
        return dict(self.file.query("SELECT state, count(*) FROM unit GROUP BY state"))

    def open_units(self) -> list[tuple[str, str, str]]:
        """Return name, state and reason of what failed or was set aside, in order."""
        return self.file.query(
            "SELECT name, state, reason FROM unit WHERE state IN ('failed', 'aside') ORDER BY seq"
        )

    def complete(self) -> bool:
        """Whether every unit is done."""
        return not set(self.counts()) - {DONE}

    # -- the parts --

    def part(self, name: str) -> Path:
        """Where the part of a unit lies; the name of the file says nothing."""
        return self.parts / f"{hashlib.sha256(name.encode()).hexdigest()[:40]}.json"

    def results(self, *, unpassed: bool = False) -> Iterator[tuple[str, dict[str, Any]]]:
        """Give name and part of all that is done, in order.

        Parameters
        ----------
        unpassed
            Only those that have not `passed`.

        Raises
        ------
        DataError
            A part is not what its worker wrote; it is done again in the next run.
        """
        which = "AND passed = 0" if unpassed else ""
        last = -1
        while True:
            rows = self.file.query(
                f"SELECT seq, name, digest FROM unit WHERE state = 'done' AND seq > ? {which} "
                "ORDER BY seq LIMIT 64", [last],
            )  # fmt: skip
            if not rows:
                return
            for _, name, digest in rows:
                yield name, self._read(name, digest)
            last = rows[-1][0]

    def _read(self, name: str, digest: str) -> dict[str, Any]:
        try:
            raw = self.part(name).read_bytes()
        except OSError:
            raw = b""
        if hashlib.sha256(raw).hexdigest() != digest:
            self._set(name, "state = 'waiting'")
            raise DataError(
                f"the part of {name} in {self.folder} is gone or damaged",
                remedy="Run the same command again: this one is done anew.",
            )
        value: dict[str, Any] = json.loads(raw)
        return value
