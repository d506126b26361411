"""An answer of many pieces, made in a worker thread ahead of what the network takes.

Starlette asks a worker thread for each piece, and has the next one made when the last has been
sent: two changes of threads a piece, and reading and sending take turns. Here the thread goes on
while the event loop sends, until `AHEAD` bytes wait; what waits is sent together.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterator

import anyio
from starlette.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

AHEAD = 1 << 20
"""Bytes that wait to be sent, at which no more are made; one piece may go over it."""


class Stream(StreamingResponse):
    """Sends pieces as they are made.

    An error of the iterator is raised once what came before it is sent: the answer then breaks off,
    and cannot be mistaken for a whole one.

    Parameters
    ----------
    content
        What is sent.
    status, headers
        What is sent before it.
    source
        What the content is made of: closed at the end, whatever that is, so that a source gives
        back what it holds for a client who has left.
    """

    def __init__(
        self,
        content: Iterator[bytes],
        status: int,
        headers: dict[str, str],
        source: Iterator[bytes],
    ) -> None:
        super().__init__(content, status, headers)
        self._content, self._source = content, source

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer; ends early where the client leaves."""
        pump = _Pump(self._content)
        failed: list[Exception] = []
        try:
            async with anyio.create_task_group() as group:

                async def sending() -> None:
                    try:
                        await self._send(send, pump)
                    except Exception as error:  # raised below: not as a group of one
                        failed.append(error)
                    group.cancel_scope.cancel()

                group.start_soon(sending)
                while (await receive())["type"] != "http.disconnect":
                    pass
                group.cancel_scope.cancel()
        finally:
            close = getattr(self._source, "close", None)
            if close:
                close()
        if failed:
            raise failed[0]

    async def _send(self, send: Send, pump: _Pump) -> None:
        await send(
            {
                "type": "http.response.start",
                "status": self.status_code,
                "headers": self.raw_headers,
            }
        )
        async with anyio.create_task_group() as group:
            try:
                while not pump.done:
                    if pump.wants_work:
                        pump.working = True
                        group.start_soon(pump.work)
                    body = pump.take()
                    if body:
                        await send({"type": "http.response.body", "body": body, "more_body": True})
                    else:
                        await pump.news()
            finally:
                pump.stopped = True
        if pump.error is not None:
            raise pump.error
        await send({"type": "http.response.body", "body": b"", "more_body": False})


class _Pump:
    """Pieces on their way from a worker thread to the event loop."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._ready: deque[bytes] = deque()
        self._made = self._taken = 0  # bytes; each is counted by one thread alone
        self._loop = asyncio.get_running_loop()
        self._bell = asyncio.Event()
        self._rung = False
        self._ended = False
        self.error: Exception | None = None
        self.working = self.stopped = False

    @property
    def done(self) -> bool:
        """Whether there is nothing more to send."""
        return self._ended and not self.working and not self._ready

    @property
    def wants_work(self) -> bool:
        """Whether a thread should make more."""
        return not (self.working or self._ended) and self._made - self._taken < AHEAD

    def take(self) -> bytes:
        """All that waits."""
        self._rung = False  # before looking: what comes from here on rings again
        pieces = [self._ready.popleft() for _ in range(len(self._ready))]
        body = pieces[0] if len(pieces) == 1 else b"".join(pieces)
        self._taken += len(body)
        return body

    async def news(self) -> None:
        """Wait until there is something to look at."""
        await self._bell.wait()
        self._bell.clear()

    async def work(self) -> None:
        """Have pieces made."""
        try:
            await run_in_threadpool(self._make)
        finally:
            self.working = False
            self._bell.set()

    def _make(self) -> None:
        while not self.stopped and self._made - self._taken < AHEAD:
            try:
                piece = next(self._pieces, None)
            except Exception as error:
                self.error, piece = error, None
            if piece is None:
                self._ended = True
                return
            self._ready.append(piece)
            self._made += len(piece)
            if not self._rung:
                self._rung = True
                self._loop.call_soon_threadsafe(self._bell.set)
