"""A tap on the wire: passes bytes between two ends, and keeps them. What a sniffer has."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from types import TracebackType

_CHUNK = 65536


class WireTap:
    """Listens on a port of its own and passes each connection on.

    Parameters
    ----------
    host, port
        Where to.

    Attributes
    ----------
    sent, answered
        What went there, and what came back, of all connections.
    """

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._listening.settimeout(0.1)
        self._closing = False
        self.port = int(self._listening.getsockname()[1])
        self.sent, self.answered = bytearray(), bytearray()
        self._threads: list[threading.Thread] = []
        self._open: list[socket.socket] = []

    def __enter__(self) -> WireTap:
        self._begin(self._serve)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        self._closing = True
        for sock in self._open:
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        for thread in list(self._threads):
            thread.join(5)
        for sock in (self._listening, *self._open):
            sock.close()

    def _begin(self, act: object, *args: object) -> None:
        thread = threading.Thread(target=act, args=args, daemon=True)  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()

    def _serve(self) -> None:
        with suppress(OSError):  # closed
            while not self._closing:
                try:
                    near, _ = self._listening.accept()
                except TimeoutError:  # closing does not wake an accept everywhere
                    continue
                near.settimeout(None)
                self._open.append(near)
                far = socket.create_connection(self._target)
                self._open.append(far)
                self._begin(self._pass, near, far, self.sent)
                self._begin(self._pass, far, near, self.answered)

    @staticmethod
    def _pass(origin: socket.socket, target: socket.socket, kept: bytearray) -> None:
        with suppress(OSError):
            while data := origin.recv(_CHUNK):
                kept += data
                target.sendall(data)
        with suppress(OSError):
            target.shutdown(socket.SHUT_WR)
