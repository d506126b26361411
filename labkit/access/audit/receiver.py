"""An audit record repository in small, for lessons and tests: it keeps messages in memory."""

from __future__ import annotations

import socket
import ssl
import threading

from labkit.common.errors import DataError

MOST = 1 << 20
_DIGITS = 7


class SyslogReceiver:
    """Takes syslog messages over TLS (RFC 5425) on a free port of this machine.

    Parameters
    ----------
    tls
        The server's context; with ``verify_mode = CERT_REQUIRED`` senders show who they are.

    Attributes
    ----------
    messages
        What has arrived, in order.
    refused
        Why connections ended before their time.
    """

    def __init__(self, tls: ssl.SSLContext) -> None:
        self._tls = tls
        self.messages: list[bytes] = []
        self.refused: list[str] = []
        self._changed = threading.Condition()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._accept, name="audit receiver", daemon=True).start()

    def wait(self, count: int, timeout: float = 10) -> list[bytes]:
        """Return what has arrived, as soon as there are `count`, or after `timeout` seconds."""
        with self._changed:
            self._changed.wait_for(lambda: len(self.messages) >= count, timeout)
            return list(self.messages)

    def close(self) -> None:
        """Stop listening."""
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                plain, _ = self._listener.accept()
            except OSError:  # closed
                return
            threading.Thread(target=self._serve, args=(plain,), daemon=True).start()

    def _serve(self, plain: socket.socket) -> None:
        try:
            plain.settimeout(10)
            with self._tls.wrap_socket(plain, server_side=True) as connection:
                while message := self._one(connection):
                    with self._changed:
                        self.messages.append(message)
                        self._changed.notify_all()
        except (OSError, DataError) as error:
            with self._changed:
                self.refused.append(str(error))
                self._changed.notify_all()

    def _one(self, connection: ssl.SSLSocket) -> bytes:
        length = b""
        while not length.endswith(b" "):
            byte = connection.recv(1)
            if not byte:
                return b""
            length += byte
            if len(length) > _DIGITS + 1 or not (byte.isdigit() or byte == b" "):
                raise DataError("no length of octets before a message (RFC 5425 4.3)")
        left, parts = int(length), b""
        if not 0 < left <= MOST:
            raise DataError(f"a message of {left} bytes is not taken")
        while len(parts) < left:
            more = connection.recv(left - len(parts))
            if not more:
                raise DataError("the connection ended in the middle of a message")
            parts += more
        return parts
