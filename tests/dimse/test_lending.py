"""An acceptor's upper layer in the association's thread: who takes its turns, and when."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pydicom.dataset import Dataset
from pynetdicom import build_context, evt
from pynetdicom.sop_class import StudyRootQueryRetrieveInformationModelFind, Verification

from labkit.common.errors import AssociationRejected
from labkit.dimse import Peer, associate, echo, find, identifier, new_ae
from tests.dimse.wire import until

WAIT = 10.0
FIND = StudyRootQueryRetrieveInformationModelFind
Handler = tuple[Any, Callable[[Any], Any]]


class Node:
    """An acceptor that keeps its associations."""

    def __init__(self) -> None:
        self.ae = new_ae("NODE", timeout=WAIT, check_called=True)
        self.ae.add_supported_context(Verification)
        self.ae.add_supported_context(FIND)
        self.assocs: list[Any] = []

    def start(self, *handlers: Handler) -> Peer:
        keep = (evt.EVT_CONN_OPEN, lambda event: self.assocs.append(event.assoc))
        server = self.ae.start_server(("127.0.0.1", 0), block=False, evt_handlers=[keep, *handlers])
        return Peer("NODE", "127.0.0.1", server.server_address[1])


@pytest.fixture
def node() -> Iterator[Node]:
    made = Node()
    yield made
    made.ae.shutdown()


def test_what_one_thread_can_do_takes_no_other(node: Node) -> None:
    def two(event: evt.Event) -> Iterator[tuple[int, Dataset | None]]:
        for _ in range(2):
            yield 0xFF00, event.identifier

    peer = node.start((evt.EVT_C_FIND, two))
    assert len(find(peer, identifier("STUDY", StudyInstanceUID=None))) == 2
    assert echo(peer).status.code == 0
    assert until(lambda: not any(assoc.is_alive() for assoc in node.assocs))
    assert [assoc.dul.ident for assoc in node.assocs] == [None, None]
    assert not any(assoc.dul.is_alive() for assoc in node.assocs)
    assert all(assoc.is_released for assoc in node.assocs)


def test_the_log_has_it_before_the_peer(node: Node) -> None:
    """Who has an answer finds the line about it: handlers run before the answer goes out."""
    seen: list[str] = []

    def note(event: evt.Event) -> None:
        seen.append(event.event.name)

    peer = node.start(
        *((event, note) for event in (evt.EVT_ACCEPTED, evt.EVT_RELEASED, evt.EVT_REJECTED))
    )
    with associate(peer, [build_context(Verification)]):
        assert seen == ["EVT_ACCEPTED"]
    assert seen == ["EVT_ACCEPTED", "EVT_RELEASED"]
    with pytest.raises(AssociationRejected):
        echo(Peer("OTHER", peer.host, peer.port))
    assert seen[2:] == ["EVT_REJECTED"]


def test_another_thread_ends_what_a_request_keeps_busy(node: Node) -> None:
    """Stopping a node does not wait for its slowest handler."""
    begun, end = threading.Event(), threading.Event()

    def slow(event: evt.Event) -> int:
        begun.set()
        end.wait(WAIT)
        return 0x0000

    peer = node.start((evt.EVT_C_ECHO, slow))
    try:
        with associate(peer, [build_context(Verification)]) as link:
            asking = threading.Thread(target=link.assoc.send_c_echo)
            asking.start()
            assert begun.wait(WAIT)
            node.assocs[0].abort()
            assert until(lambda: link.assoc.is_aborted, WAIT)
            assert not end.is_set()
            asking.join(WAIT)
    finally:
        end.set()
    assert until(lambda: not node.assocs[0].is_alive())
    assert not node.assocs[0].dul.is_alive()


def test_another_thread_asks_the_peer(node: Node) -> None:
    """A message that a thread of its own sends, while the association's waits for requests."""
    peer = node.start()
    uid = "1.2.840.10008.1.20.1.1"
    with associate(peer, [build_context(Verification)]) as link:
        theirs = node.assocs[0]
        assert until(lambda: theirs.is_established)
        report = Dataset()
        report.TransactionUID = "1.2.3"
        got: list[str] = []
        link.assoc.bind(
            evt.EVT_N_EVENT_REPORT,
            lambda event: (got.append(event.event_information.TransactionUID), (0x0000, None))[1],
        )
        status, _ = theirs.send_n_event_report(
            report, 1, "1.2.840.10008.1.20.1", uid, meta_uid=Verification
        )
        assert status.Status == 0x0000
        assert got == ["1.2.3"]
        assert link.assoc.send_c_echo().Status == 0x0000
    assert until(lambda: not theirs.is_alive())
    assert theirs.is_released


def test_a_peer_that_cancels_or_leaves_is_noticed_within_a_request(node: Node) -> None:
    noticed: list[str] = []

    def endless(event: evt.Event) -> Iterator[tuple[int, Dataset | None]]:
        while True:
            if event.is_cancelled:
                noticed.append("cancelled")
                yield 0xFE00, None
                return
            if event.assoc.acse.is_aborted():
                noticed.append("left")
                return
            yield 0xFF00, event.identifier

    peer = node.start((evt.EVT_C_FIND, endless))
    assert len(find(peer, identifier("STUDY", StudyInstanceUID=None), limit=3)) == 3
    assert noticed == ["cancelled"]
    asked = identifier("STUDY", StudyInstanceUID=None)
    with associate(peer, [build_context(FIND)]) as link:
        next(link.assoc.send_c_find(asked, FIND))
        link.assoc.abort()
    assert until(lambda: not any(assoc.is_alive() for assoc in node.assocs), WAIT)
    assert node.assocs[1].is_aborted
