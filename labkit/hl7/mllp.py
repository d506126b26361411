"""MLLP: how a message is put on a TCP connection (HL7 v2 Transport: MLLP release 1).

A message is not told its length. It stands between a byte 0B and the bytes 1C 0D, and the answer
comes back on the same connection in the same way. That is all of the protocol.
"""

from __future__ import annotations

import socket
import socketserver
import ssl
import threading
from collections.abc import Callable

from labkit.common.errors import NetworkError, PortTaken

START, END = b"\x0b", b"\x1c\x0d"
_HANDSHAKE = 10.0  # seconds
LIMIT = 1 << 20
"""Bytes of the longest message that is taken."""


def frame(message: bytes) -> bytes:
    """Put a message between its marks."""
    return START + message + END


def receive(
    connection: socket.socket, before: bytes = b"", stall: float | None = None
) -> tuple[bytes | None, bytes]:
    """Read one message.

    Parameters
    ----------
    before
        What an earlier call had left over.
    stall
        Seconds that the sender may stop in the middle of a message; `None` leaves the connection's
        own timeout.

    Returns
    -------
    tuple
        The message without its marks, or ``None`` if the connection ended before one was whole; and
        what has been read beyond it.

    Raises
    ------
    NetworkError
        It is longer than `LIMIT`.
    """
    data = before
    while True:
        start = data.find(START)
        end = data.find(END, start + 1) if start >= 0 else -1
        if end >= 0:
            return data[start + 1 : end], data[end + len(END) :]
        if start < 0:
            data = b""  # whatever comes before the first mark is no message
        elif len(data) > LIMIT:
            raise NetworkError(
                f"the message is longer than {LIMIT} bytes, or its end mark 1C 0D is missing",
                remedy="End each message with the bytes 1C 0D.",
            )
        if stall is not None:  # between two messages a sender may be silent for as long as it likes
            connection.settimeout(stall if data else None)
        more = connection.recv(65536)
        if not more:
            return None, b""
        data += more


def send(
    host: str,
    port: int,
    message: str | bytes,
    *,
    timeout: float = 10.0,
    tls: ssl.SSLContext | None = None,
) -> str:
    """Send one message and return its acknowledgement.

    Parameters
    ----------
    message
        Text is sent in UTF-8, with a carriage return after each segment; bytes as they are.
    timeout
        Seconds to wait for the connection and for each part of the answer.
    tls
        With a context, the message goes by TLS.

    Raises
    ------
    NetworkError
        Nobody listens, or no answer came.
    """
    if isinstance(message, str):
        lines = [line.strip() for line in message.splitlines() if line.strip()]
        message = ("\r".join(lines) + "\r").encode("utf-8")
    try:
        with socket.create_connection((host, port), timeout) as plain:
            connection = tls.wrap_socket(plain, server_hostname=host) if tls else plain
            with connection:
                connection.sendall(frame(message))
                answer, _ = receive(connection)
    except OSError as error:
        raise NetworkError(
            f"no HL7 connection to {host}:{port} ({error})",
            remedy="Check that the receiving system runs, and its port.",
        ) from error
    if answer is None:
        raise NetworkError(
            "the connection was closed without an acknowledgement",
            remedy="Look into the receiver's log; do not take the message as delivered.",
        )
    return answer.decode("utf-8", "replace")


class MllpListener:
    """Listens for messages and answers each.

    Parameters
    ----------
    answer
        Called with the bytes of each message, in the thread of its connection; returns the bytes of
        the acknowledgement.
    tls
        With a context, it speaks TLS and nothing else.
    stall
        Seconds that a sender may stop in the middle of a message.
    """

    def __init__(
        self,
        answer: Callable[[bytes], bytes],
        *,
        tls: ssl.SSLContext | None = None,
        stall: float = 30.0,
    ) -> None:
        self._answer, self._stall = answer, stall
        self._tls = tls
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def running(self) -> bool:
        """Whether it listens."""
        return self._server is not None

    def start(self, port: int = 0, host: str = "127.0.0.1") -> int:
        """Listen; return the port.

        Raises
        ------
        PortTaken
            Another program has it.
        """
        try:
            self._server = _Server((host, port), self._answer, self._tls, self._stall)
        except OSError as error:
            raise PortTaken(
                f"the HL7 listener cannot have port {port}: {error.strerror}",
                remedy="Take another port, or 0 for a free one.",
            ) from error
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True
        )
        self._thread.start()
        return int(self._server.server_address[1])

    def stop(self) -> None:
        """Stop listening, and end the connections that are open."""
        server, self._server = self._server, None
        if server is None:
            return
        server.shutdown()
        server.server_close()
        server.hang_up()
        if self._thread is not None:
            self._thread.join()
            self._thread = None


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False
    allow_reuse_address = False

    def __init__(
        self,
        address: tuple[str, int],
        answer: Callable[[bytes], bytes],
        tls: ssl.SSLContext | None,
        stall: float,
    ) -> None:
        super().__init__(address, _Conversation)
        self.answer, self.tls, self.stall = answer, tls, stall
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()

    def opened(self, connection: socket.socket) -> None:
        with self._lock:
            self._open.add(connection)

    def closed(self, connection: socket.socket) -> None:
        with self._lock:
            self._open.discard(connection)

    def hang_up(self) -> None:
        with self._lock:
            for connection in self._open:
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    continue  # the peer was faster


class _Conversation(socketserver.BaseRequestHandler):
    """One connection: messages one after the other until the sender hangs up."""

    server: _Server

    def handle(self) -> None:
        connection: socket.socket = self.request
        rest = b""
        if self.server.tls is not None:
            try:
                connection.settimeout(_HANDSHAKE)
                connection = self.server.tls.wrap_socket(connection, server_side=True)
                connection.settimeout(None)
            except OSError:
                return  # no TLS, or no certificate that is trusted: nothing was read of it
        self.server.opened(connection)
        try:
            while True:
                message, rest = receive(connection, rest, self.server.stall)
                if message is None:
                    return
                answer = frame(self.server.answer(message))
                connection.settimeout(self.server.stall)  # nor for ever for one who does not read
                connection.sendall(answer)
        except (OSError, NetworkError):
            return  # the sender has gone, or sends no messages: there is nobody to answer
        finally:
            self.server.closed(connection)
            connection.close()
