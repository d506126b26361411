"""An answer of many pieces: whole and in order, ahead of the network by so much, then closed."""

import asyncio
import threading
from collections.abc import Callable, Iterator

import pytest
from starlette.types import Message

from labkit.dicomweb.streaming import AHEAD, Stream

PIECE = 1 << 16


class Client:
    """What an ASGI server does: takes what is sent, and says when the client leaves."""

    def __init__(self, leaves_after: int = -1) -> None:
        self.sent: list[Message] = []
        self.left = asyncio.Event()
        self.leaves_after = leaves_after
        self.may_read = asyncio.Event()
        self.may_read.set()

    async def receive(self) -> Message:
        await self.left.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        await self.may_read.wait()
        self.sent.append(message)
        if len(self.sent) == self.leaves_after:
            self.left.set()

    @property
    def body(self) -> bytes:
        return b"".join(m.get("body", b"") for m in self.sent)


class Source:
    """Pieces, of which it is known how many were made, and whether they were closed."""

    def __init__(self, count: int, fails_at: int = -1) -> None:
        self.made = 0
        self.threads: set[int] = set()
        self.closed = False
        self._count, self._fails_at = count, fails_at

    def pieces(self) -> Iterator[bytes]:
        try:
            for number in range(self._count):
                if number == self._fails_at:
                    raise LookupError("lost")
                self.threads.add(threading.get_ident())
                self.made += 1
                yield bytes([number % 251]) * PIECE
        finally:
            self.closed = True


async def answered(pieces: Iterator[bytes], client: Client) -> None:
    stream = Stream(pieces, 200, {"Content-Type": "text/plain"}, pieces)
    await stream({"type": "http"}, client.receive, client.send)


def test_all_of_it_in_order_from_a_thread_that_is_not_the_loops() -> None:
    async def run() -> None:
        source, client = Source(100), Client()
        await answered(source.pieces(), client)
        assert client.body == b"".join(bytes([n % 251]) * PIECE for n in range(100))
        assert client.sent[0]["status"] == 200
        assert [m["more_body"] for m in client.sent[1:]][-2:] == [True, False]
        assert source.closed and threading.get_ident() not in source.threads

    asyncio.run(run())


def test_no_more_is_made_than_may_wait() -> None:
    async def run() -> None:
        source, client = Source(1000), Client()
        client.may_read.clear()
        task = asyncio.ensure_future(answered(source.pieces(), client))
        # The start waits to be sent; nothing is made before.
        await asyncio.sleep(0)
        assert source.made == 0
        client.may_read.set()
        while len(client.sent) < 2:
            await asyncio.sleep(0.001)
        client.may_read.clear()
        await _steady(lambda: source.made)
        taken = len(client.body)
        # What is sent just now, what waits, and the piece that goes over it.
        assert source.made * PIECE <= taken + 2 * AHEAD + 2 * PIECE
        client.may_read.set()
        await task
        assert len(client.body) == 1000 * PIECE

    asyncio.run(run())


async def _steady(value: Callable[[], int]) -> None:
    before = -1
    while value() != before:
        before = value()
        for _ in range(50):
            await asyncio.sleep(0.001)


def test_an_error_breaks_it_off_after_what_came_before() -> None:
    async def run() -> None:
        source, client = Source(10, fails_at=5), Client()
        with pytest.raises(LookupError):
            await answered(source.pieces(), client)
        assert len(client.body) == 5 * PIECE
        assert all(m["type"] != "http.response.body" or m["more_body"] for m in client.sent)
        assert source.closed

    asyncio.run(run())


def test_a_client_who_leaves_ends_it_and_the_source_is_closed() -> None:
    async def run() -> None:
        source, client = Source(1000), Client(leaves_after=3)
        await answered(source.pieces(), client)
        assert source.made < 1000
        assert source.closed

    asyncio.run(run())


def test_one_who_left_before_the_first_piece() -> None:
    class Left:
        closed = False

        def __iter__(self) -> "Left":
            return self

        def __next__(self) -> bytes:
            return b"x"

        def close(self) -> None:
            self.closed = True

    async def run() -> None:
        source, client = Left(), Client()
        client.left.set()
        client.may_read.clear()
        await answered(source, client)
        assert source.closed and not client.sent

    asyncio.run(run())
