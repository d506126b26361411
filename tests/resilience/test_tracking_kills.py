"""The tracking service killed with -9 at any moment: each change is counted exactly once.

Meanwhile the FHIR server is written to, notices are lost and come twice: the queue of the server is
emptied and copied under the courier's hands.
"""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from labkit.exchange.tracking import Tracker
from labkit.exchange.tracking.ledger import Ledger
from tests.effort import dice, effort, record
from tests.exchange.tracking.conftest import Server, document, fhir_source, patient, study
from tests.resilience.tracker import OVERLAP

KILLS = effort(4, 100)
ROOT = Path(__file__).resolve().parents[2]

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is POSIX"),
    pytest.mark.timeout(90 + KILLS * 30),
]


class Writer(threading.Thread):
    """Changes resources, and meddles with the notices about them."""

    def __init__(self, server: Server) -> None:
        super().__init__(name="writer", daemon=True)
        self._server, self._rng, self.over = server, dice("tracking writer"), threading.Event()
        self.lost = self.doubled = 0

    def run(self) -> None:
        store, rng = self._server.store, self._rng
        while not self.over.is_set():
            n = rng.randrange(12)
            made = rng.choice((study, document))(f"x{n}", f"2.25.{n}", of=f"p{rng.randrange(3)}")
            if rng.random() < 0.15:
                store.delete(made["resourceType"], made["id"])
            else:
                self._server.put(made if rng.random() < 0.9 else patient(f"p{n}"))
            if rng.random() < 0.2:
                with store.transaction():
                    self.lost += store.query("SELECT count(*) FROM notice", [])[0][0]
                    store.execute("DELETE FROM notice", [])
            elif rng.random() < 0.3:
                with store.transaction():
                    self.doubled += store.query("SELECT count(*) FROM notice", [])[0][0]
                    sql = "INSERT INTO notice (subscription, pk, version) "
                    store.execute(f"{sql}SELECT subscription, pk, version FROM notice", [])
            self.over.wait(rng.random() * 0.01)


def known(folder: Path) -> int:
    """How far the ledger has come; it is read while another process writes to it."""
    ledger = Ledger(folder / "tracking.sqlite")
    try:
        return ledger.last
    finally:
        ledger.close()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    made = Server(tmp_path / "fhir")
    yield made
    made.hang_up()
    made.store.close()


def test_each_change_is_counted_exactly_once(server: Server, tmp_path: Path) -> None:
    folder, rng, writer = tmp_path / "tracking", dice("tracking kills"), Writer(server)
    command = [sys.executable, "-m", "tests.resilience.tracker", str(folder), server.url]
    writer.start()
    interrupted = 0
    for _ in range(KILLS):
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        try:
            assert process.stdout is not None
            if rng.random() < 0.75:  # else it is killed while it starts
                assert process.stdout.readline() == "ready\n"
                before, deadline = known(folder), time.monotonic() + 30
                wanted = rng.randrange(1, 20)
                while known(folder) < before + wanted and time.monotonic() < deadline:
                    time.sleep(0.002)
                interrupted += 1
            else:
                time.sleep(rng.random() * 1.5)
            time.sleep(rng.random() * 0.02)
        finally:
            process.kill()
            process.wait(30)
            process.stdout.close()
    writer.over.set()
    writer.join(30)
    tracker = Tracker(folder, [fhir_source(server)], overlap=OVERLAP)
    try:
        counted = len(tracker.events())
        tracker.work()
        tracker.poll()
        keys = [event.key[1:] for event in tracker.events()]
        by = Counter(event.by for event in tracker.events())
    finally:
        tracker.close()
    truth = server.versions()
    twice = [key for key, times in Counter(keys).items() if times > 1]
    record(
        "tracking-kills", kills=KILLS, changes=len(truth), before_the_last_poll=counted,
        lost=len(set(truth) - set(keys)), twice=len(twice), notices_lost=writer.lost,
        notices_doubled=writer.doubled, by_notice=by["notice"], by_poll=by["poll"],
    )  # fmt: skip
    assert twice == [] and sorted(keys) == truth
    assert interrupted >= KILLS / 3 and len(truth) > KILLS * 5, "this shows nothing"
    assert writer.lost and writer.doubled and by["notice"] and by["poll"], "this shows too little"
