"""The TCP side: sockets without Nagle's delay."""

from __future__ import annotations

import logging
import socket
import ssl
from collections.abc import Sequence
from typing import Any

from pynetdicom import evt
from pynetdicom.transport import (
    AddressInformation,
    AssociationSocket,
)

from labkit.dimse.pace import Pace
from labkit.dimse.reactor import WaitingAssociation
from labkit.dimse.recorder import Pieces, takes_pieces
from labkit.dimse.secure import SecureChannel

_LOG = logging.getLogger(__name__)
CHUNK = 1 << 18  # bytes asked of the kernel at once; a length field may lie, so never more
ANY_PDU, LONGEST_PDU = 1 << 20, 1 << 26
"""Bytes of a PDU that are taken in any case, and where no maximum length was announced."""
_PIECES = 512  # that are written at once; POSIX lets a system take 16 and no more, all take 1024
_NO_SENDMSG = not hasattr(socket.socket, "sendmsg")  # Windows


def set_nodelay(sock: socket.socket) -> None:
    """Send small packets at once (TCP_NODELAY).

    A DIMSE answer is a small write that follows another. With Nagle's algorithm (RFC 896) it
    waits for the peer's acknowledgement, which the peer delays (RFC 1122 4.2.3.2): over 40 ms an
    exchange.
    """
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


class PromptSocket(AssociationSocket):  # type: ignore[misc]
    """A connection that sends at once, reads in large pieces and does not wait for ever."""

    socket: Any  # a socket.socket, or None once closed

    def __init__(
        self,
        assoc: WaitingAssociation,
        client_socket: socket.socket | None = None,
        address: Any = None,
    ) -> None:
        super().__init__(assoc, client_socket, address)
        self.connect_error: OSError | None = None  # why there is no connection, or no more of it
        self._read_ahead = bytearray()
        self._channel: SecureChannel | None = None
        self._ended, self._limit = False, 0
        set_nodelay(self.socket)
        # A peer that stops in the middle of a PDU must not hold the thread: pynetdicom leaves
        # accepted sockets without a timeout.
        self.socket.settimeout(assoc.network_timeout)
        self._secure()

    def _secure(self) -> None:
        if isinstance(self.socket, ssl.SSLSocket) and self._is_connected:
            self._channel = SecureChannel(self.socket, self.assoc.network_timeout)

    def connect(self, primitive: Any) -> None:
        """Connect as the parent does, keeping the reason where it fails."""
        try:
            if self.tls_args:
                context, hostname = self.tls_args
                self.socket = context.wrap_socket(self.socket, server_hostname=hostname)
            self.socket.settimeout(self.assoc.connection_timeout)
            self.socket.connect(primitive.address_info.as_tuple)
            self.socket.settimeout(self.assoc.network_timeout)
            self.assoc.requestor.address_info = AddressInformation.from_tuple(
                self.socket.getsockname()
            )
            self._is_connected = True
            self._secure()
            evt.trigger(self.assoc, evt.EVT_CONN_OPEN, {"address": primitive.address_info.as_tuple})
            primitive.result = "Evt2"
        except OSError as error:
            self.connect_error = error
            self._shutdown_socket()
            self.socket = None
            primitive.result = "Evt17"
        finally:
            self.provider_queue.put(primitive)
            self._ready.set()

    @property
    def buffered(self) -> bool:
        """Whether there is something to read that the kernel does not know of."""
        return bool(self._read_ahead) or (
            isinstance(self.socket, ssl.SSLSocket) and bool(self.socket.pending())
        )

    def arrived(self) -> bool:
        """Whether what made the connection readable is for us; TLS also talks to itself."""
        if self._channel is None:
            return True
        piece = self._poll(self._channel)
        self._ended = piece == b""
        self._read_ahead += piece or b""
        return piece is not None

    def _poll(self, channel: SecureChannel) -> bytes | None:
        try:
            return channel.poll(CHUNK)
        except OSError as error:  # an alert instead of data, which says why
            self.connect_error = error
            return b""

    @property
    def ready(self) -> bool:
        """Whether a PDU, or part of one, can be read now."""
        return bool(self._read_ahead) or bool(super().ready)

    def recv(self, nr_bytes: int) -> bytearray:
        """Read `nr_bytes`, or fewer where the connection ends.

        A small PDU comes with its header, and often with the next one, in a single read.
        """
        if nr_bytes > self._longest():
            _LOG.warning("a PDU of %d bytes is longer than was agreed: hung up", nr_bytes)
            self._ended = True
            self._shutdown_socket()
            return bytearray()
        data = self._read_ahead
        self._fill(nr_bytes)
        taken = data[:nr_bytes]
        del data[:nr_bytes]
        return taken

    def recv_data_pdu(self) -> bytes | None:
        """Read a whole P-DATA-TF PDU.

        Returns
        -------
        bytes or None
            ``None``, with nothing taken, where another PDU comes next, one that is too long, or
            the connection ends; ``OSError`` where the peer stops or dawdles in the middle of it.
        """
        data = self._read_ahead
        if not self._fill(6) or data[0] != 4:
            return None
        end = 6 + int.from_bytes(data[2:6], "big")
        self._limit = self._limit or self._longest()  # agreed when data come, and then for good
        if end > 6 + self._limit or not self._fill(end):
            return None
        with memoryview(data) as view:
            pdu = bytes(view[:end])
        del data[:end]
        return pdu

    def _fill(self, size: int) -> bool:
        """Read until `size` bytes are here; whether they are."""
        pace: Pace | None = None
        while len(self._read_ahead) < size:
            piece = b"" if self._ended else (self._channel or self.socket).recv(CHUNK)
            if not piece:
                return False
            self._read_ahead += piece
            pace = pace or Pace(self.assoc.network_timeout)
            pace.note(len(piece))
        return True

    def _longest(self) -> int:
        """Bytes that the rest of a PDU may have.

        What we announced as our maximum length (PS3.8 D.1), with room for those who exceed it a
        little, and for an A-ASSOCIATE, which it does not limit. Four bytes can say 4 GB, and who
        sends them need not have associated.
        """
        ours = self.assoc.acceptor if self.assoc.is_acceptor else self.assoc.requestor
        announced = ours.maximum_length
        return max(announced, ANY_PDU) if announced else LONGEST_PDU

    def send(self, bytestream: bytes) -> None:
        """Write all of `bytestream`; a failure is Evt17, transport connection closed."""
        self.send_all([(bytestream,)])

    def send_all(self, pdus: Sequence[Pieces]) -> None:
        """Write some PDUs; small ones go out in one packet."""
        try:
            self._write([piece for pdu in pdus for piece in pdu])
        except (OSError, AttributeError):  # AttributeError: closed, the socket is None
            if self._channel is not None:
                self._poll(self._channel)  # an alert may say why
            self.event_queue.put("Evt17")
            return
        watchers = self.assoc.get_handlers(evt.EVT_DATA_SENT)
        if all(takes_pieces(handler) for handler, _ in watchers):
            for handler, _ in watchers:
                handler.__self__.sent(self.assoc, pdus)
            return
        for pdu in pdus:
            evt.trigger(self.assoc, evt.EVT_DATA_SENT, {"data": b"".join(pdu)})

    def _write(self, pieces: Sequence[bytes | memoryview]) -> None:
        """Write pieces one after the other, without making one of them where the system can."""
        if self._channel is not None or not 1 < len(pieces) <= _PIECES or _NO_SENDMSG:
            (self._channel or self.socket).sendall(b"".join(pieces))
            return
        sent = self.socket.sendmsg(pieces)
        for piece in pieces:
            if sent < len(piece):
                self.socket.sendall(memoryview(piece)[sent:])
            sent = max(sent - len(piece), 0)
