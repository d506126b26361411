"""What is waited for, and how long, on a clock that the test moves."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
import uvicorn
from uvicorn.server import ServerState

from labkit.common.patience import Patience, PatientProtocol, patient

PATIENCE = Patience(head=20, body=20, least=100, unread=40)
HEAD = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n"


class Transport(asyncio.Transport):
    """Keeps what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.said, self.end, self.left = b"", "", 0

    def write(self, data: Any) -> None:
        self.said += data

    def get_write_buffer_size(self) -> int:
        return self.left

    def close(self) -> None:
        self.end = self.end or "closed"

    def abort(self) -> None:
        self.end = "aborted"

    def is_closing(self) -> bool:
        return bool(self.end)

    def pause_reading(self) -> None:
        self.paused = True

    def resume_reading(self) -> None:
        self.paused = False


class Time:
    """A loop whose clock stands until it is moved; tasks are the real loop's."""

    def __init__(self) -> None:
        self.now = 0.0
        self._loop = asyncio.get_running_loop()
        self._due: list[tuple[float, Callable[[], None]]] = []

    def time(self) -> float:
        return self.now

    def create_task(self, work: Any, **how: Any) -> Any:
        return self._loop.create_task(work, **how)

    def call_later(self, delay: float, act: Callable[[], None], *args: Any) -> Any:
        entry = (self.now + delay, act)
        self._due.append(entry)
        return type(
            "Timer", (), {"cancel": lambda _: entry in self._due and self._due.remove(entry)}
        )()

    async def pass_(self, seconds: float) -> None:
        """Move the clock, in steps of one second."""
        for _ in range(round(seconds)):
            self.now += 1
            for entry in [e for e in self._due if e[0] <= self.now]:
                if entry in self._due:
                    self._due.remove(entry)
                    entry[1]()
            await asyncio.sleep(0)


class Server:
    """One connection to an application that reads its request to the end."""

    def __init__(self) -> None:
        self.time, self.transport = Time(), Transport()
        self.heard: list[str] = []
        config = uvicorn.Config(
            self.app,
            http=patient(PATIENCE),
            ws="none",
            lifespan="off",
            interface="asgi3",
            log_config=None,
        )
        config.load()
        made = config.http_protocol_class(  # type: ignore[call-arg]
            config=config, server_state=ServerState(), app_state={}, _loop=self.time
        )
        assert isinstance(made, PatientProtocol)
        self.protocol = made
        made.connection_made(self.transport)

    async def app(self, scope: Any, receive: Any, send: Any) -> None:
        while True:
            message = await receive()
            self.heard.append(message["type"])
            if message["type"] == "http.disconnect":
                return
            if not message.get("more_body"):
                break
        await send(
            {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]}
        )
        await send({"type": "http.response.body", "body": b"ok"})

    async def say(self, data: bytes) -> None:
        self.protocol.data_received(data)
        for _ in range(5):
            await asyncio.sleep(0)


def played(act: Callable[[], Any]) -> None:
    asyncio.run(act())


def test_who_says_nothing_or_only_a_part_of_a_head_is_told_408() -> None:
    async def act() -> None:
        for said in (b"", b"GET / HT"):
            server = Server()
            await server.time.pass_(10)
            if said:
                await server.say(said)
            await server.time.pass_(9)
            assert server.transport.end == ""
            await server.time.pass_(10)
            assert server.transport.end == "closed"
            assert server.transport.said.startswith(b"HTTP/1.1 408 ")
            assert b"head" in server.transport.said

    played(act)


def test_a_body_that_is_slow_but_comes_is_taken() -> None:
    async def act() -> None:
        server = Server()
        await server.say(HEAD)
        for _ in range(10):
            await server.time.pass_(15)
            await server.say(b"x" * 100)
        assert server.transport.said.startswith(b"HTTP/1.1 200 ")
        assert server.transport.end == ""

    played(act)


def test_a_body_that_trickles_is_cut_off_and_the_application_hears_of_it() -> None:
    async def act() -> None:
        server = Server()
        await server.say(HEAD)
        for _ in range(60):
            await server.time.pass_(1)
            if not server.transport.end:
                await server.say(b"x")
        assert server.transport.said.startswith(b"HTTP/1.1 408 ")
        assert server.transport.end == "closed"
        assert server.heard[-1] == "http.disconnect"

    played(act)


def test_our_own_delay_is_not_held_against_the_client() -> None:
    async def act() -> None:
        server = Server()
        await server.say(HEAD)
        server.protocol.flow.pause_reading()  # the application is behind with the body
        await server.time.pass_(200)
        assert server.transport.end == ""

    played(act)


def test_an_answer_that_nobody_reads_is_given_up_and_one_that_is_read_is_not() -> None:
    async def act() -> None:
        server = Server()
        server.protocol.flow.pause_writing()  # what it was told before is still on the way
        await server.say(HEAD + b"x" * 1000)
        server.transport.left = 10_000
        for _ in range(10):
            await server.time.pass_(30)
            server.transport.left -= 1
        assert server.transport.end == "", "a slow reader is served"
        await server.time.pass_(70)
        assert server.transport.end == "aborted"

    played(act)


@pytest.mark.parametrize("pause", [3, 4])
def test_between_two_requests_uvicorn_keeps_the_time(pause: int) -> None:
    async def act() -> None:
        server = Server()
        for _ in range(8):
            await server.say(HEAD + b"x" * 1000)
            await server.time.pass_(pause)
        assert server.transport.said.count(b"HTTP/1.1 200 ") == 8
        assert server.transport.end == ""
        await server.time.pass_(10)
        assert server.transport.end == "closed"
        assert b" 408 " not in server.transport.said

    played(act)
