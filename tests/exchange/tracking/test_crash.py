"""Killed between any two writes: before a commit, or right after it, at each one in turn."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from labkit.exchange.tracking import Tracker
from labkit.exchange.tracking.ledger import Ledger
from tests.exchange.tracking.conftest import (
    Pacs,
    Server,
    document,
    fhir_source,
    images,
    patient,
    study,
)  # fmt: skip


class Killed(BaseException):
    """What nothing catches, as a kill."""


class Axe:
    """Ends a ledger's process at the n-th commit."""

    def __init__(self, at: int, *, after: bool) -> None:
        self.left, self.after, self.fell = at, after, False

    def take(self, monkeypatch: pytest.MonkeyPatch) -> None:
        whole = Ledger.transaction

        @contextmanager
        def transaction(ledger: Ledger) -> Iterator[None]:
            outermost = not ledger._db.in_transaction
            with whole(ledger):
                yield
                if outermost:
                    self.left -= 1
                    self.fell = self.left < 0
                if self.fell and not self.after:
                    raise Killed
            if self.fell and outermost:
                raise Killed

        monkeypatch.setattr(Ledger, "transaction", transaction)


def work(tracker: Tracker, server: Server) -> None:
    """Do all that a tracker does: polls, notices of both kinds, an archive."""
    tracker.poll()
    tracker.ring("FHIR", "ImagingStudy", "s1")
    server.put(study(status="cancelled"), study("s3", "2.25.3"), study("s4", "2.25.4"))
    tracker.work()
    tracker.ring("FHIR", "DocumentReference")
    tracker.work()
    tracker.poll()


@pytest.mark.parametrize("after", [False, True])
def test_nothing_is_lost_and_nothing_counted_twice(
    server: Server, pacs: Callable[[str], Pacs], tmp_path: Path, after: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    north = pacs("NORTH")
    north.store(images())
    server.put(patient("ann"), study(), study(description="x"), study("s2", "2.25.2"), document())
    fell, number = True, 0
    while fell:
        folder = tmp_path / f"{number}"
        axe = Axe(number, after=after)
        with monkeypatch.context() as patched:
            axe.take(patched)
            tracker = Tracker(folder, [fhir_source(server), north.source], overlap=0.0)
            with suppress(Killed):
                work(tracker, server)
            tracker.close()
        fell, number = axe.fell, number + 1
        with Tracker(folder, [fhir_source(server), north.source], overlap=0.0) as again:
            again.work()
            again.poll()
            counted = again.events()
            of_archive = [event.kind for event in counted if event.source == "NORTH"]
            keys = sorted(event.key[1:] for event in counted if event.source == "FHIR")
            assert keys == server.versions(), f"killed at commit {number}"
            assert of_archive == ["arrived"], f"killed at commit {number}"
    assert number > 15, "too few places to be killed at: this shows nothing"
