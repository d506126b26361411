"""Lines between sites as real TCP relays: they carry, delay, slow down, count, and can be cut."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from contextlib import suppress
from typing import Any, TypeVar

from labkit.common.errors import LabError
from labkit.common.serving import HOST
from labkit.exchange.network.carrying import Carried
from labkit.exchange.network.design import Design
from labkit.exchange.network.graph import path
from labkit.exchange.network.lines import Line, Secrets
from labkit.exchange.network.sections import LinkDesign
from labkit.exchange.network.traffic import Ledger

_T = TypeVar("_T")
_MOST = 1000
"""Connections at a time; more are turned away, as a full router does."""
_BACKLOG = 128


class Wires:
    """All relays of a network, in one thread.

    Parameters
    ----------
    design
        Its links.
    ledger
        Where what goes over them is counted.
    secrets
        What encrypts the lines that are to be.
    """

    def __init__(self, design: Design, ledger: Ledger, secrets: Secrets) -> None:
        self.design = design
        self.ledger = ledger
        self.dead: set[str] = set()
        self.cut: set[str] = set()
        self.lines = {link.name: Line(link, secrets) for link in design.links}
        self._doors: dict[tuple[str, str, str], asyncio.Server] = {}
        self._ports: dict[tuple[str, str], int] = {}
        self._open: set[Carried] = set()
        self._loop = asyncio.new_event_loop()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="wires", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()
        self._loop.close()

    def serve(self, site: str, kind: str, port: int) -> None:
        """Say where a service of a site listens, now; `kind` is ``"dimse"``, ``"http"`` or else."""
        self._ports[site, kind] = port

    def port(self, start: str, site: str, kind: str) -> int:
        """Where `start` reaches a service of another site; within a site, the service itself.

        Raises
        ------
        LabError
            The site has no such service.
        """
        direct = self._ports.get((site, kind))
        if direct is None:
            raise LabError(
                f"{site} offers nothing by {kind}.", remedy="Add the service to the design."
            )
        if start == site:
            return direct
        with self._lock:
            door = self._doors.get((start, site, kind))
            if door is None:
                door = self._await(self._listen(start, site, kind))
                self._doors[start, site, kind] = door
        return int(door.sockets[0].getsockname()[1])

    async def _listen(self, start: str, site: str, kind: str) -> asyncio.Server:
        async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            with suppress(asyncio.CancelledError):  # the whole network is closed
                await self._carry(start, site, kind, reader, writer)

        return await asyncio.start_server(accept, HOST, 0, backlog=_BACKLOG, limit=1 << 17)

    async def _carry(
        self, start: str, site: str, kind: str,
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter,
    ) -> None:  # fmt: skip
        way = path(self.design, start, site, dead=self.dead, cut=self.cut)
        if way is None or len(self._open) >= _MOST:
            writer.transport.abort()
            return
        lines = [self.lines[link.name] for link in way]
        carried = Carried(start, site, kind, lines, self.ledger)
        self._open.add(carried)
        try:
            await carried.run(reader, writer, self._ports[site, kind])
        finally:
            self._open.discard(carried)

    def way(self, start: str, site: str) -> tuple[LinkDesign, ...] | None:
        """The lines that a connection between two sites would go over now."""
        return path(self.design, start, site, dead=self.dead, cut=self.cut)

    def shut(self, *, site: str = "", link: str = "") -> None:
        """Break off what goes to, from or through a site, or over a line, and let nothing pass."""

        async def breaking() -> None:
            if site:
                self.dead.add(site)
            if link:
                self.cut.add(link)
            for carried in list(self._open):
                if (link and link in carried.links) or (site and carried.touches(site)):
                    carried.abort()

        self._await(breaking())

    def reopen(self, *, site: str = "", link: str = "") -> None:
        """Let pass again."""

        async def opening() -> None:
            self.dead.discard(site)
            self.cut.discard(link)
            for line in self.lines.values():
                if line.link.name == link or site in line.link.ends:
                    line.clear()

        self._await(opening())

    def halt(self) -> None:
        """Break off everything, and let nothing pass any more."""

        async def halting() -> None:
            self.dead |= {site.name for site in self.design.sites}
            for carried in list(self._open):
                carried.abort()

        self._await(halting())

    def close(self) -> None:
        """Stop everything."""
        if not self._thread.is_alive():
            return

        async def closing() -> None:
            for door in self._doors.values():
                door.close()
            for carried in list(self._open):
                carried.abort()
            others = asyncio.all_tasks() - {asyncio.current_task()}
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)

        self._await(closing())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)

    def _await(self, work: Coroutine[Any, Any, _T]) -> _T:
        waiting: Future[_T] = asyncio.run_coroutine_threadsafe(work, self._loop)
        return waiting.result(10)
