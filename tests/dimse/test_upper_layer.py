"""The waiting upper layer: what a peer may do to it, and that it does not stay."""

from __future__ import annotations

import contextlib
import random
import select
import socket

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pynetdicom.pdu import P_DATA_TF
from pynetdicom.pdu_primitives import P_DATA

from labkit.dimse import associate, echo, find, identifier
from labkit.dimse.association import query_context
from labkit.dimse.doorbell import wait_readable
from labkit.dimse.provider import pdv_items
from tests.dimse.wire import idle, raw, until
from tests.effort import effort


@pytest.mark.parametrize(
    "garbage",
    [
        b"",
        b"\x01",
        b"\x01\x00\xff\xff\xff\xff",
        b"\x04\x00\x00\x00\x00\x00",
        b"\x04\x00\x00\x00\x00\x08\x00\x00\x00\x04\x01\x03\x00\x00",
        b"\x16\x03\x01\x02\x00\x01",
        b"GET / HTTP/1.1\r\nHost: archive\r\n\r\n",
        bytes(1000),
        b"\x02" + bytes(200),
        b"\x07\x00\x00\x00\x00\x04\x00\x00\x00\x00",
        b"\x05\x00\x00\x00\x00\x04\x00\x00\x00\x00",
    ],
)
def test_garbage_before_an_association(scp, garbage: bytes) -> None:
    with raw(scp.peer) as connection:
        connection.sendall(garbage)
        connection.shutdown(socket.SHUT_WR)
        connection.settimeout(5)
        with contextlib.suppress(OSError):
            while connection.recv(4096):
                pass
    assert echo(scp.peer).status == 0
    assert until(lambda: idle(scp))


def test_garbage_within_an_association(scp) -> None:
    """Bytes changed at random in a good conversation end that association at most."""
    chance = random.Random(20260115)
    good = [pdu.data for pdu in echo(scp.peer).trace.pdus if pdu.sender == "requestor"]
    for _ in range(40):
        with raw(scp.peer) as connection, contextlib.suppress(OSError):
            connection.settimeout(0.05)
            for pdu in good:
                changed = bytearray(pdu)
                for _ in range(chance.randrange(3)):
                    changed[chance.randrange(6, len(changed))] = chance.randrange(256)
                connection.sendall(changed)
                with contextlib.suppress(TimeoutError):
                    connection.recv(4096)
    assert echo(scp.peer).status == 0
    assert until(lambda: idle(scp))


def test_a_peer_that_stalls_within_a_pdu_does_not_hold_a_thread(scp) -> None:
    scp.ae.network_timeout = 0.3
    with raw(scp.peer) as connection:
        connection.sendall(b"\x01\x00\x00\x00\x01\x00half of it")
        assert until(lambda: len(scp.ae.active_associations) == 1)
        assert until(lambda: idle(scp))


@pytest.mark.parametrize("kind", [b"\x01", b"\x04"], ids=["A-ASSOCIATE-RQ", "P-DATA-TF"])
def test_a_pdu_of_four_gigabytes_is_hung_up_on_and_not_collected(scp, kind: bytes) -> None:
    """Whoever reaches the port can say so, before there is an association."""
    with raw(scp.peer) as connection, pytest.raises(OSError, match=r"."):
        connection.settimeout(30)
        connection.sendall(kind + b"\x00\xff\xff\xff\xf0")
        for _ in range(64):  # more than the buffers of two sockets hold
            connection.sendall(bytes(1 << 20))
    assert until(lambda: idle(scp))
    assert echo(scp.peer).status == 0


def test_a_silent_connection_ends_with_artim(scp) -> None:
    scp.ae.acse_timeout = 0.3
    with raw(scp.peer) as connection:
        connection.settimeout(5)
        assert connection.recv(10) == b""
    assert until(lambda: idle(scp))


def test_waiting_where_there_is_no_poll(scp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(select, "poll", raising=False)
    assert len(find(scp.peer, identifier("STUDY", StudyInstanceUID=None))) == 1
    left, right = socket.socketpair()
    with left, right:
        assert wait_readable([left], -1) == []
        right.send(b"!")
        assert wait_readable([left], 1) == [left.fileno()]


@given(st.lists(st.tuples(st.integers(0, 255), st.binary(min_size=1, max_size=9)), max_size=4))
@settings(max_examples=effort(100, 2000))
def test_a_data_pdu_is_taken_apart_as_pynetdicom_does(items: list[tuple[int, bytes]]) -> None:
    theirs = P_DATA()
    theirs.presentation_data_value_list.extend(items)
    pdu = P_DATA_TF(theirs).encode()
    found = pdv_items(pdu)
    assert found is not None
    assert [(context_id, bytes(value)) for context_id, value in found] == items


@pytest.mark.parametrize(
    "body",
    [
        "00",  # ends within a length
        "00000001 01",  # no message control header
        "00000003 01 03",  # longer than the PDU
        "ffffffff 01 03",
        "00000002 01 03 000000",  # something after the last
    ],
)
def test_a_data_pdu_with_a_wrong_length_ends_the_association(scp, body: str) -> None:
    raw_body = bytes.fromhex(body)
    pdu = b"\x04\x00" + len(raw_body).to_bytes(4, "big") + raw_body
    assert pdv_items(pdu) is None
    with associate(scp.peer, [query_context("1.2.840.10008.1.1")]) as link:
        link.assoc.dul.socket.send(pdu)
        assert until(lambda: link.assoc.is_aborted)
    assert until(lambda: idle(scp))
