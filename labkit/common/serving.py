"""Serve one ASGI application on loopback, in a thread of its own."""

from __future__ import annotations

import socket
import threading
import time
from typing import TYPE_CHECKING, Any

import uvicorn

from labkit.common.errors import LabError
from labkit.common.patience import Patience, patient

if TYPE_CHECKING:
    from starlette.types import ASGIApp

HOST = "127.0.0.1"


def listening(port: int) -> socket.socket:
    """Bind a free loopback port: `port` where it can be had, else any.

    On Windows ``SO_REUSEADDR`` would let two programs share a port, so there it is not set.
    """
    for wanted in dict.fromkeys((port, 0)):
        # asyncio sets TCP_NODELAY only if the protocol is named; else each answer waits 40 ms.
        sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        if hasattr(socket, "SO_EXCLUSIVEADDRUSE"):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind((HOST, wanted))
            sock.listen(64)
        except OSError:
            sock.close()
            if wanted == 0:
                raise
            continue
        return sock
    raise AssertionError("unreachable: port 0 either binds or raises")


class HttpService:
    """An application, its port, and the thread that serves it.

    Parameters
    ----------
    name
        Of its thread, and in errors.
    patience
        How long it waits for a client that is slow or has stopped.
    """

    def __init__(self, name: str, patience: Patience | None = None) -> None:
        self.name = name
        self._patience = patience
        self.port = 0
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None
        self._socket: socket.socket | None = None

    @property
    def running(self) -> bool:
        """Whether it answers now."""
        return self._thread is not None and self._thread.is_alive()

    def bind(self, port: int = 0) -> int:
        """Take a port now, so that an application can be told its own address before it starts."""
        return self.take(listening(port))

    def take(self, sock: socket.socket) -> int:
        """Serve on a socket that listens already: at an address that the user named."""
        self._socket = sock
        self.port = sock.getsockname()[1]
        return self.port

    def start(self, app: ASGIApp) -> None:
        """Serve `app` on the port that was bound; returns when it answers."""
        assert self._socket is not None, "bind() comes first"
        settings: dict[str, Any] = {
            "loop": "asyncio", "http": patient(self._patience), "ws": "none",
        }  # fmt: skip
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            lifespan="off",
            timeout_graceful_shutdown=1,
            server_header=False,
            **settings,
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(
            target=server.run, args=([self._socket],), name=f"http-{self.name}", daemon=True
        )
        thread.start()
        while not server.started:
            if not thread.is_alive():
                raise LabError(f"The {self.name} service did not start.", remedy="Read lab.log.")
            time.sleep(0.002)
        self._server, self._thread = server, thread

    def stop(self) -> None:
        """Stop answering and free the port."""
        if self._server is not None and self._thread is not None:
            self._server.should_exit = True
            self._thread.join(timeout=5)
        if self._socket is not None:
            self._socket.close()
        self._server = self._thread = self._socket = None
