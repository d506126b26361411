"""A kernel that reports to the board of a workshop: only where ``join.json`` is in the workspace.

A thread follows the journal of the workspace. No exercise ever waits for it: it reads what is on
the disk, and what could not be sent is there still when the network comes back, or when another
kernel goes on. Of several kernels of one workspace one reports.
"""

from __future__ import annotations

import atexit
import json
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timezone
from functools import lru_cache
from pathlib import Path
from typing import Any

from labkit.common.errors import HttpError, NetworkError
from labkit.exercises.enrolment import Place
from labkit.exercises.joining import FILE, Joined, read_join
from labkit.exercises.journal import FORMAT, learner
from labkit.exercises.posting import lab_state, post
from labkit.exercises.wire import BEAT, MOST_ACTS, Act, LabState, Report, act_of
from labkit.lab.lock import FileLock

Send = Callable[[Joined, str, Report], dict[str, Any]]

CHUNK = 256 << 10
"""Bytes of the journal that are looked at in one round."""
SOON = 0.05
"""Seconds to the next round where more waits."""
PAUSE = 1.0
"""Seconds between two looks at the journal."""
HEALTH = 60.0
"""Seconds between two questions to the lab whether it is well."""
LONGEST = 60.0
"""Seconds until the board is tried again, at most."""
LAST = 2.0
"""Seconds that the end of a kernel waits for the last report, at most."""


def follow(workspace: Path) -> None:
    """Begin to report, where this workspace has joined and this kernel does not report yet.

    Costs one look at the disk. Whatever is wrong, nothing is raised.
    """
    with suppress(OSError, RuntimeError):  # no such folder; no thread to be had
        if (workspace / FILE).exists():
            _follower(workspace).start()


@lru_cache(maxsize=8)
def _follower(workspace: Path) -> Follower:
    made = Follower(workspace)
    atexit.register(made.finish, LAST)
    return made


class Follower:
    """Reports what is in the journal of one workspace.

    Parameters
    ----------
    workspace
        The folder.
    send
        Posts a report, with the key of this laptop.
    clock
        The time that a report tells.
    ticks
        Seconds that only grow.
    health
        Asks how the lab is.
    """

    def __init__(
        self, workspace: Path, *, send: Send = post,
        clock: Callable[[], datetime] = lambda: datetime.now(timezone.utc),
        ticks: Callable[[], float] = time.monotonic,
        health: Callable[[Path], LabState] | None = None,
    ) -> None:  # fmt: skip
        self.workspace, self._post = workspace, send
        self._clock, self._ticks, self._ask = clock, ticks, health or lab_state
        self._lock = FileLock(workspace / "joining.lock")
        self._thread: threading.Thread | None = None
        self._ending = threading.Event()
        self._starting = threading.Lock()
        self._most, self._failures = MOST_ACTS, 0
        self._next_beat = self._next_health = float("-inf")
        self._lab: LabState | None = None
        self._barred: Joined | None = None  # the board does not take this one

    # -- the thread --

    def start(self) -> None:
        """Begin, unless it has; returns at once."""
        with self._starting:
            if (self._thread is None or not self._thread.is_alive()) and not self._ending.is_set():
                self._thread = threading.Thread(target=self._run, name="board", daemon=True)
                self._thread.start()

    def finish(self, patience: float) -> None:
        """Send what is there and end; waits `patience` seconds at most."""
        self._ending.set()
        if self._thread is None:
            self._lock.release()
        else:
            self._thread.join(patience)

    def _run(self) -> None:
        pause: float | None = 0.0
        try:
            while pause is not None:
                last = self._ending.wait(pause)
                pause = self._guarded()
                if last:
                    return
        finally:
            self._lock.release()

    def _guarded(self) -> float | None:
        """Do a round; an error of ours is noted, and tried again later."""
        try:
            return self.round()
        except Exception as error:  # a watcher's errors change nothing (docs/architecture.md)
            self._failures += 1
            with suppress(Exception):
                self._note(f"{type(error).__name__}: {error}")
            return self._later()

    # -- one round --

    def round(self) -> float | None:
        """Report once what there is; return seconds to the next round, ``None`` for the end."""
        joined = read_join(self.workspace)
        if joined is None:
            return None
        if joined == self._barred:
            return BEAT
        if not self._lock.in_place():
            self._lock.release()
            if not self._lock.acquire():
                return BEAT / 4  # another kernel reports; this one goes on when that ends
        place = Place.of(self.workspace, joined)
        acts, read = self._unsent(joined, place)
        if not acts and read != place.offset:  # lines that are not told
            place.offset = read
            place.write(self.workspace)
            return SOON
        if not acts and self._ticks() < min(self._next_beat, self._next_health):
            return PAUSE
        if not acts and not self._ending.is_set():
            self._look_at_the_lab()
        return self._send(joined, place, acts, read)

    def _send(self, joined: Joined, place: Place, acts: list[Act], read: int) -> float:
        report = Report(joined.who, tuple(acts), joined.name, self._clock().isoformat(),
                        self._lab)  # fmt: skip
        try:
            answer = self._post(joined, place.key, report)
        except HttpError as error:
            return self._refused(error, joined, place, acts)
        except NetworkError as error:
            self._failures += 1
            self._note(error.message)
            return self._later()
        self._failures, self._most = 0, MOST_ACTS
        self._next_beat = self._ticks() + BEAT
        held = answer["next"]
        if held < place.sent:  # a board that has lost what it had: it gets all again
            place.offset = max(held - place.base, joined.start)
            place.sent = held
        else:
            place.offset, place.sent = read, held
        place.trouble = ""
        place.write(self.workspace)
        return SOON if acts else PAUSE

    def _refused(self, error: HttpError, joined: Joined, place: Place, acts: list[Act]) -> float:
        place.trouble = error.message
        if error.status in (401, 403):
            self._barred = joined
        elif error.status in (400, 413) and self._most == 1 and acts:
            place.offset, place.refused = acts[0].n - place.base, place.refused + 1
        elif error.status in (400, 413) and acts:
            self._most = 1  # one of them: which?
            place.write(self.workspace)
            return SOON
        else:
            self._failures += 1
        place.write(self.workspace)
        return self._later()

    def _later(self) -> float:
        return min(LONGEST, PAUSE * 2.0 ** min(self._failures, 10))

    # -- what there is --

    def _unsent(self, joined: Joined, place: Place) -> tuple[list[Act], int]:
        """Return the next acts, and the byte up to which the journal is then done with."""
        path = self.workspace / "progress.jsonl"
        try:
            size = path.stat().st_size
        except OSError:
            return [], place.offset
        if size < place.offset:  # another file: its acts get numbers above those of the old one
            place.base, place.offset = place.base + place.offset, 0
        at = max(place.offset, joined.start if place.base == 0 else 0)
        with path.open("rb") as stream:
            stream.seek(at)
            data = stream.read(CHUNK)
        whole = data.rfind(b"\n") + 1
        if not whole and len(data) == CHUNK:
            return [], at + len(data)  # no line of ours is so long
        acts: list[Act] = []
        who = learner()
        for line in data[:whole].splitlines(keepends=True):
            if len(acts) == self._most:
                break
            at += len(line)
            act = _told(line, who, place.base + at)
            if act is not None:
                acts.append(act)
        return acts, at

    def _look_at_the_lab(self) -> None:
        """Ask it, now and then: never before acts that wait, since it may take long to answer."""
        if self._ticks() >= self._next_health:
            self._lab = self._ask(self.workspace)
            self._next_health = self._ticks() + HEALTH

    def _note(self, trouble: str) -> None:
        joined = read_join(self.workspace)
        if joined is not None:
            place = Place.of(self.workspace, joined)
            place.trouble = trouble
            place.write(self.workspace)


def _told(line: bytes, who: str, n: int) -> Act | None:
    """Return what a line of the journal tells of this learner."""
    try:
        data = json.loads(line)
    except ValueError:  # torn by a crash
        return None
    own = isinstance(data, dict) and data.get("format") == FORMAT and data.get("learner") == who
    return act_of(data, n) if own else None
