"""The whole lab killed with -9 while all write: what was acknowledged is there, unharmed."""

from __future__ import annotations

import hashlib
import os
import random
import signal
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset

from labkit.common.errors import LabkitError
from labkit.dimse import Peer, find, identifier, store
from labkit.lab import launch
from labkit.lab.description import Description
from labkit.lab.workspace import Workspace
from labkit.pacs import Archive
from labkit.pacs.part10 import read_object
from tests.effort import dice, effort, record
from tests.pacs.conftest import real

KILLS = effort(2, 200)
PATIENCE = 120.0
STUDY, SERIES = "1.2.9.1", "1.2.9.1.1"

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is POSIX"),
    pytest.mark.timeout(120 + KILLS * 40),
]


class Ledger:
    """What was acknowledged: digests of the pixels by SOP Instance UID, resources by URL."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.objects: dict[str, str] = {}
        self.resources: dict[str, dict[str, Any]] = {}

    def __len__(self) -> int:
        return len(self.objects) + len(self.resources)


def made(rng: random.Random, uid: str) -> Dataset:
    ds = dcmread(real("MR_small.dcm")[0])
    ds.PatientID, ds.PatientName = "KILLED", "Killed^Nine"
    ds.StudyInstanceUID, ds.SeriesInstanceUID = STUDY, SERIES
    ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPInstanceUID = uid
    ds.PixelData = rng.randbytes(len(ds.PixelData))
    return ds


def send(peer: Peer, objects: list[Dataset], ledger: Ledger) -> None:
    with suppress(LabkitError):  # the association was never had
        for item in store(peer, objects, timeout=10).stored:
            ds = next(ds for ds in objects if item.SOPInstanceUID == ds.SOPInstanceUID)
            with ledger.lock:
                ledger.objects[ds.SOPInstanceUID] = hashlib.sha256(ds.PixelData).hexdigest()


def post(url: str, run: int, ledger: Ledger) -> None:
    with suppress(httpx.HTTPError), httpx.Client(timeout=10, trust_env=False) as client:
        for number in range(10_000):
            name = [{"family": f"Killed{run}", "given": [f"Number{number}"]}]
            patient = {"resourceType": "Patient", "name": name}
            answer = client.post(f"{url}/Patient", json=patient)
            assert answer.status_code == 201
            with ledger.lock:
                ledger.resources[answer.headers["location"].split("/_history")[0]] = patient


def one_kill(lab: Description, run: int, rng: random.Random, ledger: Ledger) -> None:
    """Write from three sides, kill somewhere in the middle, wait for the writers to notice."""
    names = ("ARCHIVE", "ROUTER")
    before = len(ledger)
    threads = [threading.Thread(target=post, args=(lab.fhir_url, run, ledger))]
    for place, name in enumerate(names):
        peer = Peer(name, lab.nodes[name].host, lab.nodes[name].port)
        objects = [made(rng, f"1.2.9.{run}.{place}.{n}") for n in range(40)]
        threads.append(threading.Thread(target=send, args=(peer, objects, ledger)))
    for thread in threads:
        thread.start()
    deadline, wanted = time.monotonic() + 30, before + rng.randrange(2, 40)
    while len(ledger) < wanted and time.monotonic() < deadline:
        time.sleep(0.001)
    time.sleep(rng.random() * 0.3)
    os.kill(lab.pid, signal.SIGKILL)
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive(), "a writer hangs on a server that is gone"


def found(lab: Description) -> set[str]:
    """What ARCHIVE says that it has of our series."""
    peer = Peer("ARCHIVE", lab.nodes["ARCHIVE"].host, lab.nodes["ARCHIVE"].port)
    uids = {"StudyInstanceUID": STUDY, "SeriesInstanceUID": SERIES, "SOPInstanceUID": ""}
    return {ds.SOPInstanceUID for ds in find(peer, identifier("IMAGE", **uids), timeout=120)}


def held(workspace: Workspace) -> dict[str, Path]:
    """What is in the folder of ARCHIVE, which nobody may be using."""
    archive = Archive(workspace.node("ARCHIVE"))
    try:
        return {stored.entry.sop_instance_uid: stored.path for stored in archive.stored()}
    finally:
        archive.close()


def fetched(lab: Description, url: str, sent: dict[str, Any]) -> dict[str, Any]:
    """What the server now gives for what was sent."""
    got = httpx.get(httpx.URL(lab.fhir_url).join(url), timeout=30, trust_env=False).json()
    return {key: got.get(key) for key in sent}


def pixels(path: Path) -> str:
    return hashlib.sha256(dcmread(path).PixelData).hexdigest()


def test_what_was_acknowledged_survives(tmp_path: Path) -> None:
    workspace, ledger, rng = Workspace.at(tmp_path / "lab"), Ledger(), dice("kills")
    try:
        for run in range(KILLS):
            one_kill(launch.start(workspace), run, rng, ledger)
        lab = launch.start(workspace)
        deadline = time.monotonic() + PATIENCE  # the router's retries come first
        while (missing := ledger.objects.keys() - found(lab)) and time.monotonic() < deadline:
            time.sleep(1)
        lost = [url for url, sent in ledger.resources.items() if fetched(lab, url, sent) != sent]
    finally:
        launch.stop(workspace)
    paths = held(workspace)
    lost += missing
    lost += [
        uid for uid in ledger.objects.keys() & paths if pixels(paths[uid]) != ledger.objects[uid]
    ]
    record("kills", kills=KILLS, acknowledged=len(ledger), lost=len(lost))
    assert lost == []
    for path in paths.values():  # those that were stored and not acknowledged are whole as well
        read_object(path)
    assert list(workspace.node("ARCHIVE").rglob("*.part")) == []
    assert len(ledger) >= KILLS * 2, "too little was acknowledged: this shows nothing"
