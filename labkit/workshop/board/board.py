"""The board as a service: one folder, one port."""

from __future__ import annotations

import ipaddress
import socket
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from labkit.common.errors import LabError, PortTaken, UsageError
from labkit.common.scope import Runs
from labkit.common.serving import HOST, HttpService
from labkit.lab.lock import FileLock
from labkit.workshop.board.door import Door
from labkit.workshop.board.outline import Outline, known
from labkit.workshop.board.room import Room
from labkit.workshop.board.rules import Rules
from labkit.workshop.board.store import Limits, Store
from labkit.workshop.board.streaming import Streams
from labkit.workshop.board.view import FORMAT, INSTRUCTOR, Sight

EXPORT = "labkit-board-export/1"


class Board(Runs):
    """The live board of one workshop.

    Parameters
    ----------
    folder
        Of the workshop; the board's own is ``board/`` in it.
    bind
        The address to serve on; where ``""``, the one it had, else loopback.
    port
        0: the one it had, else a free one.
    title, outline
        What it is called, and which exercises it shows.
    rules
        Who counts as stuck, quiet or silent.
    clock
        The time.
    ticks
        Seconds that only grow.
    """

    def __init__(
        self, folder: Path, *, bind: str = "", port: int = 0, title: str = "Workshop",
        outline: Outline | None = None, rules: Rules | None = None,
        limits: Limits | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(timezone.utc),
        ticks: Callable[[], float] = time.monotonic, streams: Streams | None = None,
    ) -> None:  # fmt: skip
        self.folder, self.title, self.rules = folder / "board", title, rules or Rules()
        self.room = Room.at(self.folder)
        self._bind, self._port = bind, port
        self._outline, self._clock = outline or Outline(), clock
        self._limits = limits or Limits()
        self.door = Door(lambda: self.room, clock, ticks)
        self.streams = streams or Streams()
        self._lock = FileLock(self.folder / "board.lock")
        self._http = HttpService("board")
        self._store: Store | None = None
        self._seen: dict[bool, tuple[tuple[int, str], dict[str, Any]]] = {}

    @property
    def store(self) -> Store:
        """What it holds, while it is open."""
        if self._store is None:
            raise LabError("The board is closed.", remedy="Start it: labkit workshop board.")
        return self._store

    @property
    def url(self) -> str:
        """What learners join, and where the page is."""
        return self.room.url

    # -- serving --

    def start(self) -> None:
        """Open the folder and serve it.

        Raises
        ------
        LabError
            Another board serves the folder, or it cannot be used.
        PortTaken
            The port cannot be had: laptops know this one, so no other is taken.
        UsageError
            This machine has no such address.
        """
        from labkit.workshop.board.app import board_app

        try:
            self._open()
            bind = self._bind or self.room.bind or HOST
            same = bind == self.room.bind
            port = self._port or (self.room.port if same else 0)
            self._http.take(_listening(bind, port))
            self.room = replace(
                self.room, bind=bind, port=self._http.port, url=_url(bind, self._http.port)
            )
            self.room.write(self.folder)
            self._http.start(board_app(self))
        except BaseException:
            self.stop()
            raise

    def _open(self) -> None:
        if not self._lock.acquire(patience=1.0):
            raise LabError(
                f"Another board serves {self.folder} already.",
                remedy=f"It is at {self.room.url or 'the address that it printed'}; end it first.",
            )
        self._store = Store(
            self.folder, self.room.secret, clock=self._clock, known=known, limits=self._limits
        )

    def stop(self) -> None:
        """End; what was told is kept."""
        self.streams.ending = True
        self._http.stop()
        if self._store is not None:
            self._store.close()
            self._store = None
        self._lock.release()

    def told(self) -> list[str]:
        """Say what an instructor has to know who has started it."""
        lines = [
            f"The board: {self.url}",
            f"Instructor's code: {self.room.instructor_code}  (keep it to yourself)",
            f"Learners join with: labkit workshop join {self.room.join_code} --at {self.url}",
        ]
        if ipaddress.ip_address(self.room.bind).is_loopback:
            lines.append(
                "Only this machine reaches it. For laptops: --bind ADDRESS"
                + (f", such as {there}." if (there := outward()) else ".")
            )
        return [*lines, "End it with Ctrl-C. What it was told stays in " + str(self.folder) + "."]

    def empty(self) -> None:
        """Forget everything without serving it; raises as `start` where another serves it."""
        try:
            self._open()
            self.forget()
        finally:
            self.stop()

    # -- asking --

    def view(self, view: str) -> dict[str, Any]:
        """Return the room as it is now; names only for the instructor."""
        now = self._clock()
        names = view == INSTRUCTOR
        with self.store.lock:
            key = (self.store.version, now.isoformat(timespec="seconds"))
            known = self._seen.get(names)
            if known is None or known[0] != key:  # however many pages there are: once a second
                seen = self._sight(now).to_json(names)
                known = (key, known[1] if known and known[1] == seen else seen)
                self._seen[names] = known
        head = {"format": FORMAT, "view": view, "title": self.title,
                "now": now.isoformat(timespec="seconds"),
                "join": {"url": self.room.url, "code": self.room.join_code}}  # fmt: skip
        return head | known[1]

    def export(self, names: bool) -> dict[str, Any]:
        """Return the room and every act; laptops' ids and names only if `names`."""
        told = self.view(INSTRUCTOR if names else "projector")
        del told["join"]
        acts = []
        with self.store.lock:
            for learner in self.store.learners.values():
                who = {"who": learner.who, "name": learner.name} if names else {}
                acts += [
                    {"shown": learner.shown, **who, **asdict(act)}
                    for act in self.store.acts(learner)
                ]
        return {"format": EXPORT, "board": told, "acts": acts}

    def forget(self) -> None:
        """Forget every learner and act; the join code and all pseudonyms are new from now on."""
        with self.store.lock:
            room = self.room.renewed()
            room.write(self.folder)
            self.room = room
            self.store.forget(room.secret)
            self._seen.clear()

    def _sight(self, now: datetime) -> Sight:
        learners = list(self.store.learners.values())
        acted = {slug for learner in learners for slug in learner.cells}
        return Sight(learners, self._outline.shown(acted), self.rules, now)


def _listening(bind: str, port: int) -> socket.socket:
    try:
        family = socket.AF_INET6 if ipaddress.ip_address(bind).version == 6 else socket.AF_INET
    except ValueError as error:
        raise UsageError(
            f"{bind!r} is not an address.",
            remedy="Name one of this machine such as 192.0.2.7, or 0.0.0.0 for all of them.",
        ) from error
    sock = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    if hasattr(socket, "SO_EXCLUSIVEADDRUSE"):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
    else:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((bind, port))
        sock.listen(256)
    except (OSError, OverflowError) as error:
        sock.close()
        if port and _ours(family, bind):
            raise PortTaken(
                f"The board cannot have port {port} at {bind} ({error}).",
                remedy="End what holds it, since laptops know this address; or name another with "
                "--port, and let everybody join again.",
            ) from error
        raise UsageError(
            f"This machine cannot serve at {bind} ({error}).",
            remedy="Name an address of this machine: `ip addr` or the network settings show them.",
        ) from error
    return sock


def _ours(family: int, bind: str) -> bool:
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        try:
            probe.bind((bind, 0))
        except OSError:
            return False
    return True


def _url(bind: str, port: int) -> str:
    """Return the address that learners are told; of all addresses, the one towards the network."""
    host = bind
    if ipaddress.ip_address(bind).is_unspecified:
        host = outward() or HOST
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def outward() -> str:
    """Return this machine's address towards other networks; ``""`` without any. Sends nothing."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # RFC 5737: no such machine, and UDP asks nobody
        except OSError:
            return ""
        return str(probe.getsockname()[0])
