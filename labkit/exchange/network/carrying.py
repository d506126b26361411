"""One connection over lines: both directions, each as fast and as late as the lines allow."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from labkit.common.serving import HOST
from labkit.exchange.network.lines import Line, Tunnel
from labkit.exchange.network.sniff import Grammar, Sniffer, Told, dimse, http, quiet
from labkit.exchange.network.traffic import Ledger

_CHUNK = 65536
_AHEAD = 16
"""Chunks that may be under way in one direction: a window of a megabyte."""


class Carried:
    """A TCP connection from one site to a service of another.

    Parameters
    ----------
    start, site
        Who calls, and whose service is called.
    kind
        ``"dimse"``, ``"http"``, either with a colon and a name behind it, or another, of which
        messages are not counted.
    lines
        The way, in order.
    """

    def __init__(
        self, start: str, site: str, kind: str, lines: Sequence[Line], ledger: Ledger
    ) -> None:
        self.start, self.site, self.kind = start, site, kind
        self.links = tuple(line.link.name for line in lines)
        self._lines = list(lines)
        self._tunnels: list[Tunnel | None] = []
        self._ends = _ends(start, lines)
        self._ledger = ledger
        self._pair = frozenset((start, site))
        self._writers: list[asyncio.StreamWriter] = []
        self._grow: Callable[[int], None] | None = None
        self._before = 0

    def touches(self, site: str) -> bool:
        """Whether it goes to, from or through a site."""
        return site in self._pair or any(site in line.link.ends for line in self._lines)

    def abort(self) -> None:
        """Break it off, as a line that is cut does."""
        for writer in self._writers:
            writer.transport.abort()

    async def run(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int
    ) -> None:
        """Carry until both sides have ended it, or it is broken off."""
        self._writers.append(writer)
        try:
            far_reader, far_writer = await asyncio.open_connection(HOST, port, limit=1 << 17)
        except OSError:
            writer.transport.abort()
            return
        self._writers.append(far_writer)
        self._ledger.connected(self.links)
        await self._greet()
        looking = {"dimse": (dimse, dimse), "http": (http, quiet)}.get(
            self.kind.split(":")[0], (quiet, quiet)
        )
        ends = (self.start, self.site)
        try:
            await asyncio.gather(
                self._pump(reader, far_writer, True, looking[0](self._told(*ends))),
                self._pump(far_reader, writer, False, looking[1](self._told(*ends[::-1]))),
            )
        except OSError:
            self.abort()
        finally:
            for each in self._writers:
                each.close()

    async def _greet(self) -> None:
        """Do the TLS handshakes of the encrypted lines of the way: a round trip each."""
        for line, (near, far) in zip(self._lines, self._ends, strict=True):
            tunnel = line.tunnel()
            self._tunnels.append(tunnel)
            wait = 0.0
            for forth, data in tunnel.handshake if tunnel else ():
                start = near if forth else far
                now = asyncio.get_running_loop().time()
                wait += line.due(start, now, len(data)) - now
                self._count(line, start, data)
            if wait:
                await asyncio.sleep(wait)

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, forth: bool,
        grammar: Grammar,
    ) -> None:  # fmt: skip
        sniffer = Sniffer(grammar)
        under_way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(_AHEAD)
        sending = asyncio.ensure_future(_arrive(under_way, writer))
        loop = asyncio.get_running_loop()
        try:
            while True:
                data = await reader.read(_CHUNK)
                if data:
                    sniffer.feed(data)
                    self._weigh(len(data))
                    due = self._carry(forth, loop.time(), data)
                else:
                    due = loop.time() + sum(line.link.ms for line in self._lines) / 1000
                if under_way.full():
                    putting = asyncio.ensure_future(under_way.put((due, data)))
                    await asyncio.wait({putting, sending}, return_when=asyncio.FIRST_COMPLETED)
                    if not putting.done():
                        putting.cancel()
                        break
                else:
                    under_way.put_nowait((due, data))
                if not data or sending.done():
                    break
            await sending
        finally:
            sending.cancel()

    def _carry(self, forth: bool, at: float, data: bytes) -> float:
        """Have bytes go over each line in turn; when they come out at the end of the last."""
        self._ledger.passed(self._pair, len(data))
        way = list(zip(self._lines, self._tunnels, self._ends, strict=True))
        for line, tunnel, (near, far) in way if forth else way[::-1]:
            start = near if forth else far
            on_line = data
            if tunnel is not None:
                on_line, data = tunnel.carry(forth, data)
            at = line.due(start, at, len(on_line))
            self._count(line, start, on_line)
        return at

    def _count(self, line: Line, start: str, on_line: bytes) -> None:
        self._ledger.carried(line.link.name, start, len(on_line))
        line.heard(on_line)

    def _told(self, source: str, target: str) -> Told:
        links = self.links if source == self.start else self.links[::-1]

        def told(kind: str, what: str) -> None:
            self._grow = self._ledger.message(kind, source, target, what, links)

        return told

    def _weigh(self, count: int) -> None:
        """Bytes count for the message that began last; those before the first, for that one."""
        self._before += count
        if self._grow is not None:
            self._grow(self._before)
            self._before = 0


async def _arrive(
    under_way: asyncio.Queue[tuple[float, bytes]], writer: asyncio.StreamWriter
) -> None:
    loop = asyncio.get_running_loop()
    while True:
        due, data = await under_way.get()
        wait = due - loop.time()
        if wait > 0:
            await asyncio.sleep(wait)
        if not data:
            if writer.can_write_eof():
                writer.write_eof()
            return
        writer.write(data)
        await writer.drain()


def _ends(start: str, lines: Sequence[Line]) -> list[tuple[str, str]]:
    """The near and the far end of each line, seen from the one who calls."""
    found, here = [], start
    for line in lines:
        far = line.link.to if line.link.from_ == here else line.link.from_
        found.append((here, far))
        here = far
    return found
