"""Peers that misbehave on the wire: a proxy that cuts, and a server with a script."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

from labkit.dimse import Peer


def read_pdu(sock: socket.socket) -> bytes:
    """Read one PDU, or give ``b""`` at the end of the connection."""
    head = b""
    while len(head) < 6:
        more = sock.recv(6 - len(head))
        if not more:
            return b""
        head += more
    left, body = int.from_bytes(head[2:6], "big"), b""
    while len(body) < left:
        more = sock.recv(left - len(body))
        if not more:
            return b""
        body += more
    return head + body


class Wire:
    """Listens on a free port and runs `serve(connection, number)` for each connection."""

    def __init__(self, serve: Callable[[socket.socket, int], None]) -> None:
        self._serve = serve
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.connections = 0
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def peer(self) -> Peer:
        return Peer("ARCHIVE", "127.0.0.1", self._listener.getsockname()[1])

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            args = (connection, self.connections)
            threading.Thread(target=self._run, args=args, daemon=True).start()

    def _run(self, connection: socket.socket, number: int) -> None:
        with connection:
            try:
                self._serve(connection, number)
            except OSError:
                return

    def __enter__(self) -> Wire:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Take no more connections; a thread in accept() would keep a closed socket listening."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


def answering(*answers: bytes) -> Wire:
    """Answer the n-th PDU of each connection with the n-th bytes; then read to the end."""

    def serve(connection: socket.socket, number: int) -> None:
        for answer in answers:
            if not read_pdu(connection):
                return
            connection.sendall(answer)
        while connection.recv(4096):
            pass

    return Wire(serve)


def between(target: Peer, alter: Callable[[bytes], bytes | None]) -> Wire:
    """Pass everything on to `target`, and its answers as ``alter(pdu)`` gives them.

    Where it gives ``None`` the connection ends: the target has sent an answer that never arrives.
    """

    def serve(connection: socket.socket, number: int) -> None:
        with socket.create_connection((target.host, target.port)) as upstream:

            def forward() -> None:
                try:
                    while data := connection.recv(65536):
                        upstream.sendall(data)
                    upstream.shutdown(socket.SHUT_WR)
                except OSError:
                    return

            threading.Thread(target=forward, daemon=True).start()
            while pdu := read_pdu(upstream):
                altered = alter(pdu)
                if altered is None:
                    connection.shutdown(socket.SHUT_RDWR)
                    return
                connection.sendall(altered)

    return Wire(serve)


def until(true: Any, seconds: float = 5.0) -> bool:
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def raw(peer: Peer) -> socket.socket:
    return socket.create_connection((peer.host, peer.port))


def idle(scp: Any) -> bool:
    return not scp.ae.active_associations
