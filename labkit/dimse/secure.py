"""One TLS connection, read and written by two threads.

An association is read by the upper layer's thread and written by whoever sends. A socket can do
that; an OpenSSL connection cannot be used by two threads at once, and Python has no lock of its own
around it before 3.13. So every step is taken under a lock, and waiting is done outside of it.
"""

from __future__ import annotations

import selectors
import socket
import ssl
import threading
from contextlib import suppress

PATIENCE, MOST_DRAINED = 1.0, 16  # seconds, and pieces, that a failed connection may still take
RECORD = 1 << 14  # bytes: the largest TLS record (RFC 8446 5.1)


class SecureChannel:
    """Reads and writes after the handshake.

    Parameters
    ----------
    sock
        The connection; not to be read or written otherwise from now on.
    timeout
        Seconds to wait for the other side.
    """

    def __init__(self, sock: ssl.SSLSocket, timeout: float | None) -> None:
        self._sock = sock
        self._timeout = timeout
        self._lock = threading.Lock()
        sock.settimeout(0.0)

    def poll(self, most: int) -> bytes | None:
        """Give what has come, ``b""`` at the end, or `None` where nothing has.

        A TLS connection may be readable and have nothing to say: session tickets, key updates.
        """
        with self._lock:
            try:
                return self._sock.recv(most)
            except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
                return None

    def recv(self, most: int) -> bytes:
        """Wait for something to come; ``b""`` at the end."""
        while (piece := self.poll(most)) is None:
            self._wait(selectors.EVENT_READ)
        return piece

    def sendall(self, data: bytes) -> None:
        """Write all of it."""
        view = memoryview(data)
        while view:
            wanted = 0
            with self._lock:
                try:
                    view = view[self._sock.send(view[:RECORD]) :]
                except ssl.SSLWantWriteError:
                    wanted = selectors.EVENT_WRITE
                except ssl.SSLWantReadError:
                    wanted = selectors.EVENT_READ
            if wanted:
                self._wait(wanted)

    def _wait(self, event: int) -> None:
        with selectors.DefaultSelector() as selector:
            try:
                selector.register(self._sock, event)
            except ValueError as error:  # closed under our feet
                raise ConnectionAbortedError("the connection is closed") from error
            if not selector.select(self._timeout):
                raise TimeoutError("the other side does not answer")


def close_gently(sock: socket.socket) -> None:
    """Close so that the last thing said, a TLS alert, is still read.

    A connection that is closed with bytes unread is reset (RFC 1122 4.2.2.13), and the peer may
    never see what came before.
    """
    raw = socket.socket(fileno=sock.detach())
    with raw, suppress(OSError):
        raw.shutdown(socket.SHUT_WR)
        raw.settimeout(PATIENCE)
        for _ in range(MOST_DRAINED):
            if not raw.recv(1 << 16):
                break
