"""A user identity item with one byte changed: no change of it opens the archive."""

from __future__ import annotations

import socket
from dataclasses import replace

from labkit.access.nodes import AllowList, NodeUser
from labkit.access.nodes.practice import Practice
from labkit.access.nodes.wire import WireTap
from labkit.common.errors import AssociationRejected
from labkit.dimse import Authority, Peer, client_context, echo
from labkit.dimse.identity import UserIdentity
from labkit.dimse.tls import Tls
from tests.access.nodes.conftest import Guard, entry

NOT_SIGNIFICANT = (1, 5, 12, 13)
"""Reserved; whether a positive response is wanted (PS3.7 Table D.3-14); and the passcode's length:
pynetdicom reads the passcode to the end of the item, so it is the right one all the same."""


def recorded() -> bytes:
    """The A-ASSOCIATE-RQ of MR1, with user and passcode."""
    with Practice() as archive, WireTap("127.0.0.1", archive.peer.port) as tap:
        there = archive.as_seen(identity=UserIdentity("chen", "c0rrect horse"))
        echo(replace(there, port=tap.port), ae_title="MR1")
        sent = bytes(tap.sent)
    return sent[: 6 + int.from_bytes(sent[2:6], "big")]


def test_each_byte_of_the_item_counts(guard: Guard, ca: Authority, chen: NodeUser) -> None:
    node = guard(AllowList([entry(identity="passcode", users=("chen",))], [chen]))
    request = recorded()
    at = request.index(b"chen") - 8
    end = at + 4 + int.from_bytes(request[at + 2 : at + 4], "big")
    assert request[at] == 0x58 and request[at + 4] == 2
    context = client_context(ca.certificate, ca.credential("MR1"))

    def accepted(pdu: bytes) -> bool:
        address = (node.tls.host, node.tls.port)
        with (
            socket.create_connection(address, timeout=10) as raw,
            context.wrap_socket(raw, server_hostname="127.0.0.1") as sock,
        ):
            sock.sendall(pdu)
            sock.settimeout(10)
            try:
                return sock.recv(1) == b"\x02"  # A-ASSOCIATE-AC
            except OSError:
                return False

    assert accepted(request), "as it was recorded"
    taken = []
    for index in range(at, end):
        changed = bytearray(request)
        changed[index] ^= 0x01
        if accepted(bytes(changed)):
            taken.append(index - at)
    assert set(taken) <= set(NOT_SIGNIFICANT)
    assert accepted(request), "and it goes on"


def test_nearly_right_is_wrong(guard: Guard, ca: Authority, chen: NodeUser) -> None:
    node = guard(AllowList([entry(identity="passcode", users=("chen",))], [chen]))
    context = client_context(ca.certificate, ca.credential("MR1"))
    assert echo_of(node.tls, context, None) == "rejected"
    assert echo_of(node.tls, context, UserIdentity("chen", "c0rrect horse ")) == "rejected"
    assert echo_of(node.tls, context, UserIdentity("chen ", "c0rrect horse")) == "rejected"
    assert echo_of(node.tls, context, UserIdentity("CHEN", "c0rrect horse")) == "rejected"
    assert echo_of(node.tls, context, UserIdentity("chen", "c0rrect horse")) == "accepted"


def echo_of(peer: Peer, context: Tls, identity: UserIdentity | None) -> str:
    try:
        echo(replace(peer, tls=context, identity=identity), ae_title="MR1", timeout=10)
    except AssociationRejected:
        return "rejected"
    return "accepted"
