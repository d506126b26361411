"""Thousands of requests of all kinds to one lab: memory, threads, open files stay as they were."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from labkit.dimse import Peer, echo, find, identifier, store
from labkit.lab import launch
from labkit.lab.description import Description
from labkit.lab.workspace import Workspace
from tests.effort import effort, record
from tests.pacs.conftest import real

REQUESTS = effort(240, 24_000)
CLIENTS = 4
MEMORY = 60 * 2**20
"""Bytes that the lab may grow by: SQLite's caches fill, and allocators keep what they had."""

pytestmark = [
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc"),
    pytest.mark.timeout(300 + REQUESTS // 5),
]


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Description]:
    workspace = Workspace.at(tmp_path / "lab")
    yield launch.start(workspace)
    launch.stop(workspace)


def footprint(pid: int) -> dict[str, int]:
    """Memory in bytes, threads and open files of a process."""
    status = dict(
        line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines()
    )
    files = len(list(Path(f"/proc/{pid}/fd").iterdir()))
    memory = int(status["VmRSS"].split()[0]) * 1024
    return {"memory": memory, "threads": int(status["Threads"]), "files": files}


def acts(lab: Description) -> list[Callable[[], None]]:
    node = lab.nodes["ARCHIVE"]
    peer = Peer("ARCHIVE", node.host, node.port)
    file = real("CT_small.dcm")[0]

    def stores() -> None:
        assert store(peer, file).stored  # the same object again: success, and nothing grows

    def echoes() -> None:
        echo(peer)

    def finds() -> None:
        assert find(peer, identifier("STUDY", PatientName="Q*", StudyInstanceUID=""))

    def finds_nothing() -> None:
        assert not find(peer, identifier("STUDY", StudyInstanceUID="1.2.3.4.5.6"))

    def reads() -> None:
        answer = httpx.get(f"{lab.fhir_url}/ImagingStudy?_count=5", trust_env=False)
        assert answer.json()["resourceType"] == "Bundle"

    def asks_wrongly() -> None:
        answer = httpx.get(f"{lab.fhir_url}/Patient/nobody-of-this-name", trust_env=False)
        assert answer.status_code == 404

    return [echoes, stores, finds, finds_nothing, reads, asks_wrongly]


def test_nothing_grows(lab: Description) -> None:
    kinds = acts(lab)

    def round_of(requests: int) -> None:
        with ThreadPoolExecutor(CLIENTS) as pool:
            for future in [pool.submit(kinds[n % len(kinds)]) for n in range(requests)]:
                future.result()

    round_of(min(REQUESTS, 1200))  # caches fill, pools of threads start
    before = footprint(lab.pid)
    round_of(REQUESTS)
    after = footprint(lab.pid)
    assert after["threads"] <= before["threads"] + 4
    assert after["files"] <= before["files"] + 8
    assert after["memory"] <= before["memory"] + MEMORY
    record("soak", requests=REQUESTS, before=before, after=after)
