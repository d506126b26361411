"""The waiting association: nothing lost, nothing stuck."""

from __future__ import annotations

import socket
import threading
import time
from typing import Any

import pytest
from pydicom import dcmread
from pydicom.data import get_testdata_file
from pynetdicom import evt
from pynetdicom._globals import MODE_ACCEPTOR, MODE_REQUESTOR
from pynetdicom.association import Association
from pynetdicom.sop_class import Verification

from labkit.common.errors import AssociationError
from labkit.dimse import Peer, associate, echo, new_ae, store
from labkit.dimse import reactor as reactor_module
from labkit.dimse.association import query_context
from labkit.dimse.reactor import WaitingAssociation
from tests.dimse.wire import Wire, until

ECHO = [query_context(Verification)]


def test_no_response_is_lost_to_the_reactor(scp) -> None:
    """Tiny objects over a fast connection: where pynetdicom's SCU loses one in some hundreds."""
    ds = dcmread(get_testdata_file("CT_small.dcm"), stop_before_pixels=True)
    result = store(scp.peer, [ds] * 400, timeout=5)
    assert len(result.stored) == 400
    assert len(result.traces) == 1, "and no second association was needed"


@pytest.mark.parametrize("mode", [MODE_REQUESTOR, MODE_ACCEPTOR])
def test_it_has_all_that_pynetdicom_s_own_has(mode: str) -> None:
    """Its parts are made here and not by pynetdicom; a new version may have more of them."""
    ae = new_ae("A", timeout=7, idle=9)
    ours, theirs = vars(WaitingAssociation(ae, mode)), vars(Association(ae, mode))
    assert set(theirs) - set(ours) == {"_is_paused"}, "which is a property"
    plain = (bool, int, float, str, type(None), list)
    for name, value in theirs.items():
        if isinstance(value, plain) and name not in ("_is_paused", "_name"):
            assert ours[name] == value, name
    assert ours["_handlers"].keys() >= set(evt._INTERVENTION_EVENTS)
    assert ours["dul"].artim_timer.timeout == 7
    assert ours["dul"]._idle_timer.timeout == 9


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


def test_an_idle_association_is_aborted(scp) -> None:
    scp.ae.network_timeout = 0.3
    with associate(scp.peer, ECHO) as link:
        assert until(lambda: not link.assoc.is_established)
    assert link.trace.end == "aborted"


def test_a_request_that_takes_longer_than_the_idle_time_does_not_end_the_association() -> None:
    """The peer is silent while it waits for the end of a long C-MOVE."""

    def long(event: Any) -> int:
        event.assoc.dul._idle_timer._start_time -= 3600
        assert event.assoc.dul.idle_timer_expired()
        return 0x0000

    ae = new_ae("SLOW")
    ae.add_supported_context(Verification)
    server = ae.start_server(("127.0.0.1", 0), block=False, evt_handlers=[(evt.EVT_C_ECHO, long)])
    try:
        with associate(Peer("SLOW", "127.0.0.1", server.server_address[1]), ECHO) as link:
            assert [link.assoc.send_c_echo().Status for _ in range(3)] == [0, 0, 0]
        assert link.trace.end == "released"
    finally:
        server.shutdown()


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
