"""Sockets and servers: no delay, TLS, many at once, and stopping."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from pynetdicom.sop_class import Verification

from labkit.common.errors import AssociationError
from labkit.dimse import Peer, associate, echo, new_ae, store, transport
from labkit.dimse.association import query_context
from labkit.dimse.transport import PromptSocket
from tests.dimse.wire import idle, raw, until

ECHO = [query_context(Verification)]


def test_both_ends_have_no_delay(scp) -> None:
    def option(assoc: Any) -> int:
        return assoc.dul.socket.socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)

    with associate(scp.peer, ECHO) as link:
        assert option(link.assoc)
        (theirs,) = scp.ae.active_associations
        assert option(theirs)


def test_many_at_once(scp) -> None:
    gate = threading.Barrier(40)

    def one(_: int) -> int:
        with associate(scp.peer, ECHO, timeout=20) as link:
            gate.wait(20)  # all are open now
            return link.assoc.send_c_echo().Status

    with ThreadPoolExecutor(40) as pool:
        assert list(pool.map(one, range(40))) == [0] * 40
    assert until(lambda: idle(scp))


def test_stopping_is_at_once_and_frees_the_port(scp) -> None:
    begun = time.monotonic()
    scp.ae.shutdown()
    assert time.monotonic() - begun < 0.4
    with socket.create_server((scp.peer.host, scp.peer.port)):
        pass


def test_tls_and_a_mute_client_that_does_not_hold_the_others(scp) -> None:
    """Anonymous cipher suites, so that no certificate is needed here."""

    def context(side: int) -> ssl.SSLContext:
        made = ssl.SSLContext(side)
        made.check_hostname = False
        made.verify_mode = ssl.CERT_NONE
        made.maximum_version = ssl.TLSVersion.TLSv1_2
        made.set_ciphers("AECDH-AES128-SHA:@SECLEVEL=0")
        return made

    ae = new_ae("SECURE", timeout=5)
    ae.add_supported_context(Verification)
    server = ae.start_server(
        ("127.0.0.1", 0), block=False, ssl_context=context(ssl.PROTOCOL_TLS_SERVER)
    )
    peer = Peer("SECURE", "127.0.0.1", server.server_address[1])
    client = context(ssl.PROTOCOL_TLS_CLIENT)
    with raw(peer):  # connects and says nothing
        assert echo(peer, tls=client, timeout=5).status == 0
        assert echo(peer, tls=(client, "localhost"), timeout=5).status == 0
    with pytest.raises(AssociationError):
        echo(peer, timeout=3)  # no TLS where it is wanted
    with pytest.raises(AssociationError):
        echo(scp.peer, tls=client, timeout=3)  # TLS where it is not
    ae.shutdown()


def test_pieces_are_written_whole_to_a_slow_reader(scp: Any) -> None:
    """A kernel takes what it has room for: here less than a tenth at a time."""
    pieces = [bytes([number]) * (1 + 4999 * number) for number in range(1, 60)]
    ours, theirs = socket.socketpair()
    with associate(scp.peer, ECHO) as link, ours, theirs:
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        ours.settimeout(10)
        sock = PromptSocket.__new__(PromptSocket)
        sock._assoc, sock.socket, sock._channel = link.assoc, ours, None
        with ThreadPoolExecutor(1) as pool:
            got = pool.submit(_read, theirs)
            sock.send_all([pieces[:7], pieces[7:]])
            ours.shutdown(socket.SHUT_WR)
            assert got.result(20) == b"".join(pieces)


def _read(sock: socket.socket) -> bytes:
    found = b""
    while piece := sock.recv(1 << 16):
        found += piece
    return found


@pytest.mark.parametrize("watched", [False, True])
def test_what_is_sent_in_pieces_is_recorded_as_it_went_out(
    watched: bool, ct: Any, scp: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beginning, length and sender of each PDU: the other end says what they have to be."""
    if watched:  # somebody else watches the bytes, so that each PDU is put together for him
        monkeypatch.setattr(transport, "takes_pieces", lambda handler: False)
    ct.PixelData = bytes(200_000)
    trace = store(scp.peer, ct).traces[0]
    assert until(lambda: bool(scp.traces))
    ours, theirs = (
        [(pdu.sender, pdu.length, pdu.data) for pdu in each.pdus]
        for each in (trace, scp.traces[-1])
    )
    assert ours == theirs
    assert max(length for _, length, _ in ours) > 100_000
