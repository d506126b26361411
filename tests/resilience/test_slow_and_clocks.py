"""A disk that takes its time, a clock that jumps, and stores that find no room: all go on after."""

from __future__ import annotations

import errno
import sqlite3
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from labkit.common import ALLOW_ALL
from labkit.dicomweb.proxy.cache_index import opened
from labkit.dimse import Peer, echo, find, identifier, store
from labkit.fhir import FhirStore
from labkit.lab.lock import FileLock
from labkit.lab.state import State
from labkit.pacs import Archive, Destinations, EventLog, NodeConfig, Router, Service, durable
from labkit.pacs.part10 import read_object
from labkit.pacs.spool import Waiting
from tests.effort import dice, record
from tests.pacs.conftest import Running, archive_node, real, start
from tests.resilience.ledger import Ledger, made, send
from tests.resilience.test_http_connections import soon

__all__ = ["archive_node", "start"]
CLIENTS = 8
DAY = 86400.0
ROUTER = NodeConfig("ROUTER", frozenset({Service.ECHO, Service.STORE}))


def test_a_slow_disk_holds_up_nobody_but_who_writes(
    archive_node: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng, ledger, written = dice("slow disk"), Ledger(), threading.Event()
    waiting, sync = threading.Semaphore(0), durable.sync_file

    def slow(fd: int) -> None:
        waiting.release()
        assert written.wait(120)
        sync(fd)

    objects = [made(rng, f"1.2.9.13.{n}") for n in range(CLIENTS)]
    monkeypatch.setattr(durable, "sync_file", slow)
    with ThreadPoolExecutor(CLIENTS) as pool:
        try:
            stores = [pool.submit(send, archive_node.peer, [ds], ledger) for ds in objects]
            for _ in objects:
                assert waiting.acquire(timeout=60)
            assert echo(archive_node.peer).status == 0
            asked = identifier("STUDY", StudyInstanceUID="")
            assert find(archive_node.peer, asked).status.code == 0
            assert len(ledger) == 0, "an object is answered for before it is on the disk"
        finally:
            written.set()
        assert [each.result() for each in stores] == [[]] * CLIENTS
    assert len(ledger) == CLIENTS
    record("slow-disk", stored=CLIENTS, clients=CLIENTS, before=0)


def router(folder: Path, known: Destinations, seconds: Callable[[], float]) -> Router:
    return Router(
        ROUTER, folder, ["ARCHIVE"], known, policy=ALLOW_ALL, back_off=(0.05, 0.1),
        log=EventLog(folder / "log"), seconds=seconds,
    )  # fmt: skip


@pytest.mark.parametrize("jump", [-DAY, DAY, -400 * DAY])
def test_a_router_whose_clock_jumps_delivers(
    tmp_path: Path, archive_node: Running, jump: float
) -> None:
    known, offset, port = Destinations(), [0.0], archive_node.peer.port
    known.add("ARCHIVE", "127.0.0.1", port)
    archive_node.node.stop()
    made_ = router(tmp_path / "r", known, lambda: time.time() + offset[0])
    try:
        assert store(Peer("ROUTER", "127.0.0.1", made_.start()), real("MR_small.dcm")[0]).stored
        assert soon(lambda: any(item.attempts for item in made_.waiting()))
        offset[0] = jump
        archive_node.node.start(port)
        assert soon(lambda: not made_.waiting()), "it waits for a time that is a day away"
    finally:
        made_.close()
    assert len(list(archive_node.archive.stored())) == 1
    record("clock", what="router with an object waiting", jump=f"{jump / DAY:g} days",
           seen="delivered")  # fmt: skip


def test_a_queue_that_cannot_be_written_is_not_tried_in_a_loop(
    tmp_path: Path, archive_node: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = Destinations()
    known.add("ARCHIVE", "127.0.0.1", archive_node.peer.port)
    made_ = router(tmp_path / "r", known, time.time)
    done, failures = made_.spool.done, [3]

    def full(item: Waiting) -> None:
        if failures[0]:
            failures[0] -= 1
            raise OSError(errno.ENOSPC, "the queue cannot be written: database or disk is full")
        done(item)

    monkeypatch.setattr(made_.spool, "done", full)
    try:
        assert store(Peer("ROUTER", "127.0.0.1", made_.start()), real("MR_small.dcm")[0]).stored
        assert soon(lambda: not made_.waiting())
    finally:
        made_.close()
    said = (tmp_path / "r" / "log").read_text()
    assert said.count("disk is full; ARCHIVE has to wait 0.05 s") == 3
    assert len(list(archive_node.archive.stored())) == 1


def test_a_fhir_server_whose_clock_goes_back_keeps_the_order(tmp_path: Path) -> None:
    now = datetime(2026, 1, 15, 8, tzinfo=timezone.utc)
    times = iter(now + timedelta(days=day) for day in (0, 400, -400, 1, -1))
    kept = FhirStore(tmp_path / "fhir.sqlite", clock=lambda: next(times))
    for number in range(5):
        patient = {"resourceType": "Patient", "id": "p", "name": [{"family": str(number)}]}
        stored, _ = kept.put(patient)
        assert stored.version == number + 1
    newest = kept.read("Patient", "p")
    assert newest is not None and newest.resource["name"][0]["family"] == "4"
    rows = kept.query("SELECT version FROM version ORDER BY version", [])
    assert [row[0] for row in rows] == [1, 2, 3, 4, 5]
    kept.close()
    record("clock", what="FHIR server, an update after each jump", jump="400 days, both ways",
           seen="versions in the order of the writes")  # fmt: skip


def test_an_index_without_room_leaves_no_object_and_no_open_transaction(tmp_path: Path) -> None:
    archive, rng = Archive(tmp_path / "archive"), dice("index")
    small = made(rng, "1.2.9.14.0")
    add(archive, tmp_path, small)
    writer = archive.index._writer
    (pages,) = writer.execute("PRAGMA page_count").fetchone()
    writer.execute(f"PRAGMA max_page_count = {pages}")
    refused = 0
    for number in range(1, 40):
        ds = made(rng, f"1.2.9.14.{number}")
        ds.StudyInstanceUID = f"1.2.9.14.{number}.9"
        ds.StudyDescription = "x" * 64
        try:
            add(archive, tmp_path, ds)
        except OSError as error:
            assert error.errno == errno.ENOSPC and "index cannot be written" in str(error)
            assert not archive.objects.path(ds.SOPInstanceUID).exists()
            refused += 1
            last = ds
    assert refused > 1, "each one after the first is refused for the same reason, not another"
    writer.execute("PRAGMA max_page_count = 100000")
    add(archive, tmp_path, last)
    assert archive.get(last.SOPInstanceUID) is not None
    archive.close()


def add(archive: Archive, folder: Path, ds: object) -> None:
    ds.save_as(folder / "one.dcm")  # type: ignore[attr-defined]
    meta, data = read_object(folder / "one.dcm")
    archive.add(data, transfer_syntax=meta.transfer_syntax)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_log_without_room_changes_nothing_and_says_so_later(tmp_path: Path) -> None:
    log = EventLog(Path("/dev/full"))
    for _ in range(3):
        log.write("INFO", "ARCHIVE", "-", "nobody hears this")
    log.close()
    log.path = tmp_path / "log"
    log.write("INFO", "ARCHIVE", "-", "listening")
    first, second = log.lines()
    assert first.endswith("ERROR - 3 lines could not be written before this one")
    assert second.endswith("listening")
    log.close()


def test_the_cache_of_a_facade_is_not_thrown_away_for_a_full_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "index.sqlite"
    db = opened(path)
    db.execute("INSERT INTO object VALUES ('1','2','3','c','s','p','m',1,1,0.0,0.0)")
    db.close()
    before = path.read_bytes()

    def full(*_: object, **__: object) -> sqlite3.Connection:
        raise sqlite3.OperationalError("database or disk is full")

    with monkeypatch.context() as changed:
        changed.setattr(sqlite3, "connect", full)
        with pytest.raises(OSError, match="full") as caught:
            opened(path)
    assert caught.value.errno == errno.ENOSPC
    assert path.read_bytes() == before
    again = opened(path)
    assert again.execute("SELECT count(*) FROM object").fetchone() == (1,)
    again.close()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_lock_whose_file_has_no_room_is_given_back() -> None:
    for _ in range(3):  # the second would find it locked by the first
        with pytest.raises(OSError, match="No space left"):
            FileLock(Path("/dev/full")).acquire()


def test_state_that_could_not_be_written_is_not_believed(tmp_path: Path) -> None:
    state = State(tmp_path / "gone" / "state")
    with pytest.raises(OSError):
        state.put(fault="one")
    assert state.get("fault", "none") == "none"
