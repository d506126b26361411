"""All rooms of a workshop: opened, asked how they are, closed."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, replace

from labkit.common.errors import LabError
from labkit.exercises.joining import Joined, read_join
from labkit.lab import launch
from labkit.workshop.board import room as board
from labkit.workshop.handing import furnish
from labkit.workshop.release import Workshop, read_release
from labkit.workshop.rooms import jupyter
from labkit.workshop.rooms.jupyter import Server
from labkit.workshop.rooms.record import Record, Room
from labkit.workshop.rooms.starter import Starter
from labkit.workshop.rooms.together import Outcome, together

START = 90.0
"""Seconds that a JupyterLab may take until it answers."""
ASKING = 8.0
"""Seconds until a lab that is asked how it is counts as silent."""
END = 30.0
"""Seconds that the processes of a room may take to end."""


@dataclass(frozen=True)
class State:
    """How a room is.

    Attributes
    ----------
    lab
        ``"well"``, ``"ill"``, ``"down"`` or ``"silent"``.
    said
        Which nodes are not well, and why; or why the lab is not.
    jupyter
        Whether JupyterLab answers.
    """

    name: str
    lab: str
    said: str
    jupyter: bool

    def to_json(self) -> dict[str, object]:
        """Return it as plain data."""
        return asdict(self)


class House:
    """The rooms of one workshop.

    Parameters
    ----------
    workshop
        Whose folders they are in.
    starter
        Starts their processes.
    minutes
        After which a kernel that nobody used is ended; 0 for never.
    """

    def __init__(
        self, workshop: Workshop, starter: Starter, *, minutes: int = jupyter.MINUTES
    ) -> None:
        self.workshop = workshop
        self._starter, self._minutes = starter, minutes
        self._record = Record.read(workshop.rooms)
        self._writing = threading.RLock()
        self._opening: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)

    @property
    def record(self) -> Record:
        """What is known of the rooms now."""
        return self._record

    def change(self, change: Callable[[Record], Record]) -> None:
        """Change what is known, and write it down."""
        with self._writing:
            self._record = change(self._record)
            self._record.write(self.workshop.rooms)

    def open(self, name: str) -> Room:
        """Have a room whose lab runs and whose JupyterLab answers; make what is not there yet.

        Raises
        ------
        LabkitError
            One of them did not start; says which, and why.
        """
        with self._writing:
            lock = self._opening[name]
        with lock:
            release = read_release(self.workshop.folder)
            furnish(self.workshop, name, release)
            room = self._record.rooms.get(name)
            if room is None:
                room = Room.new(name)
                self.change(lambda record: record.with_room(room))
            report_to_board(self.workshop, name)
            workspace = self.workshop.workspace(name)
            if launch.find(workspace) is None:
                self._starter.lab(workspace)
            server = self._running(room) or self._start_jupyter(room)
            return self._at(room, server)

    def _at(self, room: Room, server: Server) -> Room:
        found = replace(room, port=server.port)
        if found != room:
            self.change(lambda record: record.with_room(found))
        return found

    def _start_jupyter(self, room: Room) -> Server:
        """Start it at the port of last time; at any other if that one is taken."""
        log = self.workshop.workspace(room.name).root / "jupyter" / "jupyterlab.log"
        for tried in dict.fromkeys((room.port, 0)):
            before = {server.pid for server in self._servers(room)}
            bind = self._record.bind
            order = jupyter.order(self.workshop, replace(room, port=tried), bind, self._minutes)
            pid = self._starter.jupyter(order)
            until = time.monotonic() + START
            while time.monotonic() < until and self._starter.alive(pid):
                for server in self._servers(room):
                    if server.pid not in before and server.answers():
                        return server
                time.sleep(0.05)
        raise LabError(f"JupyterLab of {room.name} did not start.", remedy=f"What it said: {log}")

    def _servers(self, room: Room) -> Iterator[Server]:
        workspace, bind = self.workshop.workspace(room.name), self._record.bind
        return jupyter.servers(workspace, room.token, bind)

    def _running(self, room: Room) -> Server | None:
        return next((server for server in self._servers(room) if server.answers()), None)

    def state(self, name: str) -> State:
        """Ask every service of a lab whether it is well, and JupyterLab whether it is there."""
        workspace, room = self.workshop.workspace(name), self._record.rooms.get(name)
        there = room is not None and self._running(room) is not None
        try:
            found = launch.find(workspace, patience=ASKING)
        except LabError as error:
            return State(name, "silent", error.message, there)
        if found is None:
            return State(name, "down", "It does not run: labkit workshop start", there)
        from labkit.lab.embedded import lab_of  # brings DIMSE and HTTP with it

        ill = [row for row in lab_of(workspace, found).health() if not row.healthy]
        said = "; ".join(f"{row.name}: {row.problem}" for row in ill)
        return State(name, "ill" if ill else "well", said or "every service answers", there)

    def states(self, *, patience: float = 2 * ASKING) -> list[State]:
        """Ask all rooms at once; one that does not answer in time is silent."""
        found: dict[str, State] = {}

        def ask(name: str) -> str:
            found[name] = self.state(name)
            return ""

        outcomes = together(tuple(self._record.rooms), ask, patience=patience)
        return [_said(outcome, found) for outcome in outcomes]

    def close(self, name: str) -> None:
        """End a room's JupyterLab with its kernels, then its labs; what they hold is kept.

        Raises
        ------
        LabError
            One of them does not end.
        """
        workspace, room = self.workshop.workspace(name), self._record.rooms.get(name)
        if room is not None:
            for server in self._servers(room):
                _end(server, name)
            jupyter.tidy(workspace)
        launch.stop_all(workspace)

    def close_all(self) -> list[Outcome]:
        """End all rooms; one that does not end holds up no other."""

        def close(name: str) -> str:
            self.close(name)
            return "ended"

        names = tuple(dict.fromkeys([*self._record.rooms, *self.workshop.names()]))
        return together(names, close, patience=2 * END)

    def leave(self) -> None:
        """Give back what is needed to open rooms."""
        self._starter.close()


def report_to_board(workshop: Workshop, name: str) -> None:
    """Have a learner's kernels report to the board of the workshop, if one was ever served."""
    if not (workshop.board / board.FILE).exists():
        return
    there, workspace = board.Room.at(workshop.board), workshop.workspace(name).root
    if there.url:
        wanted = Joined(there.url, there.join_code, who=name, name=name)
        if read_join(workspace) != wanted:
            wanted.write(workspace)


def _said(outcome: Outcome, found: dict[str, State]) -> State:
    if outcome.ok:
        return found[outcome.name]
    return State(outcome.name, "silent", outcome.said, False)


def _end(server: Server, name: str) -> None:
    if not server.answers():
        return
    with suppress(OSError):  # it may close the connection before it has answered
        server.ask("POST", "/api/shutdown", patience=END)
    until = time.monotonic() + END
    while server.answers():
        if time.monotonic() > until:
            raise LabError(
                f"JupyterLab of {name} does not end.", remedy=f"End process {server.pid} by hand."
            )
        time.sleep(0.05)
