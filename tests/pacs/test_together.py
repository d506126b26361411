"""Several senders at once: what waits for the index or the log is taken along in one go."""

from __future__ import annotations

import errno
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, TypeVar

import pytest

from labkit.pacs import EventLog
from labkit.pacs.entering import Arrival, Entering, Entry
from labkit.pacs.header import Header
from labkit.pacs.index import Index

T = TypeVar("T")
SENDERS = 10


def arrival(number: int, study: str = "1.2.3", **more: str) -> Arrival:
    values = {
        "SOPInstanceUID": f"1.2.3.1.{number}",
        "SOPClassUID": "1.2.840.10008.5.1.4.1.1.2",
        "StudyInstanceUID": study,
        "SeriesInstanceUID": f"{study}.1",
        **more,
    }
    return Arrival(Header(values, ""), "1.2.840.10008.1.2.1", 1000, "SCU")


def at_once(
    held: AbstractContextManager[Any], waiting: Any, acts: list[Callable[[], T]]
) -> list[Future[T]]:
    """Have threads arrive while somebody holds the lock, then let them go on."""
    with ThreadPoolExecutor(len(acts)) as pool, held:
        futures = []
        for number, act in enumerate(acts, 1):
            futures.append(pool.submit(act))
            deadline = time.monotonic() + 30
            while len(waiting) < number:  # in this order
                assert time.monotonic() < deadline
                time.sleep(0.001)
    return futures


@pytest.fixture
def index(tmp_path: Path) -> Any:
    made = Index(tmp_path / "index.sqlite")
    yield made
    made.close()


def adding(index: Index, arrivals: list[Arrival]) -> list[Future[Entry]]:
    acts = [lambda one=one: index.add(one) for one in arrivals]
    return at_once(index.lock, index._waiting, acts)


def test_objects_that_wait_are_entered_in_one_transaction(index: Index) -> None:
    index.add(arrival(0))
    said: list[str] = []
    index._writer.set_trace_callback(said.append)
    entries = [done.result() for done in adding(index, [arrival(n) for n in range(1, SENDERS)])]
    index._writer.set_trace_callback(None)
    assert said.count("COMMIT") == 1
    assert [entry.number for entry in entries] == list(range(2, SENDERS + 1)), "as they came"
    assert [e.sop_instance_uid for e in index.entries(1)] == [e.sop_instance_uid for e in entries]


def test_one_that_cannot_be_entered_does_not_take_the_others_along(index: Index) -> None:
    index.add(arrival(5))
    futures = adding(index, [arrival(n) for n in range(SENDERS)])
    failed = [number for number, done in enumerate(futures) if done.exception() is not None]
    assert failed == [5]
    assert len(index.uids()) == SENDERS
    assert index.add(arrival(99)).number > 0, "and the index goes on"


def test_a_full_disk_is_said_to_everyone_who_waits(index: Index) -> None:
    index.add(arrival(0))
    (pages,) = index._writer.execute("PRAGMA page_count").fetchone()
    index._writer.execute(f"PRAGMA max_page_count = {pages}")
    large = [arrival(n, f"1.2.{n}", StudyDescription="x" * 5000) for n in range(1, SENDERS)]
    for done in adding(index, large):
        error = done.exception()
        assert isinstance(error, OSError) and error.errno == errno.ENOSPC
    assert index.uids() == [arrival(0).header["SOPInstanceUID"]]
    index._writer.execute("PRAGMA max_page_count = 100000")
    assert all(done.result().number for done in adding(index, large))


def test_one_thread_that_is_told_to_stop_does_not_stop_the_others(
    index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    enter, stopped = Entering.enter, threading.Event()

    def enter_once(self: Entering, *args: Any) -> Entry:
        if not stopped.is_set():
            stopped.set()
            raise KeyboardInterrupt
        return enter(self, *args)

    monkeypatch.setattr(Entering, "enter", enter_once)
    futures = adding(index, [arrival(n) for n in range(SENDERS)])
    ended = [type(done.exception()).__name__ for done in futures]
    assert sorted(ended) == ["KeyboardInterrupt", *["NoneType"] * (SENDERS - 1)]
    assert len(index.uids()) == SENDERS - 1


class Counting(EventLog):
    """Counts writes, and may find the disk full."""

    writes, full = 0, False

    def _put(self, line: str) -> None:
        if self.full:
            raise OSError(errno.ENOSPC, "No space left on device")
        self.writes += 1
        super()._put(line)


def writing(log: EventLog, count: int) -> None:
    acts = [lambda n=n: log.write("INFO", "A", f"SCU#{n}", "stored") for n in range(count)]
    for done in at_once(log._lock, log._waiting, acts):
        done.result()


def test_lines_that_wait_are_written_in_one_go(tmp_path: Path) -> None:
    log = Counting(tmp_path / "log")
    writing(log, SENDERS)
    log.close()
    assert log.writes == 1
    assert [line.split()[3] for line in log.lines()] == [f"SCU#{n}" for n in range(SENDERS)]


def test_lines_that_a_full_disk_did_not_take_are_all_counted(tmp_path: Path) -> None:
    log = Counting(tmp_path / "log")
    log.full = True
    writing(log, SENDERS)
    log.full = False
    log.write("INFO", "A", "-", "there is room again")
    log.close()
    missing, line = log.lines()
    assert f"{SENDERS} lines could not be written" in missing
    assert line.endswith("there is room again")
