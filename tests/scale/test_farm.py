"""Workers and users' processes are killed; no unit is lost, and none is there twice."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from labkit.common.errors import LabError, NetworkError, UsageError
from labkit.common.scale import Farm, Job, Progress, Tally, Unit, WorkLedger, farm_of, run_job
from labkit.common.scale.cluster import checked
from tests.scale.acts import alive, begun, did, until

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def farm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Farm]:
    with farm_of("local:2", tmp_path_factory.mktemp("farm")) as made:
        yield made


def job(home: Path, **spec: object) -> Job:
    return Job("tests.scale.acts:worker", {"home": str(home), **spec})


def work(farm: Farm, ledger: WorkLedger, what: Job) -> Tally:
    return run_job(farm, ledger, what, lambda name: {"name": name}, Progress(io.StringIO()))


def ledger_of(home: Path, names: str) -> WorkLedger:
    ledger = WorkLedger(home / "state", {"work": "test"})
    ledger.plan(Unit(name) for name in names)
    return ledger


def parts(ledger: WorkLedger) -> list[tuple[str, str]]:
    return [(name, part["made of"]) for name, part in ledger.results()]


def test_a_killed_worker_loses_nothing_and_doubles_nothing(farm: Farm, tmp_path: Path) -> None:
    ledger = ledger_of(tmp_path, "abcdefgh")
    found: list[Tally] = []
    slow = job(tmp_path, slow=["c"])
    thread = threading.Thread(target=lambda: found.append(work(farm, ledger, slow)))
    thread.start()
    pid = until(lambda: begun(tmp_path).get("c"), "c begins")
    os.kill(pid, signal.SIGKILL)
    (tmp_path / "go").touch()
    thread.join()
    assert found == [Tally(8, 0, 0, [])]
    assert parts(ledger) == [(name, name) for name in "abcdefgh"]
    assert did(tmp_path).count("c") == 1 and begun(tmp_path)["c"] != pid
    assert len(list(ledger.parts.iterdir())) == 8
    ledger.close()


def test_what_kills_its_workers_is_named_and_the_others_are_done(
    farm: Farm, tmp_path: Path
) -> None:
    ledger = ledger_of(tmp_path, "abcd")
    tally = work(farm, ledger, job(tmp_path, poison=["b"]))
    assert (tally.done, tally.aside) == (3, 1)
    assert [(name, state) for name, state, _ in tally.opens] == [("b", "aside")]
    assert [name for name, _ in parts(ledger)] == ["a", "c", "d"]
    assert (tmp_path / "begun").read_text().count("b ") == 3
    ledger.close()
    # Another run tries it once more, by itself, and nothing else.
    (tmp_path / "mended").touch()
    ledger = ledger_of(tmp_path, "abcd")
    assert work(farm, ledger, job(tmp_path, poison=["b"])).opens == []
    assert [name for name, _ in parts(ledger)] == ["a", "b", "c", "d"]
    assert did(tmp_path)[-1] == "b" and did(tmp_path).count("b") == 1
    ledger.close()


def test_what_fails_is_tried_in_the_next_run_and_its_words_stay_inside(
    farm: Farm, tmp_path: Path
) -> None:
    ledger = ledger_of(tmp_path, "ab")
    tally = work(farm, ledger, job(tmp_path, wrong=["a"]))
    assert tally.opens == [("a", "failed", "ValueError in labkit")]
    ledger.close()
    ledger = ledger_of(tmp_path, "ab")
    assert work(farm, ledger, job(tmp_path)).done == 2
    assert sorted(did(tmp_path)) == ["a", "b"]
    ledger.close()


def test_a_part_that_is_gone_or_changed_is_seen_and_done_again(farm: Farm, tmp_path: Path) -> None:
    ledger = ledger_of(tmp_path, "ab")
    work(farm, ledger, job(tmp_path))
    ledger.part("b").write_text("{}")
    with pytest.raises(UsageError, match=r"b .*gone or damaged"):
        parts(ledger)
    work(farm, ledger, job(tmp_path))
    assert [name for name, _ in parts(ledger)] == ["a", "b"]
    ledger.close()


def test_the_window_is_small_however_much_there_is(farm: Farm, tmp_path: Path) -> None:
    """Payloads of what is not sent yet are not made."""
    ledger = WorkLedger(tmp_path / "state", {})
    ledger.plan(Unit(f"{number:04d}") for number in range(40))
    made: list[str] = []
    most = 0

    def payload(name: str) -> dict[str, str]:
        nonlocal most
        made.append(name)
        most = max(most, len(made) - ledger.counts().get("done", 0))
        return {"name": name}

    tally = run_job(farm, ledger, job(tmp_path), payload, Progress(io.StringIO()))
    assert tally.done == 40 and len(made) == 40
    assert most <= 3 * 2 + 2  # three for each thread, and what has come back and is not noted yet
    ledger.close()


def test_another_job_file_or_version_is_refused_by_the_worker(
    farm: Farm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from labkit.common.scale import run

    ledger = ledger_of(tmp_path, "ab")
    monkeypatch.setattr(run, "versions", lambda: {"python": "2.7"})
    with pytest.raises(UsageError, match="joined has python"):
        work(farm, ledger, job(tmp_path))
    monkeypatch.undo()
    assert work(farm, ledger, job(tmp_path)).done == 2
    ledger.close()


def test_a_killed_user_process_goes_on_where_it_was(farm: Farm, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.scale.killed_client", str(tmp_path)]
    process = subprocess.Popen(command, cwd=ROOT)
    pids: list[int] = []
    try:
        until(lambda: {"c", "d"} <= set(begun(tmp_path)), "both workers wait")
        parts_there = tmp_path / "state" / "parts"
        until(lambda: len(list(parts_there.glob("*.json"))) == 2, "a and b are done")
        with pytest.raises(LabError, match="locked"):
            WorkLedger(tmp_path / "state", {"work": "test"})
        pids = list(begun(tmp_path).values())
    finally:
        process.kill()
        process.wait()
    until(lambda: not any(map(alive, pids)), "its workers end with it")
    (tmp_path / "go").touch()
    ledger = ledger_of(tmp_path, "abcd")
    assert work(farm, ledger, job(tmp_path, slow=["c", "d"])).done == 4
    assert [name for name, _ in parts(ledger)] == list("abcd")
    # Noted as done is what was noted before the kill: it may have been done twice, to one part.
    assert set(did(tmp_path)) == set("abcd") and did(tmp_path).count("c") == 1
    assert len(list(ledger.parts.iterdir())) == 4
    ledger.close()


def test_without_the_certificates_of_the_run_nobody_gets_in(farm: Farm) -> None:
    import distributed

    made: Any = distributed
    address = str(farm.client.scheduler.address)
    assert address.startswith("tls://127.0.0.1:")
    other = made.Security.temporary()
    for where, security in ((address.replace("tls", "tcp"), None), (address, other)):
        with pytest.raises(OSError, match=r"(?i)tcp|tls"):
            made.Client(where, timeout=1, security=security, set_as_default=False)


def test_addresses() -> None:
    assert checked("local:3") == 3 and checked("local") >= 1
    assert checked("tls://cluster.example:8786") == 0
    for wrong in ("local:0", "localhost:8786", "tcp://host", "tcp://user@host:8786", "http://h:1"):
        with pytest.raises(UsageError):
            checked(wrong)


def test_no_scheduler_and_no_workers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from distributed import LocalCluster

    from labkit.common.scale import cluster

    monkeypatch.setattr(cluster, "_SECONDS", 1)
    with (
        pytest.raises(NetworkError, match="cannot be reached"),
        farm_of("tcp://127.0.0.1:1", tmp_path),
    ):
        pass
    with LocalCluster(  # type: ignore[no-untyped-call]
        n_workers=0,
        processes=False,
        dashboard_address="127.0.0.1:0",
        host="127.0.0.1",
        protocol="tcp://",
    ) as empty:
        address = empty.scheduler_address
        with pytest.raises(UsageError, match="no workers"), farm_of(address, tmp_path):
            pass
