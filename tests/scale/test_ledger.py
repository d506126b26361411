"""What is planned, what is kept, what is forgotten; and what a worker sees."""

from __future__ import annotations

import io
import stat
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from labkit.common.errors import UsageError
from labkit.common.scale import Progress, Unit, WorkLedger
from labkit.common.scale.cluster import _fit
from labkit.common.scale.worker import look, put, versions


def made(folder: Path, *units: Unit) -> WorkLedger:
    ledger = WorkLedger(folder, {"fhir": "R4"})
    ledger.plan(units)
    return ledger


def test_a_changed_unit_is_done_again_and_one_that_is_gone_is_forgotten(tmp_path: Path) -> None:
    ledger = made(tmp_path, Unit("a", "1"), Unit("b", "1"), Unit("c", "1"))
    for name in "abc":
        put(ledger.part(name), b"{}")
        ledger.done(name, "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a")
    ledger.plan([Unit("c", "1"), Unit("b", "2"), Unit("d", "1")])
    assert [name for name, _ in ledger.waiting()] == ["b", "d"]
    assert [name for name, _ in ledger.results()] == ["c"]
    assert not ledger.part("a").exists()
    ledger.close()


def test_what_went_to_a_server_is_not_sent_again_unless_it_changed(tmp_path: Path) -> None:
    ledger = made(tmp_path, Unit("a", "1"))
    put(ledger.part("a"), b"{}")
    ledger.done("a", "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a")
    ledger.passed("a")
    assert list(ledger.results(unpassed=True)) == []
    ledger.plan([Unit("a", "2")])
    assert [name for name, _ in ledger.waiting()] == ["a"]
    ledger.close()


def test_another_run_is_refused_by_what_differs(tmp_path: Path) -> None:
    made(tmp_path).close()
    with pytest.raises(UsageError, match="another run: fhir"):
        WorkLedger(tmp_path, {"fhir": "R5"})
    made(tmp_path).close()


def test_files_are_their_owners_alone(tmp_path: Path) -> None:
    ledger = made(tmp_path / "state", Unit("a"))
    put(ledger.part("a"), b"{}")
    for path in (ledger.folder / "ledger.sqlite", ledger.part("a")):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(ledger.parts.stat().st_mode) == 0o700
    ledger.close()


def fitting(answers: dict[str, Any], folder: Path) -> None:
    client = SimpleNamespace(run=lambda act, probe, on_error: answers)
    _fit(SimpleNamespace(client=client), folder)  # type: ignore[arg-type]


def test_workers_that_do_not_fit_are_named(tmp_path: Path) -> None:
    seen = look(str(tmp_path / "not there"))
    assert seen["why"] == "No such file or directory"
    old = {"versions": {**versions(), "labkit": "0.0.1"}, "seen": "", "why": ""}
    for answer, says in (
        (seen, "tcp://w:1 cannot use .*No such file"),
        (old, "tcp://w:1 has labkit 0.0.1 where we have"),
        ({**seen, "versions": {**versions(), "python": "3.1"}}, "has python 3.1"),
        (ModuleNotFoundError("labkit"), "tcp://w:1 cannot run labkit"),
    ):
        with pytest.raises(UsageError, match=says):
            fitting({"tcp://w:1": answer}, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_progress_says_rate_and_what_is_left() -> None:
    now, out = [0.0], io.StringIO()
    progress = Progress(out, lambda: now[0])
    progress.begin("studies", 1000, 100)
    assert progress.line() == "100 of 1000 studies"
    now[0] = 60.0
    progress.step(30)
    now[0] = 61.0
    progress.step(30)
    assert out.getvalue() == "130 of 1000 studies, 0.5/s, 29 min left\n"  # once a minute in a log
