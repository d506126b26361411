"""A door before a product: here one of our own nodes stands for the product."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from labkit.common import ALLOW_ALL
from labkit.common.errors import AssociationRejected, LabkitError, NetworkError
from labkit.dicom import real_file
from labkit.dimse import (
    AssociationTrace,
    Authority,
    Peer,
    client_context,
    decode_messages,
    echo,
    server_context,
    store,
)
from labkit.lab.containers.doorman import Doorman
from labkit.lab.containers.tap import Tap
from labkit.pacs import Archive, EventLog, NodeConfig, PacsNode


@dataclass
class Scene:
    tap: Tap
    peer: Peer
    log: EventLog
    archive: Archive
    traces: list[AssociationTrace] = field(default_factory=list)

    def said(self) -> list[str]:
        return [line.split("Z ", 1)[-1].split(" ", 1)[1] for line in self.log.lines()]


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    archive = Archive(tmp_path / "archive")
    node = PacsNode(NodeConfig("ARCHIVE"), archive, policy=ALLOW_ALL)
    port = node.start()
    log, traces = EventLog(tmp_path / "log"), list[AssociationTrace]()
    tap = Tap("ARCHIVE", lambda first: ("127.0.0.1", port), log, traces.append)
    yield Scene(tap, Peer("ARCHIVE", "127.0.0.1", tap.start()), log, archive, traces)
    tap.stop()
    node.stop()
    archive.close()


def settled(scene: Scene) -> None:
    for _ in range(400):
        if not scene.tap.open_associations:
            return
        import time

        time.sleep(0.005)
    raise AssertionError("the association does not end")


def test_what_goes_through_is_traced_and_told_as_our_nodes_tell_it(scene: Scene) -> None:
    echo(scene.peer)
    assert store(scene.peer, [real_file("CT_small")]).stored
    settled(scene)
    first, second = scene.traces
    assert [m.name for m in decode_messages(first)] == ["C-ECHO-RQ", "C-ECHO-RSP"]
    assert (first.requestor.ae_title, first.acceptor.ae_title) == ("LEARNER", "ARCHIVE")
    assert (first.end, first.recorded_by, first.node) == ("released", "acceptor", "ARCHIVE")
    assert [m.name for m in decode_messages(second)] == ["C-STORE-RQ", "C-STORE-RSP"]
    assert scene.archive.index.uids()
    assert [line.split(" ", 1)[1] for line in scene.said()[1:4]] == [
        "INFO LEARNER#1 association accepted: 1 of 1 presentation contexts",
        "INFO LEARNER#1 C-ECHO answered",
        "INFO LEARNER#1 association released",
    ]


def test_the_product_rejects_and_the_door_tells_why(scene: Scene) -> None:
    with pytest.raises(AssociationRejected):
        echo(Peer("ARCHIV", scene.peer.host, scene.peer.port))
    settled(scene)
    assert scene.traces[0].end == "rejected"
    assert "(1/1/7): called AE title ARCHIV is not mine (ARCHIVE)" in scene.said()[-1]


@pytest.mark.parametrize(
    ("doorman", "code"),
    [
        (Doorman(frozenset({"CT1"})), "1/1/3"),
        (Doorman(known_hosts={"LEARNER": "192.0.2.1"}), "1/1/3"),
        (Doorman(max_associations=0), "2/3/2"),
        (Doorman(title="PACS", product="ARCHIVE"), "1/1/7"),
    ],
)
def test_the_door_refuses_callers(scene: Scene, doorman: Doorman, code: str) -> None:
    scene.tap.doorman = doorman
    with pytest.raises(AssociationRejected):
        echo(scene.peer)
    settled(scene)
    assert f"association rejected ({code})" in scene.said()[-1]
    assert scene.traces[0].end == "rejected"


def test_an_address_that_is_not_the_expected_one_is_told_as_our_nodes_tell_it(scene: Scene) -> None:
    scene.tap.doorman = Doorman(known_hosts={"LEARNER": "192.0.2.1"})
    with pytest.raises(AssociationRejected):
        echo(scene.peer)
    settled(scene)
    assert [line.split(" ", 3)[3] for line in scene.said()[-2:]] == [
        "LEARNER is expected at 192.0.2.1, and calls from 127.0.0.1",
        "association rejected (1/1/3): calling AE title LEARNER is not on my list",
    ]


def test_tls_where_none_is_spoken_is_told_at_once(scene: Scene, tmp_path: Path) -> None:
    authority = Authority(tmp_path / "tls")
    with pytest.raises(NetworkError, match="does not speak TLS"):
        echo(scene.peer, tls=client_context(authority.certificate))
    settled(scene)
    assert scene.traces == []


def test_another_title_is_translated(scene: Scene) -> None:
    scene.tap.doorman = Doorman(title="PACS", product="ARCHIVE")
    echo(Peer("PACS", scene.peer.host, scene.peer.port))
    settled(scene)
    assert scene.traces[0].acceptor.ae_title == "PACS"


def test_a_service_that_is_not_permitted_is_aborted(scene: Scene) -> None:
    scene.tap.doorman = Doorman(permissions={"LEARNER": frozenset({"echo"})})
    echo(scene.peer)
    with suppress(LabkitError):  # aborted in the middle: told as a result or as an error
        assert not store(scene.peer, [real_file("CT_small")]).stored
    settled(scene)
    assert scene.traces[-1].end == "aborted"
    assert any("LEARNER is not authorised for store: aborting" in line for line in scene.said())
    assert not scene.archive.index.uids()


def test_tls_ends_at_the_door(scene: Scene, tmp_path: Path) -> None:
    authority = Authority(tmp_path / "tls")
    port = scene.tap.listen_tls(server_context(authority.credential("ARCHIVE")))
    context = client_context(authority.certificate)
    echo(Peer("ARCHIVE", "127.0.0.1", port, tls=context))
    settled(scene)
    assert scene.traces[0].end == "released"


def test_switched_off_it_refuses_and_comes_back_at_its_port(scene: Scene) -> None:
    scene.tap.stop()
    assert not scene.tap.running
    with pytest.raises(NetworkError):
        echo(scene.peer)
    assert scene.tap.start(scene.peer.port) == scene.peer.port
    echo(scene.peer)


def test_a_port_scan_leaves_no_trace(scene: Scene) -> None:
    socket.create_connection(("127.0.0.1", scene.peer.port)).close()
    with socket.create_connection(("127.0.0.1", scene.peer.port)) as sock:
        sock.sendall(b"GET / HTTP/1.1\r\n\r\n")
    settled(scene)
    assert scene.traces == []
    echo(scene.peer)


def test_a_product_that_is_gone_is_told(scene: Scene, tmp_path: Path) -> None:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        closed = sock.getsockname()[1]
        tap = Tap("ARCHIVE", lambda first: ("127.0.0.1", closed), scene.log, scene.traces.append)
        peer = Peer("ARCHIVE", "127.0.0.1", tap.start())
        with pytest.raises(NetworkError):
            echo(peer, timeout=3)
        tap.stop()
    assert any("connection failed" in line for line in scene.said())
