"""The router: nothing it acknowledged is lost, whether the destination is there or not."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from labkit.common import ALLOW_ALL
from labkit.dimse import Peer, store
from labkit.pacs import Destinations, EventLog, NodeConfig, Router, Service
from tests.pacs.conftest import Running, Start, real

FILES = ("CT_small.dcm", "MR_small.dcm", "JPEG2000.dcm")
CONFIG = NodeConfig("ROUTER", frozenset({Service.ECHO, Service.STORE}))


def until(condition: Callable[[], bool], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def make(folder: Path, destinations: Destinations, back_off: tuple[float, ...] = (0.05,)) -> Router:
    return Router(
        CONFIG, folder, ["ARCHIVE"], destinations,
        policy=ALLOW_ALL, log=EventLog(folder / "log"), back_off=back_off,
    )  # fmt: skip


@pytest.fixture
def to_archive(archive_node: Running) -> Destinations:
    known = Destinations()
    known.add("ARCHIVE", "127.0.0.1", archive_node.peer.port)
    return known


def test_it_forwards(tmp_path: Path, archive_node: Running, to_archive: Destinations) -> None:
    router = make(tmp_path / "r", to_archive)
    peer = Peer("ROUTER", "127.0.0.1", router.start())
    assert len(store(peer, real(*FILES)).stored) == 3
    until(lambda: not router.waiting())
    assert len(list(archive_node.archive.stored())) == 3
    assert archive_node.logged("ROUTER#", "C-STORE stored")
    until(lambda: not list(router.spool.objects.files()))
    router.close()


def test_it_keeps_what_it_cannot_send_over_a_restart(
    tmp_path: Path, archive_node: Running, to_archive: Destinations
) -> None:
    archive_node.node.stop()
    router = make(tmp_path / "r", to_archive)
    peer = Peer("ROUTER", "127.0.0.1", router.start())
    store(peer, real(*FILES))
    until(lambda: any(item.attempts for item in router.waiting()))
    until(lambda: "not forwarded to ARCHIVE" in (tmp_path / "r" / "log").read_text())
    router.close()

    archive_node.node.start(archive_node.peer.port)
    again = make(tmp_path / "r", to_archive)
    assert len(again.waiting()) == 3
    again.start()
    until(lambda: not again.waiting())
    assert len(list(archive_node.archive.stored())) == 3
    again.close()


def test_it_learns_the_address_later(
    tmp_path: Path, archive_node: Running, to_archive: Destinations
) -> None:
    known = Destinations()
    router = make(tmp_path / "r", known, back_off=(3600.0,))
    peer = Peer("ROUTER", "127.0.0.1", router.start())
    store(peer, real("CT_small.dcm"))
    until(lambda: any(item.problem for item in router.waiting()))
    assert "not among the known nodes" in router.waiting()[0].problem
    known.add("ARCHIVE", "127.0.0.1", archive_node.peer.port)
    router.retry_now()
    until(lambda: not router.waiting())
    router.close()


def test_what_the_destination_refuses_stays_with_the_reason(
    tmp_path: Path, archive_node: Running, to_archive: Destinations, start: Start
) -> None:
    other = start("OTHER")
    to_archive.add("ARCHIVE", "127.0.0.1", other.peer.port)
    router = make(tmp_path / "r", to_archive, back_off=(3600.0,))
    peer = Peer("ROUTER", "127.0.0.1", router.start())
    store(peer, real("CT_small.dcm"))
    until(lambda: any(item.problem for item in router.waiting()))
    assert "called AE title" in router.waiting()[0].problem
    router.clear()
    assert router.waiting() == []
    assert list(router.spool.objects.files()) == []
    router.close()


def test_a_store_it_never_queued_is_cleaned_up(tmp_path: Path, to_archive: Destinations) -> None:
    router = make(tmp_path / "r", to_archive)
    part = router.spool.objects.stage("1.2.3", [b"half"])
    router.spool.objects.publish(part, "1.2.3")
    router.spool.objects.stage("1.2.4", [b"quarter"])
    router.close()
    again = make(tmp_path / "r", to_archive)
    assert list(again.spool.objects.root.glob("*/*")) == []
    again.close()
