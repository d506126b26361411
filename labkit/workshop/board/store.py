"""The durable part: acts of learners, each once, in one SQLite file; and what they come to."""

from __future__ import annotations

import hashlib
import hmac
import json
import sqlite3
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

from labkit.common.durable import Durable, Wording
from labkit.common.errors import AccessDenied, LabError
from labkit.exercises.wire import Act, LabState, Report, moment
from labkit.workshop.board.progress import Learner
from labkit.workshop.board.pseudonyms import pseudonym

FILE = "board.sqlite"
_SCHEMA = """
CREATE TABLE learner (number INTEGER PRIMARY KEY AUTOINCREMENT, who TEXT NOT NULL UNIQUE,
  key TEXT NOT NULL, shown TEXT NOT NULL UNIQUE, name TEXT NOT NULL, joined TEXT NOT NULL,
  seen TEXT NOT NULL, left INTEGER NOT NULL, lab TEXT NOT NULL);
CREATE TABLE act (learner INTEGER NOT NULL, n INTEGER NOT NULL, at TEXT NOT NULL,
  event TEXT NOT NULL, slug TEXT NOT NULL, outcome TEXT NOT NULL, mistake TEXT NOT NULL,
  PRIMARY KEY (learner, n)) WITHOUT ROWID;
"""
_WORDING = Wording(
    "the board", unopened="Give a folder that can be written, or move that file away.",
    unwritten="Make room on the disk of the instructor; laptops send it again.",
)  # fmt: skip
_ACT = "n, at, event, slug, outcome, mistake"
_SEEN_EVERY = timedelta(seconds=60)
"""A message that tells nothing new is written at most so often."""


@dataclass(frozen=True)
class Limits:
    """What a board takes, so that nobody fills its memory or disk.

    Attributes
    ----------
    learners
        In the room.
    acts
        Of one learner.
    """

    learners: int = 300
    acts: int = 5000


class Full(LabError):
    """The board takes no more of this."""


class Store:
    """What the board holds; safe for several threads.

    Parameters
    ----------
    folder
        Where ``board.sqlite`` is, or is made for its owner alone.
    secret
        Of the room: makes pseudonyms.
    known
        Whether there is an exercise of a name; acts about others are not kept.
    """

    def __init__(
        self, folder: Path, secret: str, *, clock: Callable[[], datetime],
        known: Callable[[str], bool], limits: Limits | None = None,
    ) -> None:  # fmt: skip
        self.path, self._secret, self._clock, self._known = folder / FILE, secret, clock, known
        self.limits, self.version = limits or Limits(), 0
        self.learners: dict[str, Learner] = {}
        self._written: dict[str, datetime] = {}
        self._keys: set[str] = set()
        # A kill loses nothing. A power cut may lose the newest acts: `next` then tells each laptop
        # to send them again, so that nobody has to wait for the disk.
        self._file = Durable(self.path, [_SCHEMA], _WORDING, private=True, lazy=True, erased=True)
        self.lock, self._db = self._file.lock, self._file.db
        try:
            self._load()
        except (sqlite3.Error, ValueError, KeyError, TypeError) as error:
            self._file.close()
            raise LabError(
                f"{_WORDING.name} {self.path.name} cannot be read ({error})",
                remedy=_WORDING.unopened,
            ) from error

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    # -- telling --

    def take(self, report: Report, key: str) -> Learner:
        """Keep a report. What is known already counts once.

        Raises
        ------
        AccessDenied
            Another laptop was first to report as this learner.
        Full
            There are too many learners, or acts of one.
        """
        now = self._clock()
        with self.lock:
            learner = self._owned(report.who, key) or self._new(report, key, now)
            acts = self._fresh(learner, report, now)
            if learner.acts + len(acts) > self.limits.acts:
                raise Full(
                    f"The board takes {self.limits.acts} acts of a learner, and has them.",
                    remedy="Nothing is lost: the workspace has all. Ask the instructor.",
                )
            before = (learner.name, learner.left, learner.lab)
            lab = learner.lab if report.lab is None else report.lab
            told = replace(learner, name=report.name, left=report.left, lab=lab, seen=now)
            changed = acts or before != (told.name, told.left, told.lab)
            if changed or now - self._written[learner.who] >= _SEEN_EVERY:
                self._write(told, acts)
                self._written[learner.who] = now
            learner.name, learner.left, learner.lab, learner.seen = (
                told.name, told.left, told.lab, now
            )  # fmt: skip
            for act in acts:
                learner.take(act)
            learner.next = max([learner.next, *(act.n for act in report.acts)])
            self.version += 1
            return learner

    def drop(self, who: str, key: str) -> bool:
        """Forget one learner; whether there was one. Raises `AccessDenied` as `take`."""
        with self.lock:
            learner = self._owned(who, key)
            if learner is None:
                return False
            with self._file.transaction():
                self._db.execute("DELETE FROM act WHERE learner = ?", [learner.number])
                self._db.execute("DELETE FROM learner WHERE number = ?", [learner.number])
            self._file.erase()
            del self.learners[who], self._written[who]
            self._keys = {each.key for each in self.learners.values()}
            self.version += 1
            return True

    def forget(self, secret: str) -> None:
        """Forget everything; pseudonyms are made with the new `secret` from now on."""
        with self.lock:
            with self._file.transaction():
                self._db.execute("DELETE FROM act")
                self._db.execute("DELETE FROM learner")
                self._db.execute("DELETE FROM sqlite_sequence")
            self._file.erase()
            self._secret = secret
            self.learners.clear()
            self._written.clear()
            self._keys.clear()
            self.version += 1

    # -- asking --

    def acts(self, learner: Learner) -> list[Act]:
        """Return the acts of a learner, in order."""
        sql = f"SELECT {_ACT} FROM act WHERE learner = ? ORDER BY n"
        with self.lock:
            return [Act(*row) for row in self._db.execute(sql, [learner.number])]

    def knows(self, key: str) -> bool:
        """Whether a laptop with this key has reported."""
        return digest(key) in self._keys

    # -- parts --

    def _owned(self, who: str, key: str) -> Learner | None:
        learner = self.learners.get(who)
        if learner and not hmac.compare_digest(learner.key, digest(key)):
            raise AccessDenied(
                "Another laptop reports as this learner.",
                remedy="Join again: `labkit workshop join` makes a new id.",
            )
        return learner

    def _new(self, report: Report, key: str, now: datetime) -> Learner:
        if len(self.learners) >= self.limits.learners:
            raise Full(
                f"The room is full: {self.limits.learners} learners.",
                remedy="Ask the instructor to forget an earlier workshop on the board.",
            )
        shown = pseudonym(report.who, self._secret, {x.shown for x in self.learners.values()})
        with self._file.transaction():
            row = [report.who, digest(key), shown, report.name, now.isoformat(), now.isoformat()]
            done = self._db.execute(
                "INSERT INTO learner (who, key, shown, name, joined, seen, left, lab) "
                "VALUES (?, ?, ?, ?, ?, ?, 0, ?)", [*row, json.dumps(asdict(LabState()))],
            )  # fmt: skip
        number = int(done.lastrowid or 0)
        made = Learner(number, report.who, digest(key), shown, report.name, now, now)
        self.learners[report.who], self._written[report.who] = made, now
        self._keys.add(made.key)
        return made

    def _fresh(self, learner: Learner, report: Report, now: datetime) -> list[Act]:
        """Return the acts that are new, by the board's clock: a laptop's own may be wrong."""
        slow = now - moment(report.now) if report.now else timedelta(0)
        slow = slow if abs(slow) > timedelta(seconds=5) else timedelta(0)
        fresh = {a.n: a for a in report.acts if a.n > learner.next and self._known(a.slug)}
        return [replace(a, at=_moved(a.at, slow, now)) for _, a in sorted(fresh.items())]

    def _write(self, told: Learner, acts: list[Act]) -> None:
        with self._file.transaction():
            self._db.execute(
                "UPDATE learner SET name = ?, seen = ?, left = ?, lab = ? WHERE number = ?",
                [told.name, told.seen.isoformat(), told.left, json.dumps(asdict(told.lab)),
                 told.number],
            )  # fmt: skip
            self._db.executemany(
                f"INSERT OR IGNORE INTO act (learner, {_ACT}) VALUES (?, ?, ?, ?, ?, ?, ?)",
                [[told.number, a.n, a.at, a.event, a.slug, a.outcome, a.mistake] for a in acts],
            )

    def _load(self) -> None:
        columns = "number, who, key, shown, name, joined, seen, left, lab"
        for row in self._db.execute(f"SELECT {columns} FROM learner ORDER BY number").fetchall():
            joined, seen, lab = moment(row[5]), moment(row[6]), json.loads(row[8])
            state = LabState(lab["state"], tuple(lab["ill"]))
            number, who, key, shown, name = row[:5]
            learner = Learner(number, who, key, shown, name, joined, seen, bool(row[7]), state)
            for act in self.acts(learner):
                learner.take(act)
            self.learners[learner.who], self._written[learner.who] = learner, seen
            self._keys.add(learner.key)


def _moved(at: str, slow: timedelta, now: datetime) -> str:
    """Return a time by the board's clock, in UTC: never later than now."""
    try:
        return min((moment(at) + slow).astimezone(timezone.utc), now).isoformat()
    except OverflowError:  # a clock beside all sense
        return now.isoformat()


def digest(key: str) -> str:
    """Return what is kept of a laptop's key."""
    return hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()
