"""The FHIR server killed with -9 during transactions: each one is there whole, or not at all."""

from __future__ import annotations

import random
import subprocess
import sys
import threading
import time
from collections import defaultdict
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from labkit.fhir import FhirStore
from tests.effort import dice, effort, record

KILLS = effort(3, 200)
WRITERS = 3
STUDIES = 4
ROOT = Path(__file__).resolve().parents[2]
SYSTEM = "http://example.org/labkit/kills"
Resource = dict[str, Any]

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is POSIX"),
    pytest.mark.timeout(60 + KILLS * 40),
]


def transaction(writer: int, number: int) -> Resource:
    """A new Patient with studies, and a List of the writer's own that counts on.

    Creates, links and an update: a half of it would show.
    """
    ann = "urn:uuid:00000000-0000-4000-8000-000000000001"
    identifier = [{"system": SYSTEM, "value": f"{writer}-{number}"}]
    patient = {"resourceType": "Patient", "identifier": identifier}
    study = {
        "resourceType": "ImagingStudy",
        "identifier": identifier,
        "status": "available",
        "subject": {"reference": ann},
    }
    listed = {
        "resourceType": "List",
        "id": f"writer{writer}",
        "status": "current",
        "mode": "working",
        "title": str(number),
        "subject": {"reference": ann},
    }
    put = {"method": "PUT", "url": f"List/writer{writer}"}
    entries = [
        {"request": {"method": "POST", "url": "ImagingStudy"}, "resource": study}
        for _ in range(STUDIES)
    ]
    entries.append({"request": put, "resource": listed})
    entries.append(
        {"fullUrl": ann, "request": {"method": "POST", "url": "Patient"}, "resource": patient}
    )
    return {"resourceType": "Bundle", "type": "transaction", "entry": entries}


class Ledger:
    """Which transactions were sent, and which acknowledged, by writer."""

    def __init__(self) -> None:
        self.sent = [0] * WRITERS
        self.acknowledged: list[set[int]] = [set() for _ in range(WRITERS)]

    def __len__(self) -> int:
        return sum(map(len, self.acknowledged))


def write(url: str, writer: int, ledger: Ledger) -> None:
    with suppress(httpx.HTTPError), httpx.Client(timeout=30, trust_env=False) as client:
        while True:
            ledger.sent[writer] += 1
            number = ledger.sent[writer]
            answer = client.post(url, json=transaction(writer, number))
            assert answer.status_code == 200, answer.text
            ledger.acknowledged[writer].add(number)


def one_kill(file: Path, rng: random.Random, ledger: Ledger) -> None:
    """Write from several sides, kill somewhere in the middle, wait for the writers to notice."""
    command = [sys.executable, "-m", "tests.resilience.fhir_server", str(file)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        assert url, "the server did not start on what the kill before left"
        threads = [
            threading.Thread(target=write, args=(url, writer, ledger)) for writer in range(WRITERS)
        ]
        before, wanted = len(ledger), rng.randrange(2, 20)
        for thread in threads:
            thread.start()
        deadline = time.monotonic() + 30
        while len(ledger) < before + wanted and time.monotonic() < deadline:
            time.sleep(0.001)
        time.sleep(rng.random() * 0.05)
    finally:
        process.kill()
        process.wait(30)
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive(), "a writer hangs on a server that is gone"


def stored(store: FhirStore, kind: str) -> list[Resource]:
    """Every resource of a type as it now is."""
    rows = store.query("SELECT id FROM resource WHERE type = ? AND deleted = 0", [kind])
    found = [store.read(kind, id_) for (id_,) in rows]
    return [one.resource for one in found if one is not None]


def mark(resource: Resource) -> str:
    return str(resource["identifier"][0]["value"])


def test_every_transaction_is_whole_or_not_there(tmp_path: Path) -> None:
    file, ledger, rng = tmp_path / "fhir.sqlite", Ledger(), dice("fhir kills")
    for _ in range(KILLS):
        one_kill(file, rng, ledger)
    store = FhirStore(file)
    try:
        patients = {mark(patient): patient["id"] for patient in stored(store, "Patient")}
        studies: dict[str, list[str]] = defaultdict(list)
        for study in stored(store, "ImagingStudy"):
            studies[mark(study)].append(study["subject"]["reference"])
        lists = {row["id"]: row for row in stored(store, "List")}
        (checked,) = store.query("PRAGMA integrity_check", [])[0]
    finally:
        store.close()
    sent = {
        f"{writer}-{number}" for writer in range(WRITERS) for number in ledger.acknowledged[writer]
    }
    whole = {name: [f"Patient/{id_}"] * STUDIES for name, id_ in patients.items()}
    half = [name for name in {*whole, *studies} if whole.get(name) != studies.get(name)]
    for writer in range(WRITERS):
        last = max(int(n.split("-")[1]) for n in patients if n.startswith(f"{writer}-"))
        row = lists[f"writer{writer}"]
        if (row["title"], row["subject"]["reference"]) != (
            str(last),
            f"Patient/{patients[f'{writer}-{last}']}",
        ):
            half.append(row["id"])
    lost = sent - set(patients)
    record(
        "fhir-kills", kills=KILLS, acknowledged=len(ledger), lost=len(lost), half=len(half),
        unanswered=len(patients) - len(sent),
    )  # fmt: skip
    assert (lost, half, checked) == (set(), [], "ok")
    assert len(ledger) >= KILLS * 2, "too little was acknowledged: this shows nothing"
