"""A door before a product: every byte goes through, and the lab sees what goes over the wire.

It is what a switch with a mirror port gives a network engineer: the traces of a server that keeps
none itself. In one thing it acts, as an application gateway does: it can refuse a caller.
"""

from __future__ import annotations

import itertools
import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timezone

from labkit.common.errors import LabError
from labkit.common.serving import HOST
from labkit.dimse import AssociationTrace
from labkit.dimse.recorder import Recording
from labkit.dimse.trace import ACCEPTOR, REQUESTOR, Endpoint
from labkit.lab.containers.doorman import Doorman, Refusal, titles
from labkit.lab.containers.pdus import PduSplitter
from labkit.lab.containers.wire import words
from labkit.pacs import EventLog
from labkit.pacs.refusing import cannot_listen

_CHUNK = 1 << 16
_ASSOCIATE_RQ = 0x01
_UNRECOGNISED = bytes.fromhex("07 00 00 00 00 04 00 00 02 01")
"""A-ABORT by the service provider, reason 1: unrecognised PDU (PS3.8 9.2.2, AA-1; 9.3.8)."""

Address = tuple[str, int]


class Tap:
    """Listens in place of a product, and carries each connection to it.

    Parameters
    ----------
    name
        The node.
    upstream
        Where the product listens for an association that begins with these bytes (its
        A-ASSOCIATE-RQ).
    log
        Gets the lines that the lab's own nodes write, as far as the wire tells them.
    traces
        Called with the PDU trace of each association when it has ended.
    """

    def __init__(
        self,
        name: str,
        upstream: Callable[[bytes], Address],
        log: EventLog,
        traces: Callable[[AssociationTrace], None],
    ) -> None:
        self.name = name
        self.doorman = Doorman()
        self._upstream, self._log, self._traces = upstream, log, traces
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._associations = 0
        self._plain: socket.socket | None = None
        self._secure: socket.socket | None = None
        self.tls: ssl.SSLContext | None = None

    @property
    def running(self) -> bool:
        """Whether it listens."""
        return self._plain is not None

    @property
    def open_associations(self) -> int:
        """How many it carries now."""
        return self._associations

    def start(self, port: int = 0) -> int:
        """Listen; return the port.

        Raises
        ------
        PortTaken
            Another program listens there.
        LabError
            It listens already.
        """
        if self._plain is not None:
            raise LabError(f"{self.name} runs already", remedy="Stop it first.")
        self._plain = self._listen(port, self.tls)
        self._log.write("INFO", self.name, "-", "listening")
        return int(self._plain.getsockname()[1])

    def listen_tls(self, context: ssl.SSLContext, port: int = 0) -> int:
        """Listen on a second port too, with TLS that ends here; the product speaks plain."""
        if self._plain is None:
            raise LabError(f"{self.name} does not run", remedy="Start it first.")
        self.close_tls()
        self._secure = self._listen(port, context)
        self._log.write("INFO", self.name, "-", "listening with TLS on a second port")
        return int(self._secure.getsockname()[1])

    def close_tls(self) -> None:
        """Stop listening on the second port."""
        secure, self._secure = self._secure, None
        if secure is not None:
            _end(secure)

    def stop(self) -> None:
        """Stop listening, and cut every connection, as a power cut would."""
        plain, self._plain = self._plain, None
        if plain is None:
            return
        self.close_tls()
        _end(plain)
        with self._lock:
            ending = list(self._open)
        for sock in ending:
            _end(sock, close=False)
        self._log.write("INFO", self.name, "-", "stopped")

    def _listen(self, port: int, context: ssl.SSLContext | None) -> socket.socket:
        server = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        try:
            if hasattr(socket, "SO_EXCLUSIVEADDRUSE"):  # Windows: see labkit.common.serving
                server.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
            else:
                server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            server.bind((HOST, port))
            server.listen(64)
        except OSError as error:
            server.close()
            raise cannot_listen(self.name, HOST, port, error) from error
        threading.Thread(target=self._serve, args=(server, context), daemon=True).start()
        return server

    def _serve(self, server: socket.socket, context: ssl.SSLContext | None) -> None:
        while True:
            try:
                client, address = server.accept()
            except OSError:  # stopped
                return
            with self._lock:
                self._associations += 1
                self._open.add(client)
            threading.Thread(
                target=self._attend, args=(client, address, context), daemon=True
            ).start()

    def _attend(
        self, client: socket.socket, address: Address, context: ssl.SSLContext | None
    ) -> None:
        inner = client
        try:
            if context is not None:
                client.settimeout(10)
                inner = context.wrap_socket(client, server_side=True)
                inner.settimeout(None)
            _Carried(self, inner, address).carry()
        except OSError as error:
            self._log.write("WARNING", self.name, "?", f"connection failed: {error}")
        finally:
            inner.close()
            with self._lock:
                self._open.discard(client)
                self._associations -= 1

    def connect(self, first: bytes) -> socket.socket:
        """Open the connection to the product."""
        product = socket.create_connection(self._upstream(first), timeout=10)
        product.settimeout(None)
        product.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return product

    def finish(self, recording: Recording, address: Address, why: str) -> None:
        """Hand over what was recorded of an association, and write down what it tells."""
        first = recording.head[0].data if recording.head else b""
        calling, called = titles(first)
        acceptor = Endpoint(called or self.name, HOST, self._port())
        trace = recording.trace(self.name, Endpoint(calling, *address), acceptor)
        who = f"{calling or '?'}#{next(self._numbers)}"
        for level, text in words(trace, why):
            self._log.write(level, self.name, who, text)
        self._traces(trace)

    def _port(self) -> int:
        return int(self._plain.getsockname()[1]) if self._plain is not None else 0


class _Carried:
    """One connection on its way to the product and back."""

    def __init__(self, tap: Tap, client: socket.socket, address: Address) -> None:
        self._tap, self._client, self._address = tap, client, address
        self._recording = Recording(
            ACCEPTOR, datetime.now(timezone.utc).isoformat("T", "microseconds")
        )
        self._lock = threading.Lock()
        self._why = ""

    def carry(self) -> None:
        """Carry everything until both sides have ended; then the trace is complete."""
        self._client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        splitter = PduSplitter(lambda *pdu: self._note(REQUESTOR, *pdu))
        first = b""
        while not splitter.count and (data := self._client.recv(_CHUNK)):
            first += data
            if first[0] != _ASSOCIATE_RQ:  # TLS, perhaps: no PDU that may come now
                self._client.sendall(_UNRECOGNISED)
                return
            splitter.feed(data)
        if not splitter.count:
            return  # a port scan, or a check of a load balancer: no association
        try:
            refusal = self._tap.doorman.greet(
                first, self._address[0], others=self._tap.open_associations - 1
            )
            if refusal is not None:
                self._refuse(refusal)
            else:
                self._pass_on(first, splitter)
        finally:
            self._recording.closed = True
            self._tap.finish(self._recording, self._address, self._why)

    def _pass_on(self, first: bytes, splitter: PduSplitter) -> None:
        product = self._tap.connect(first)
        back = PduSplitter(lambda *pdu: self._note(ACCEPTOR, *pdu))
        returning = threading.Thread(
            target=self._pump, args=(product, self._client, back), daemon=True
        )
        try:
            product.sendall(self._tap.doorman.passed_on(first))
            returning.start()
            self._pump(self._client, product, splitter, calling=titles(first)[0])
            returning.join()
        finally:
            product.close()

    def _pump(
        self, origin: socket.socket, target: socket.socket, splitter: PduSplitter, calling: str = ""
    ) -> None:
        with suppress(OSError):
            while data := origin.recv(_CHUNK):
                if calling and (why := self._tap.doorman.forbids(calling, data)):
                    self._why = why
                    abort = b"\x07\x00\x00\x00\x00\x04\x00\x00\x00\x00"
                    self._note(ACCEPTOR, abort, len(abort))
                    origin.sendall(abort)
                    break
                splitter.feed(data)
                target.sendall(data)
        for sock in (target, origin) if calling and self._why else (target,):
            with suppress(OSError):
                sock.shutdown(socket.SHUT_WR if sock is target else socket.SHUT_RD)

    def _refuse(self, refusal: Refusal) -> None:
        self._why = refusal.why
        self._note(ACCEPTOR, refusal.pdu, len(refusal.pdu))
        self._client.sendall(refusal.pdu)
        self._client.settimeout(2)
        with suppress(OSError):
            while self._client.recv(_CHUNK):
                pass  # the requestor closes (PS3.8 9.1.4)

    def _note(self, sender: str, data: bytes, length: int) -> None:
        with self._lock:
            self._recording.add(sender, data, length)


def _end(sock: socket.socket, *, close: bool = True) -> None:
    with suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)
    if close:
        sock.close()
