"""DIMSE peers that stop in the middle, go byte by byte, are reset, or come a hundred at once."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from pydicom import dcmread
from pynetdicom import build_context
from pynetdicom.pdu import A_ASSOCIATE_RQ

from labkit.common.errors import AssociationRejected
from labkit.dimse import Peer, associate, echo, find, identifier, store
from labkit.hl7 import MllpListener, mllp
from tests.effort import dice, effort, record
from tests.pacs.conftest import Running, Start, real, start
from tests.resilience.ledger import Ledger, made, send
from tests.resilience.test_http_connections import reset, soon

TIMEOUT = 2.0
PEERS = effort(20, 90)
ROUNDS = effort(10, 300)
AT_ONCE = 100  # as many as `NodeConfig` says by default

__all__ = ["start"]
pytestmark = pytest.mark.timeout(300 + ROUNDS)


@pytest.fixture
def node(start: Start) -> Running:
    return start(timeout=TIMEOUT, idle=TIMEOUT)


def connected(peer: Peer) -> socket.socket:
    return socket.create_connection((peer.host, peer.port), 10)


class Recorded:
    """The bytes that a requestor sends: an association, one C-STORE and its release."""

    def __init__(self, peer: Peer) -> None:
        listener = socket.create_server(("127.0.0.1", 0))
        self.data = b""
        ours = Peer(peer.ae_title, "127.0.0.1", listener.getsockname()[1])
        thread = threading.Thread(target=self._between, args=(listener, peer))
        thread.start()
        assert store(ours, real("MR_small.dcm")[0]).stored
        thread.join(30)
        listener.close()
        assert self.data[0] == 1 and A_ASSOCIATE_RQ().pdu_type == 1

    def _between(self, listener: socket.socket, peer: Peer) -> None:
        here, _ = listener.accept()
        with here, connected(peer) as there:
            back = threading.Thread(target=self._copy, args=(there, here, False))
            back.start()
            self._copy(here, there, True)
            back.join(30)

    def _copy(self, source: socket.socket, target: socket.socket, keep: bool) -> None:
        while data := source.recv(65536):
            if keep:
                self.data += data
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)


@pytest.fixture
def recorded(node: Running) -> bytes:
    return Recorded(node.peer).data


def well(node: Running) -> None:
    """The same node serves as before, and holds nothing of those that have gone."""
    assert soon(lambda: node.node.open_associations == 0), "associations of the dead are held"
    assert echo(node.peer).status == 0
    assert find(node.peer, identifier("STUDY", StudyInstanceUID="")).status.code == 0


def ended_by_the_node(sockets: list[socket.socket]) -> None:
    for sock in sockets:
        sock.settimeout(60)
        try:
            while sock.recv(65536):
                pass
        except ConnectionResetError:
            continue
        finally:
            sock.close()


def first_pdus(data: bytes, number: int) -> int:
    """Where a number of PDUs end."""
    at = 0
    for _ in range(number):
        at += 6 + struct.unpack(">L", data[at + 2 : at + 6])[0]
    return at


@pytest.mark.parametrize(
    "where", ["silent", "in the request", "in a header", "in the data", "idle"]
)
def test_a_peer_that_stops_is_let_go(node: Running, recorded: bytes, where: str) -> None:
    """Half-open: it neither goes on nor closes."""
    after = first_pdus(recorded, 1)
    sent = {
        "silent": 0, "in the request": after // 2, "in a header": after + 3,
        "in the data": after + 500, "idle": after,
    }[where]  # fmt: skip
    threads = threading.active_count()
    sockets = [connected(node.peer) for _ in range(PEERS)]
    for sock in sockets:
        sock.sendall(recorded[:after] if sent > after else recorded[:sent])
        if sent > after:
            assert sock.recv(1) == b"\x02", "the association is accepted"
            sock.sendall(recorded[after:sent])
    assert echo(node.peer).status == 0, "others are served meanwhile"
    ended_by_the_node(sockets)
    well(node)
    assert soon(lambda: threading.active_count() <= threads + 2), "their threads are left"
    record("dimse-stopped", where=where, peers=PEERS)


def test_a_pdu_that_comes_byte_by_byte_is_not_waited_for(node: Running, recorded: bytes) -> None:
    over = threading.Event()
    sock = connected(node.peer)
    sock.sendall(recorded[: first_pdus(recorded, 1)])
    assert sock.recv(1) == b"\x02"
    sock.sendall(struct.pack(">BBL", 4, 0, 100_000))

    def trickle() -> None:
        while not over.wait(TIMEOUT / 10):
            try:
                sock.send(b"\0")
            except OSError:
                return

    thread = threading.Thread(target=trickle)
    thread.start()
    try:
        ended_by_the_node([sock])
    finally:
        over.set()
        thread.join(30)
    well(node)


@pytest.mark.parametrize("length", [1 << 27, 0xFFFFFFFF])
def test_a_length_field_that_lies_is_not_believed(
    node: Running, recorded: bytes, length: int
) -> None:
    with connected(node.peer) as sock:
        sock.sendall(recorded[: first_pdus(recorded, 1)])
        assert sock.recv(1) == b"\x02"
        sock.sendall(struct.pack(">BBL", 4, 0, length) + bytes(100))
        ended_by_the_node([sock])
    well(node)


def test_a_reset_anywhere_in_an_association(node: Running, recorded: bytes) -> None:
    rng = dice("reset in DIMSE")
    after = first_pdus(recorded, 1)
    for _ in range(ROUNDS):
        place = rng.randrange(1, len(recorded))
        sock = connected(node.peer)
        sock.sendall(recorded[: min(place, after)])
        if place > after:
            assert sock.recv(1) == b"\x02"
            sock.sendall(recorded[after:place])
        reset(sock)
    well(node)
    for stored in node.archive.stored():
        assert len(stored.dataset().PixelData) == 8192, "an object is there in part"
    assert soon(lambda: list(node.archive.root.rglob("*.part")) == [])
    ledger = Ledger()
    assert send(node.peer, [made(rng, "1.2.9.10.1")], ledger) == [] and len(ledger) == 1
    record("reset-dimse", rounds=ROUNDS)


def test_a_hundred_associations_at_once_and_the_next_is_told_why(start: Start) -> None:
    node = start()  # of the usual patience: a busy machine is slow to have a hundred
    contexts = [build_context("1.2.840.10008.1.1")]
    all_in, over = threading.Barrier(AT_ONCE + 1), threading.Event()
    rng = dice("a hundred")
    objects = [made(rng, f"1.2.9.11.{n}") for n in range(AT_ONCE)]

    def one(_: int) -> bool:
        with associate(node.peer, contexts, timeout=60) as link:
            all_in.wait(120)
            assert over.wait(120)
            return bool(link.assoc.send_c_echo().Status == 0)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        held = [pool.submit(one, number) for number in range(AT_ONCE)]
        all_in.wait(120)
        try:
            with pytest.raises(AssociationRejected) as caught, associate(node.peer, contexts):
                pass
        finally:
            over.set()
        assert all(each.result() for each in held)
    refused = caught.value
    assert (refused.result, refused.source, refused.reason) == (2, 3, 2)
    assert refused.remedy
    well(node)

    ledger = Ledger()

    def stores(number: int) -> list[int]:
        return send(node.peer, [objects[number]], ledger)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        assert [status for each in pool.map(stores, range(AT_ONCE)) for status in each] == []
    assert len(ledger) == AT_ONCE
    paths = {s.entry.sop_instance_uid: s.path for s in node.archive.stored()}
    assert all(dcmread(paths[ds.SOPInstanceUID]).PixelData == ds.PixelData for ds in objects)
    well(node)
    record("at-once", associations=AT_ONCE)


@pytest.fixture
def hl7() -> Iterator[Callable[[], int]]:
    listener = MllpListener(lambda message: b"got " + message, stall=0.5)
    yield lambda: listener.start()
    listener.stop()


def test_an_hl7_sender_that_stops_in_a_message_is_let_go(hl7: Callable[[], int]) -> None:
    port = hl7()
    with socket.create_connection(("127.0.0.1", port), 10) as idle:
        stuck = [socket.create_connection(("127.0.0.1", port), 10) for _ in range(PEERS)]
        for sock in stuck:
            sock.sendall(mllp.START + b"MSH|^~\\&|half")
        assert mllp.send("127.0.0.1", port, "whole") == "got whole\r"
        ended_by_the_node(stuck)
        idle.sendall(mllp.frame(b"late"))
        assert mllp.receive(idle)[0] == b"got late", "between two messages it may be silent"
