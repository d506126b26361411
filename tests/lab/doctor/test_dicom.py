"""What goes wrong between two DICOM nodes, and what the doctor says of it."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from pynetdicom.sop_class import Verification

from labkit.common import ALLOW_ALL, DENY_ALL
from labkit.dicom import sample
from labkit.dimse import Receiver, new_ae, store
from labkit.lab.doctor import dicom
from labkit.lab.doctor.dicom import DicomChecks, Inbox
from labkit.lab.doctor.finding import Finding, examined
from labkit.lab.nodes import Node
from labkit.pacs import (
    ALL_SERVICES,
    Archive,
    Destinations,
    EventLog,
    NodeConfig,
    PacsNode,
    Service,
)
from tests.contract.pacs.servers import dcmqrscp, find_program, free_port

NEEDS = ("C-FIND",)
Pacs = Callable[..., Node]


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    held = Archive(tmp_path_factory.mktemp("held"))
    yield held
    held.close()


@pytest.fixture
def pacs(archive: Archive, tmp_path: Path) -> Iterator[Pacs]:
    """Starts a node on the archive; returns it as a client knows it."""
    started = []

    def start(
        known: Destinations | None = None, policy: object = ALLOW_ALL, **config: object
    ) -> Node:
        node = PacsNode(
            NodeConfig("PACS", **config),  # type: ignore[arg-type]
            archive,
            policy=policy,  # type: ignore[arg-type]
            destinations=known or Destinations(),
            log=EventLog(tmp_path / "log"),
        )
        started.append(node)
        return Node("PACS", "127.0.0.1", node.start(), calling="LABKIT")

    yield start
    for node in started:
        node.stop()


@pytest.fixture
def filled(pacs: Pacs, archive: Archive) -> Archive:
    store(pacs(), sample("cr-wrist").files[0]).raise_for_status()
    return archive


def inbox(port: int, listens_at: int | None = None, accept: tuple[str, ...] = ()) -> Inbox:
    @contextmanager
    def receiving() -> Iterator[Receiver]:
        with Receiver("LABKIT", listens_at or port, accept_calling=accept) as receiver:
            yield receiver

    return Inbox(receiving, "LABKIT", "10.1.2.3", port)


def last(checks: DicomChecks) -> Finding:
    return list(examined("PACS", checks.layers))[-1]


def known(port: int) -> Destinations:
    table = Destinations()
    table.add("LABKIT", "127.0.0.1", port)
    return table


def test_all_is_well(pacs: Pacs, filled: Archive) -> None:
    port = free_port()
    found = list(examined("PACS", DicomChecks(pacs(known(port)), NEEDS, inbox(port)).layers))
    assert [one.state for one in found] == ["ok"] * 7
    assert [one.layer for one in found][:4] == ["name", "TCP", "association", "C-ECHO"]
    assert (found[-3].said, found[-1].said) == ("1 study", "1 object came to LABKIT")
    assert all("Wrist" not in line and "^" not in line for one in found for line in one.lines)


def test_an_empty_archive_has_nothing_to_retrieve(tmp_path: Path, pacs: Pacs) -> None:
    with_nothing = Archive(tmp_path / "empty")
    node = PacsNode(
        NodeConfig("PACS"), with_nothing,
        policy=ALLOW_ALL, destinations=Destinations(), log=EventLog(tmp_path / "log"),
    )  # fmt: skip
    try:
        whom = Node("PACS", "127.0.0.1", node.start())
        found = list(examined("PACS", DicomChecks(whom, NEEDS, inbox(1)).layers))
    finally:
        node.stop()
        with_nothing.close()
    assert [one.state for one in found[-2:]] == ["skipped", "skipped"]
    assert found[-3].said == "0 studies (or none that this AE title may see)"


def test_no_place_to_receive_is_no_fault(pacs: Pacs, filled: Archive) -> None:
    found = last(DicomChecks(pacs(), NEEDS))
    assert (found.state, found.layer) == ("skipped", "C-MOVE")


def test_rejections_say_who_changes_what(pacs: Pacs, filled: Archive) -> None:
    found = last(DicomChecks(pacs(accept_calling=["MR1"]), NEEDS, inbox(11113), "orthanc"))
    assert (found.state, found.layer) == ("failed", "association")
    assert "1/1/3" in found.said and "add LABKIT, calling from 127.0.0.1" in found.remedy
    assert any('["LABKIT", "10.1.2.3", 11113]' in line for line in found.entry)
    other = replace(pacs(), ae_title="OTHER")
    found = last(DicomChecks(other, NEEDS, inbox(1)))
    assert "1/1/7" in found.said and "does not go by OTHER" in found.remedy and not found.entry


def test_what_is_not_offered() -> None:
    ae = new_ae("PACS", timeout=5)
    ae.add_supported_context(Verification)
    server = ae.start_server(("127.0.0.1", 0), block=False)
    try:
        node = Node("PACS", "127.0.0.1", server.server_address[1], calling="LABKIT")
        found = last(DicomChecks(node, NEEDS))
        assert (found.layer, found.said) == ("association", "accepted, but without C-FIND")
        assert "allow LABKIT to use C-FIND" in found.remedy
        assert last(DicomChecks(node)).state == "skipped"  # where nothing is needed
    finally:
        ae.shutdown()


def test_a_pacs_without_c_get_is_no_worse(pacs: Pacs, filled: Archive) -> None:
    """Many have none; C-MOVE is examined all the same."""
    port = free_port()
    node = pacs(known(port), services=ALL_SERVICES - {Service.GET})
    layers = DicomChecks(node, NEEDS, inbox(port)).layers
    found = {one.layer: one for one in examined("PACS", layers)}
    assert (found["C-GET"].state, found["C-GET"].said) == ("skipped", "not offered")
    assert found["C-MOVE"].state == "ok"


def test_a_port_that_speaks_no_dicom(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dicom, "TIMEOUT", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        found = last(DicomChecks(Node("PACS", "127.0.0.1", silent.getsockname()[1]), NEEDS))
    assert found.layer == "association" and "tls = true" in found.remedy


def test_a_node_that_refuses_every_service(pacs: Pacs, filled: Archive) -> None:
    found = last(DicomChecks(pacs(policy=DENY_ALL), NEEDS, inbox(1)))
    assert found.state == "failed" and found.remedy


def test_a_destination_that_is_not_known(pacs: Pacs, filled: Archive) -> None:
    found = last(DicomChecks(pacs(), NEEDS, inbox(free_port())))
    assert "0xA801" in found.said and "does not know LABKIT" in found.said
    assert [line.split()[-1] for line in found.entry[1:3]] == ["LABKIT", "10.1.2.3"]


def test_a_destination_with_another_port(pacs: Pacs, filled: Archive) -> None:
    """Nobody listens where the archive sends."""
    found = last(DicomChecks(pacs(known(free_port())), NEEDS, inbox(free_port())))
    assert found.layer == "C-MOVE" and "could not send" in found.said and "firewall" in found.remedy


def test_a_destination_that_is_somebody_else(
    pacs: Pacs, filled: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dicom, "ARRIVES", 0.2)
    with Receiver("LABKIT") as elsewhere:
        checks = DicomChecks(pacs(known(elsewhere.peer.port)), NEEDS, inbox(free_port()))
        found = last(checks)
        assert len(elsewhere.received) == 1
    assert "nothing came to LABKIT here" in found.said and "another address" in found.remedy


def test_an_archive_that_calls_us_by_another_title(pacs: Pacs, filled: Archive) -> None:
    port = free_port()
    found = last(DicomChecks(pacs(known(port)), NEEDS, inbox(port, accept=("MAIN",))))
    assert "called LABKIT here as PACS" in found.said and 'allow = ["PACS"]' in found.remedy


def test_ports_that_are_something_else() -> None:
    found = last(DicomChecks(Node("PACS", "127.0.0.1", free_port()), NEEDS))
    assert (found.layer, found.state) == ("TCP", "failed")


@pytest.mark.peers
@pytest.mark.skipif(find_program("dcmqrscp") is None, reason="dcmqrscp not installed")
def test_dcmqrscp_with_and_without_the_entry(tmp_path: Path) -> None:
    with dcmqrscp(tmp_path) as target:
        store(target.peer, sample("cr-wrist").files[0]).raise_for_status()
        node = Node("DCMQRSCP", target.peer.host, target.peer.port)
        found = last(DicomChecks(node, NEEDS, inbox(free_port())))
        assert found.layer == "C-MOVE" and found.state == "failed" and found.entry

        @contextmanager
        def receiving() -> Iterator[Receiver]:
            with Receiver(target.destination, target.destination_port) as receiver:
                yield receiver

        right = Inbox(receiving, target.destination, "127.0.0.1", target.destination_port)
        assert last(DicomChecks(node, NEEDS, right)).state == "ok"
