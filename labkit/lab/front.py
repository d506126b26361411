"""What stands between a node and the network: firewall, gateway, or a service that hangs.

Usually nothing does, and a node listens by itself. Where something does, the node listens on a
port of its own and the front on the node's public one, so that nobody's configuration changes.
"""

from __future__ import annotations

import socket
import struct
import threading
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

from labkit.common.serving import HOST

_CHUNK = 65536
_FULL_SIZE = 16384
"""Bytes that a connection has carried when its packets are full-size ones."""
_P_DATA, _A_ABORT = 4, 7


@dataclass(frozen=True)
class Rules:
    """What a front does; the default is to let everything through.

    Attributes
    ----------
    firewall
        ``"open"``, ``"reject"`` (TCP RST) or ``"drop"`` (no answer to a SYN).
    hung
        Connections are taken by the operating system, and the service answers nothing.
    large_packets
        ``"lose"``: a connection dies once it carries much, as where "fragmentation needed" is
        filtered (RFC 2923 2.1).
    pdu_limit
        Longer P-DATA-TF are answered with an A-ABORT.
    """

    firewall: str = "open"
    hung: bool = False
    large_packets: str = "pass"
    pdu_limit: int | None = None


OPEN = Rules()


class Listener(Protocol):
    """What can be switched on and off."""

    @property
    def running(self) -> bool:
        """Whether it listens."""
        ...

    def start(self, port: int = 0) -> int:
        """Listen; return the port."""
        ...

    def stop(self) -> None:
        """Stop."""
        ...


class Front:
    """A node as the network sees it.

    Parameters
    ----------
    node
        What is behind.
    """

    def __init__(self, node: Listener) -> None:
        self._node = node
        self._gate: Gate | None = None
        self.rules = OPEN

    @property
    def running(self) -> bool:
        """Whether the node's service runs, reachable or not."""
        return self._node.running

    def start(self, port: int = 0) -> int:
        """Start the node, and what is before it; return the public port.

        Raises
        ------
        PortTaken
            Another program listens there.
        """
        if self.rules == OPEN:
            return self._node.start(port)
        if port == 0:  # a public port of its own: let the system choose one
            port = _free_port()
        inner = self._node.start(0)
        try:
            self._gate = Gate(self.rules, port, inner)
        except OSError:
            self._node.stop()
            return self._node.start(port)  # says PortTaken, as without a front
        return port

    def stop(self) -> None:
        """Stop both."""
        gate, self._gate = self._gate, None
        if gate is not None:
            gate.close()
        if self._node.running:
            self._node.stop()


class Gate:
    """Listens on a port and does with connections what its rules say.

    Parameters
    ----------
    rules
        What to do.
    port
        The public port.
    inner
        The node's own.
    host
        The address to listen on.
    """

    def __init__(self, rules: Rules, port: int, inner: int, host: str = HOST) -> None:
        self._rules, self._inner = rules, inner
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._socket = bound(port, host)
        self._closed = False
        if rules.firewall == "reject":
            return  # bound, and not listening: the port is ours, and a SYN is answered with RST
        if rules.firewall == "drop":
            self._fill()
            return
        self._socket.listen(64)
        threading.Thread(target=self._serve, name="front", daemon=True).start()

    def close(self) -> None:
        """Stop listening, and end every connection."""
        self._closed = True
        with self._lock:
            ending = [self._socket, *self._open]
            self._open.clear()
        for sock in ending:
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
            sock.close()

    def _fill(self) -> None:
        """Listen with a queue that is full: Linux and macOS then drop further SYNs."""
        self._socket.listen(0)
        for _ in range(4):
            stuck = socket.socket()
            stuck.setblocking(False)
            stuck.connect_ex((HOST, self._socket.getsockname()[1]))
            self._open.add(stuck)

    def _serve(self) -> None:
        while not self._closed:
            try:
                connection, _ = self._socket.accept()
            except OSError:  # closed
                return
            with self._lock:
                self._open.add(connection)
            threading.Thread(
                target=self._carry, args=(connection,), name="front-connection", daemon=True
            ).start()

    def _carry(self, connection: socket.socket) -> None:
        if self._rules.hung:
            return  # kept open, never read
        with suppress(OSError):
            inner = socket.create_connection((HOST, self._inner))
            inner.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                self._open.add(inner)
            back = threading.Thread(
                target=self._pump, args=(inner, connection), name="front-back", daemon=True
            )
            back.start()
            if self._rules.pdu_limit is not None:
                self._watch_pdus(connection, inner, self._rules.pdu_limit)
            else:
                self._pump(connection, inner, lose=self._rules.large_packets == "lose")
            back.join()
        self._drop(connection)

    def _pump(self, origin: socket.socket, target: socket.socket, *, lose: bool = False) -> None:
        carried = 0
        with suppress(OSError):
            while data := origin.recv(_CHUNK):
                carried += len(data)
                if lose and carried > _FULL_SIZE:
                    continue  # read and lost, as the sender's packets are on the way
                target.sendall(data)
        with suppress(OSError):
            target.shutdown(socket.SHUT_WR)

    def _watch_pdus(self, origin: socket.socket, target: socket.socket, limit: int) -> None:
        """Pass PDU by PDU, and abort at the first that is too long (PS3.8 9.3.8, source 2)."""
        with suppress(OSError):
            while head := _exactly(origin, 6):
                kind, length = struct.unpack(">BxL", head)
                if kind == _P_DATA and length > limit:
                    origin.sendall(struct.pack(">BxLxxBB", _A_ABORT, 4, 2, 6))
                    break
                target.sendall(head + _exactly(origin, length))
        with suppress(OSError):
            target.shutdown(socket.SHUT_RDWR)
            origin.shutdown(socket.SHUT_RD)

    def _drop(self, connection: socket.socket) -> None:
        with self._lock:
            self._open.discard(connection)
        connection.close()


def _exactly(origin: socket.socket, count: int) -> bytes:
    """Read `count` bytes; fewer only where the other side has ended."""
    data = b""
    while len(data) < count and (more := origin.recv(count - len(data))):
        data += more
    return data


def bound(port: int, host: str = HOST) -> socket.socket:
    """Take a port without listening on it: whoever connects is refused."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    if hasattr(socket, "SO_EXCLUSIVEADDRUSE"):  # Windows: see labkit.common.serving
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
    else:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((host, port))
    except OSError:
        sock.close()
        raise
    return sock


def _free_port() -> int:
    with bound(0) as sock:
        return int(sock.getsockname()[1])
