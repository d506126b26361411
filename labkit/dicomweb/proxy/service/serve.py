"""The process of a façade: serves until a SIGTERM, finishes what is under way, and ends with 0."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import uvicorn

from labkit.common.errors import PortTaken
from labkit.common.patience import patient

if TYPE_CHECKING:
    from starlette.types import ASGIApp


def listen(bind: str, port: int) -> socket.socket:
    """Take the port.

    Raises
    ------
    PortTaken
        It cannot be had.
    """
    try:
        family, kind, _, _, address = socket.getaddrinfo(
            bind, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        # asyncio sets TCP_NODELAY only if the protocol is named; else each answer waits 40 ms.
        sock = socket.socket(family, kind, socket.IPPROTO_TCP)
    except OSError as error:
        raise _taken(bind, port, error) from error
    if hasattr(socket, "SO_EXCLUSIVEADDRUSE"):  # Windows: two programs could share a port
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
    else:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind(address)
        sock.listen(256)
    except OSError as error:
        sock.close()
        raise _taken(bind, port, error) from error
    return sock


def _taken(bind: str, port: int, error: OSError) -> PortTaken:
    return PortTaken(
        f"{bind} port {port} cannot be listened on: {error.strerror or error}",
        remedy="End the other program, or change bind and port in [proxy].",
    )


def serve(
    app: ASGIApp,
    sock: socket.socket,
    *,
    finish: float,
    certificate: tuple[str, str] | None = None,
    started: Callable[[], None] = lambda: None,
    stopping: Callable[[], None] = lambda: None,
) -> None:
    """Serve until SIGTERM or SIGINT; returns when the last answer has gone, or was cut off.

    Parameters
    ----------
    app
        What is served.
    sock
        Where: a socket that listens.
    finish
        Seconds that answers under way may take after the signal.
    certificate
        Files of certificate and key, for HTTPS.
    started, stopping
        Called when it answers, and when the signal has come.
    """
    settings: dict[str, Any] = {"loop": "asyncio", "http": patient(), "ws": "none"}
    if certificate is not None:
        settings |= {"ssl_certfile": certificate[0], "ssl_keyfile": certificate[1]}
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        lifespan="off",
        timeout_graceful_shutdown=max(1, round(finish)),
        server_header=False,
        **settings,
    )
    server = _Server(config, started, stopping)
    # uvicorn raises the signal again once it has ended; ended as asked is no failure.
    before = {
        number: signal.signal(number, lambda *_: None) for number in (signal.SIGTERM, signal.SIGINT)
    }
    try:
        asyncio.run(server.serve(sockets=[sock]))
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class _Server(uvicorn.Server):
    """Says when it begins and when it is asked to end."""

    def __init__(
        self, config: uvicorn.Config, started: Callable[[], None], stopping: Callable[[], None]
    ) -> None:
        super().__init__(config)
        self._said = started, stopping

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._said[0]()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._said[1]()
        await super().shutdown(sockets)
