"""A line to a store on this machine that can be cut while something is under way."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress

from labkit.common.serving import HOST, listening

_READ = 64 * 1024


class Line:
    """A TCP relay, from a port of this machine.

    Parameters
    ----------
    port, host
        Where it leads; a port of this machine by default.
    """

    def __init__(self, port: int, host: str = HOST) -> None:
        self._target = (host, port)
        self._left: int | None = None
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._door = listening(0)
        self.port: int = self._door.getsockname()[1]
        threading.Thread(target=self._accept, name="cloud-line", daemon=True).start()

    def cut(self, after: int = 0) -> None:
        """Cut it once `after` more bytes have gone towards the store."""
        with self._lock:
            self._left = after
        if not after:
            self._drop()

    def mend(self) -> None:
        """Let all pass again."""
        with self._lock:
            self._left = None

    def close(self) -> None:
        """Take it down."""
        with suppress(OSError):
            self._door.shutdown(socket.SHUT_RDWR)
        self._door.close()
        self._drop()

    def _drop(self) -> None:
        with self._lock:
            ends, self._open = self._open, set()
        for end in ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._door.accept()
            except OSError:
                return
            with self._lock:
                closed = self._left is not None and self._left <= 0
            if closed:
                near.close()
                continue
            try:
                far = socket.create_connection(self._target)
            except OSError:
                near.close()
                continue
            with self._lock:
                self._open |= {near, far}
            for one, other, counts in ((near, far, True), (far, near, False)):
                threading.Thread(target=self._carry, args=(one, other, counts), daemon=True).start()

    def _carry(self, one: socket.socket, other: socket.socket, counts: bool) -> None:
        with suppress(OSError):
            while data := one.recv(_READ):
                if counts:
                    with self._lock:
                        if self._left is not None:
                            data = data[: max(self._left, 0)]
                            self._left -= len(data)
                        gone = self._left is not None and self._left <= 0
                    if data:
                        other.sendall(data)
                    if gone:
                        break
                else:
                    other.sendall(data)
        with self._lock:
            cut = self._left is not None and self._left <= 0
        if cut:
            self._drop()
        for end in (one, other):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
        with self._lock:
            self._open -= {one, other}
