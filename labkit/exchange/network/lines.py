"""One line: its rate, its delay, and the encryption on it."""

from __future__ import annotations

import ssl
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from labkit.dimse.tls import Authority, client_context, server_context
from labkit.exchange.network.sections import LinkDesign

_MOST_TAPPED = 1 << 20


class Secrets:
    """Certificates of both ends of encrypted lines, made when first needed.

    Parameters
    ----------
    folder
        Where they are kept.
    version
        The least version of TLS, as in the design.
    """

    def __init__(self, folder: Path, version: str = "") -> None:
        self._folder = folder
        self._version = ssl.TLSVersion.TLSv1_3 if version == "1.3" else ssl.TLSVersion.TLSv1_2
        self._contexts: tuple[ssl.SSLContext, ssl.SSLContext] | None = None

    def contexts(self) -> tuple[ssl.SSLContext, ssl.SSLContext]:
        """The contexts of the end that calls and of the end that answers; both show who they are.

        One pair for all lines: what is shown here is what TLS does to what goes by.
        """
        if self._contexts is None:
            authority = Authority(self._folder)
            ours = authority.credential("line")
            trusted = authority.certificate
            client = client_context(trusted, ours)
            server = server_context(ours, clients=trusted)
            client.minimum_version = server.minimum_version = self._version
            # OpenSSL 3.5 would add a post-quantum key share, 2 kB to each connection: what is
            # counted on a line has to be the same on every machine.
            client.set_ecdh_curve("X25519")
            self._contexts = client, server
        return self._contexts


class Tunnel:
    """One connection's encryption on one line: what goes in at one end comes out at the other."""

    def __init__(self, contexts: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
        self._wires = [ssl.MemoryBIO(), ssl.MemoryBIO()]
        there, back = self._wires
        self._ends = (
            contexts[0].wrap_bio(back, there, server_side=False, server_hostname="127.0.0.1"),
            contexts[1].wrap_bio(there, back, server_side=True),
        )
        self.handshake = self._shake()

    def _shake(self) -> list[tuple[bool, bytes]]:
        """Greet each other; what went over the line, and whether from the caller."""
        sent: list[tuple[bool, bytes]] = []
        done = [False, False]
        while not all(done):
            for side in (0, 1):
                try:
                    self._ends[side].do_handshake()
                    done[side] = True
                except ssl.SSLWantReadError:
                    pass
                sent += self._gone(side)
        with suppress(ssl.SSLWantReadError):  # take in what TLS 1.3 sends after it: tickets
            self._ends[0].read(1)
        return sent

    def _gone(self, side: int) -> list[tuple[bool, bytes]]:
        wire = self._wires[side]
        data = wire.read()
        wire.write(data)  # it has only been looked at: the other end reads it
        return [(side == 0, data)] if data else []

    def carry(self, forth: bool, data: bytes) -> tuple[bytes, bytes]:
        """What is on the line for these bytes, and what comes out at its end."""
        side = 0 if forth else 1
        self._ends[side].write(data)
        wire = self._wires[side]
        on_line = wire.read()
        wire.write(on_line)
        out = bytearray()
        while True:
            try:
                out += self._ends[1 - side].read(1 << 17)
            except ssl.SSLWantReadError:
                break
        return on_line, bytes(out)


class Line:
    """The state of one line.

    Parameters
    ----------
    link
        What the design says of it.
    secrets
        Gives the contexts where it is encrypted.
    """

    def __init__(self, link: LinkDesign, secrets: Secrets) -> None:
        self.link = link
        self._secrets = secrets
        self._free = {link.from_: 0.0, link.to: 0.0}
        self._tapped: deque[bytes] | None = None
        self._size = 0

    def tunnel(self) -> Tunnel | None:
        """Begin the encryption of one connection, if the line is encrypted."""
        return Tunnel(self._secrets.contexts()) if self.link.tls else None

    def due(self, start: str, now: float, size: int) -> float:
        """When bytes that come to its end `start` at `now` have left it at the other end."""
        begin = max(now, self._free[start])
        taken = size * 8 / (self.link.mbit * 1e6) if self.link.mbit else 0.0
        self._free[start] = begin + taken
        return begin + taken + self.link.ms / 1000

    def clear(self) -> None:
        """Forget what was under way: a line that is mended is empty."""
        self._free = dict.fromkeys(self._free, 0.0)

    def listen(self) -> Callable[[], bytes]:
        """Begin to record what is on the line, the newest megabyte; call the result to have it."""
        self._tapped, self._size = deque(), 0
        return lambda: b"".join(self._tapped or ())

    def heard(self, data: bytes) -> None:
        """Record what is on the line, if somebody listens."""
        if self._tapped is None:
            return
        self._tapped.append(data)
        self._size += len(data)
        while self._size > _MOST_TAPPED and len(self._tapped) > 1:
            self._size -= len(self._tapped.popleft())
