"""The waiting parts: nothing lost, nothing stuck, and what pynetdicom promises still holds."""

from __future__ import annotations

import contextlib
import queue
import random
import select
import socket
import ssl
import struct
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import Any

import pytest
from pydicom import dcmread
from pydicom.data import get_testdata_file
from pynetdicom import evt
from pynetdicom._globals import MODE_REQUESTOR
from pynetdicom.dimse_primitives import C_ECHO, C_FIND
from pynetdicom.dsutils import encode
from pynetdicom.sop_class import Verification

from labkit.common.errors import AssociationError
from labkit.dimse import Peer, associate, decode_messages, echo, find, identifier, new_ae, store
from labkit.dimse import reactor as reactor_module
from labkit.dimse.association import query_context
from labkit.dimse.codec import encode_message
from labkit.dimse.reactor import WaitingAssociation
from labkit.dimse.upper_layer import wait_readable
from tests.dimse.wire import Wire

ECHO = [query_context(Verification)]


def until(true: Any, seconds: float = 5.0) -> bool:
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def raw(peer: Peer) -> socket.socket:
    return socket.create_connection((peer.host, peer.port))


def idle(scp) -> bool:
    return not scp.ae.active_associations


def test_no_response_is_lost_to_the_reactor(scp) -> None:
    """Tiny objects over a fast connection: where pynetdicom's SCU loses one in some hundreds."""
    ds = dcmread(get_testdata_file("CT_small.dcm"), stop_before_pixels=True)
    result = store(scp.peer, [ds] * 400, timeout=5)
    assert len(result.stored) == 400
    assert len(result.traces) == 1, "and no second association was needed"


def test_the_race_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """The caller pauses the reactor at the worst moment: between its look and its step."""
    assoc = WaitingAssociation(new_ae("A"), MODE_REQUESTOR)
    taken: list[Any] = []
    monkeypatch.setattr(assoc, "_serve_request", lambda message, context: taken.append(message))
    monkeypatch.setattr(assoc, "_has_ended", lambda: assoc._kill)
    wait = assoc._reactor_checkpoint.wait

    def worst() -> bool:
        passed = wait()
        assoc._reactor_checkpoint.clear()  # the caller comes, sees "paused" …
        assert assoc._is_paused
        assoc.dimse.msg_queue.put((1, "the answer"))  # … sends, and has its answer
        monkeypatch.setattr(assoc._reactor_checkpoint, "wait", wait)
        return passed

    monkeypatch.setattr(assoc._reactor_checkpoint, "wait", worst)
    monkeypatch.setattr(assoc, "run_reactor", assoc._run_reactor)
    thread = threading.Thread(target=assoc._run_reactor, daemon=True)
    thread.start()
    time.sleep(0.1)
    assert taken == []
    assert assoc.dimse.msg_queue.get_nowait() == (1, "the answer")
    assoc._kill = True
    assoc._reactor_checkpoint.set()
    thread.join(2)
    assert not thread.is_alive()


def test_only_the_reactor_ends_its_pause() -> None:
    assoc = WaitingAssociation(new_ae("A"), MODE_REQUESTOR)
    assoc._is_paused = True
    assoc._is_paused = False  # as pynetdicom does after an N-EVENT-REPORT, in another thread
    assert assoc._is_paused


def test_both_ends_have_no_delay(scp) -> None:
    def option(assoc: Any) -> int:
        return assoc.dul.socket.socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)

    with associate(scp.peer, ECHO) as link:
        assert option(link.assoc)
        (theirs,) = scp.ae.active_associations
        assert option(theirs)


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


def test_a_silent_connection_ends_with_artim(scp) -> None:
    scp.ae.acse_timeout = 0.3
    with raw(scp.peer) as connection:
        connection.settimeout(5)
        assert connection.recv(10) == b""
    assert until(lambda: idle(scp))


def test_an_idle_association_is_aborted(scp) -> None:
    scp.ae.network_timeout = 0.3
    with associate(scp.peer, ECHO) as link:
        assert until(lambda: not link.assoc.is_established)
    assert link.trace.end == "aborted"


def test_ending_is_bounded_whatever_the_peer_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reactor_module, "KILL_AFTER", 0.2)

    def stall(connection: socket.socket, number: int) -> None:
        connection.recv(4096)
        connection.sendall(b"\x02\x00\x00\x00\x10\x00half an answer")
        time.sleep(3)

    begun = time.monotonic()
    with Wire(stall) as wire, pytest.raises(AssociationError):
        echo(wire.peer, timeout=0.3)
    assert time.monotonic() - begun < 2.5


def test_many_at_once(scp) -> None:
    gate = threading.Barrier(40)

    def one(_: int) -> int:
        with associate(scp.peer, ECHO, timeout=20) as link:
            gate.wait(20)  # all are open now
            return link.assoc.send_c_echo().Status

    with ThreadPoolExecutor(40) as pool:
        assert list(pool.map(one, range(40))) == [0] * 40
    assert until(lambda: idle(scp))


def test_watchers_see_every_step(scp, ct) -> None:
    """With them bound, messages take pynetdicom's own way, and come to the same."""
    seen: list[str] = []

    def watch(event: Any) -> None:
        seen.append(event.event.name)

    events = (
        evt.EVT_DIMSE_SENT, evt.EVT_DIMSE_RECV, evt.EVT_PDU_SENT, evt.EVT_PDU_RECV,
        evt.EVT_FSM_TRANSITION, evt.EVT_ESTABLISHED, evt.EVT_RELEASED, evt.EVT_CONN_CLOSE,
    )  # fmt: skip
    with associate(scp.peer, ECHO, handlers=[(event, watch) for event in events]) as link:
        assert link.assoc.send_c_echo().Status == 0
    assert set(seen) == {event.name for event in events}
    assert seen.count("EVT_PDU_SENT") == 3  # RQ, the C-ECHO, the release
    assert seen.count("EVT_CONN_CLOSE") == 1
    only_fsm = [(evt.EVT_FSM_TRANSITION, watch)]
    with associate(scp.peer, ECHO, handlers=only_fsm) as link:
        assert link.assoc.send_c_echo().Status == 0


def test_two_threads_never_mix_their_messages(scp) -> None:
    """Both ends of PS3.8 E.1: fragments of a message follow each other."""
    asked = identifier("STUDY", StudyInstanceUID=None)
    scp.ae.maximum_pdu_size = 64  # so that each message takes several PDUs
    with associate(scp.peer, [query_context("1.2.840.10008.5.1.4.1.2.2.1")]) as link:
        cx = link.assoc.accepted_contexts[0].context_id

        def send(number: int) -> None:
            request = C_FIND()
            request.MessageID, request.Priority = number, 0
            request.AffectedSOPClassUID = "1.2.840.10008.5.1.4.1.2.2.1"
            request.Identifier = BytesIO(encode(asked, False, True))
            link.assoc.dimse.send_msg(request, cx)

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(send, range(1, 33)))
        time.sleep(0.2)
        link.assoc.abort()
    sent = [m for m in decode_messages(link.trace) if m.sender == "requestor"]
    assert sorted(m.message_id for m in sent) == list(range(1, 33))
    assert all(m.data_set == asked for m in sent)


def test_a_command_with_an_unknown_element_takes_pynetdicoms_way(scp) -> None:
    request = C_ECHO()
    request.MessageID, request.AffectedSOPClassUID = 5, Verification
    command, _ = encode_message(request)
    body = command[12:] + bytes.fromhex("00001111 02000000 0000")
    command = command[:8] + len(body).to_bytes(4, "little") + body
    with associate(scp.peer, ECHO) as link:
        cx = link.assoc.accepted_contexts[0].context_id
        link.assoc._reactor_checkpoint.clear()
        half = [(1, command[:40]), (3, command[40:])]
        pdus = [
            struct.pack(">BxLLBB", 4, len(part) + 6, len(part) + 2, cx, header) + part
            for header, part in half
        ]
        assert link.assoc.dul.send_now(pdus)
        _, response = link.assoc.dimse.get_msg(block=True)
        link.assoc._reactor_checkpoint.set()
    assert (response.MessageIDBeingRespondedTo, response.Status) == (5, 0)


def test_no_limit_and_a_small_limit_of_the_peer(ct) -> None:
    for limit in (0, 4096):
        ae = new_ae("ARCHIVE", max_pdu=limit)
        ae.add_supported_context(ct.SOPClassUID)
        got: list[bytes] = []
        keep = (evt.EVT_C_STORE, lambda e, got=got: got.append(e.encoded_dataset(False)) or 0)
        server = ae.start_server(("127.0.0.1", 0), block=False, evt_handlers=[keep])
        result = store(Peer("ARCHIVE", "127.0.0.1", server.server_address[1]), ct)
        ae.shutdown()
        assert result.stored
        data = [p for p in result.trace.pdus if p.data[0] == 4 and p.sender == "requestor"]
        assert (len(data) == 2) is (limit == 0)
        assert all(p.length - 6 <= (limit or 1 << 20) for p in data)
        assert got


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


def test_waiting_where_there_is_no_poll(scp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(select, "poll", raising=False)
    assert len(find(scp.peer, identifier("STUDY", StudyInstanceUID=None))) == 1
    left, right = socket.socketpair()
    with left, right:
        assert wait_readable([left], -1) == []
        right.send(b"!")
        assert wait_readable([left], 1) == [left.fileno()]


def test_sending_on_an_association_that_is_over_is_void(scp) -> None:
    with associate(scp.peer, ECHO) as link:
        pass
    request = C_ECHO()
    request.MessageID, request.AffectedSOPClassUID = 1, Verification
    link.assoc.dimse.send_msg(request, 1)
    with pytest.raises(queue.Empty):
        link.assoc.dimse.msg_queue.get_nowait()
