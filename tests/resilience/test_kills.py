"""The whole lab killed with -9 while all write: what was acknowledged is there, unharmed."""

from __future__ import annotations

import os
import random
import signal
import sys
import threading
import time
from pathlib import Path

import pytest

from labkit.dimse import Peer
from labkit.lab import launch
from labkit.lab.description import Description
from labkit.lab.workspace import Workspace
from labkit.pacs.part10 import read_object
from tests.effort import dice, effort, record
from tests.resilience import ledger as kept
from tests.resilience.ledger import Ledger, made

KILLS = effort(2, 200)
PATIENCE = 120.0
OBJECTS = 40  # of each sender, in one run
TOGETHER = 4  # in one STOW request

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is POSIX"),
    pytest.mark.timeout(120 + KILLS * 40),
]


def stow(url: str, rng: random.Random, name: str, ledger: Ledger) -> None:
    """One request after the other, until none is answered."""
    for first in range(0, OBJECTS, TOGETHER):
        objects = [made(rng, f"{name}.{n}") for n in range(first, first + TOGETHER)]
        if kept.stow(url, objects, ledger) is None:
            return


def writers(
    lab: Description, run: int, rng: random.Random, by: dict[str, Ledger]
) -> list[threading.Thread]:
    """Five that write: each by its own dice, since they go on side by side."""
    archive, router = (
        Peer(name, lab.nodes[name].host, lab.nodes[name].port) for name in ("ARCHIVE", "ROUTER")
    )
    own = {what: random.Random(rng.random()) for what in by}
    sent = {
        what: [made(own[what], f"1.2.9.{run}.{place}.{n}") for n in range(OBJECTS)]
        for place, what in enumerate(("C-STORE", "routing"))
    }
    acts = {
        "C-STORE": (kept.send, archive, sent["C-STORE"], by["C-STORE"]),
        "routing": (kept.send, router, sent["routing"], by["routing"]),
        "STOW": (stow, lab.dicomweb_url, own["STOW"], f"1.2.9.{run}.2", by["STOW"]),
        "FHIR": (kept.post, lab.fhir_url, f"Killed{run}", by["FHIR"]),
        "mapping": (
            kept.map_studies, lab.fhir_url, own["mapping"], f"1.2.9.{run}.3", by["mapping"],
        ),
    }  # fmt: skip
    return [threading.Thread(target=act, args=args, name=what)
            for what, (act, *args) in acts.items()]  # fmt: skip


def one_kill(lab: Description, run: int, rng: random.Random, by: dict[str, Ledger]) -> None:
    """Write from five sides, kill somewhere in the middle, wait for the writers to notice."""
    before = sum(map(len, by.values()))
    threads = writers(lab, run, rng, by)
    for thread in threads:
        thread.start()
    deadline, wanted = time.monotonic() + 30, before + rng.randrange(2, 60)
    while sum(map(len, by.values())) < wanted and time.monotonic() < deadline:
        time.sleep(0.001)
    time.sleep(rng.random() * 0.3)
    os.kill(lab.pid, signal.SIGKILL)
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive(), f"{thread.name} hangs on a server that is gone"


def test_what_was_acknowledged_survives(tmp_path: Path) -> None:
    workspace, rng = Workspace.at(tmp_path / "lab"), dice("kills")
    by = {what: Ledger() for what in ("C-STORE", "STOW", "FHIR", "routing", "mapping")}
    objects = set[str]()
    try:
        for run in range(KILLS):
            one_kill(launch.start(workspace), run, rng, by)
        lab = launch.start(workspace)
        objects.update(*(ledger.objects for ledger in by.values()))
        deadline = time.monotonic() + PATIENCE  # the router's retries come first
        while objects - kept.found(lab) and time.monotonic() < deadline:
            time.sleep(1)
        lost = {what: kept.altered(lab, ledger) for what, ledger in by.items()}
    finally:
        launch.stop(workspace)
    paths = kept.held(workspace)
    for what, ledger in by.items():
        lost[what] += kept.damaged(paths, ledger)
    acknowledged = {what: len(ledger) for what, ledger in by.items()}
    record("kills", kills=KILLS, acknowledged=sum(acknowledged.values()), by=acknowledged,
           lost=sum(map(len, lost.values())))  # fmt: skip
    assert not any(lost.values()), lost
    for path in paths.values():  # those that were stored and not acknowledged are whole as well
        read_object(path)
    assert list(workspace.node("ARCHIVE").rglob("*.part")) == []
    assert all(number >= KILLS for number in acknowledged.values()), "this shows too little"
