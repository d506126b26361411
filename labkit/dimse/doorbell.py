"""Waiting for sockets and for other threads at once."""

from __future__ import annotations

import queue
import select
import socket
from collections.abc import Callable, Sequence
from typing import Any


def wait_readable(sockets: Sequence[socket.socket], timeout: float) -> list[int]:
    """Wait until one of `sockets` has something to read, at most `timeout` seconds.

    Returns
    -------
    list of int
        The file descriptors that have.
    """
    timeout = max(timeout, 0.0)
    if hasattr(select, "poll"):  # select.select refuses file descriptors over 1023
        poll = select.poll()
        for sock in sockets:
            poll.register(sock, select.POLLIN)
        return [fd for fd, _ in poll.poll(timeout * 1000)]
    return [sock.fileno() for sock in select.select(sockets, [], [], timeout)[0]]


class Doorbell:
    """Wakes a thread that waits on sockets; ringing it twice is ringing it once."""

    def __init__(self) -> None:
        self.socket, self._button = socket.socketpair()
        self.socket.setblocking(False)
        self._button.setblocking(False)

    def ring(self) -> None:
        """Have `socket` readable."""
        try:
            self._button.send(b"!")
        except OSError:  # full, so it rings already; or closed, so nobody waits
            return

    def silence(self) -> None:
        """Have it not readable again."""
        try:
            self.socket.recv(4096)
        except OSError:  # it did not ring
            return

    def close(self) -> None:
        """Give its file descriptors back."""
        self.socket.close()
        self._button.close()


class RingingQueue(queue.Queue[Any]):
    """A queue that rings a bell after each ``put``."""

    def __init__(self, ring: Callable[[], None]) -> None:
        super().__init__()
        self._ring = ring

    def put(self, item: Any, block: bool = True, timeout: float | None = None) -> None:
        """Put, then ring."""
        super().put(item, block, timeout)
        self._ring()
