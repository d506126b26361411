"""`labkit exercises verify`: one lab, every attempt in its first state, nothing hangs."""

import json
import os
import time
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path

import pytest
from typer.testing import CliRunner

from labkit.common.errors import LabError, UsageError
from labkit.exercises import catalogue
from labkit.exercises.attempts import Attempt, Bench
from labkit.exercises.commands import exercises_app
from labkit.exercises.find import Entry
from labkit.exercises.proof import Proof, Report, verify


def serve(pipe: Connection, workspace: str) -> None:
    """Behave as the slug says, in place of a lab."""
    pipe.send("ready")
    while True:
        slug, name = pipe.recv()
        if slug == "hangs":
            time.sleep(600)
        if slug == "dies":
            os._exit(3)
        pipe.send(Attempt(name, True, "passed"))


def never_ready(pipe: Connection, workspace: str) -> None:
    """End at once, as a lab does that cannot start."""


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path, limit=1.0, serve=serve)
    yield bench
    bench.close()


def test_one_that_hangs_or_dies_does_not_stop_the_others(bench: Bench) -> None:
    assert bench.attempt("good", "blank").ok
    late = bench.attempt("hangs", "reference")
    assert (late.ok, late.outcome, late.problem) == (False, "timeout", "it took more than 1 s")
    assert bench.attempt("good", "blank").ok
    dead = bench.attempt("dies", "reference")
    assert (dead.ok, dead.outcome) == (False, "raised")
    assert "died" in dead.problem
    assert bench.attempt("good", "blank").ok


def test_a_lab_that_does_not_start_is_said(tmp_path: Path) -> None:
    with pytest.raises(LabError, match="did not start: the process that opens it ended"):
        Bench(tmp_path, serve=never_ready).attempt("good", "blank")


def test_the_report_tells_what_is_wrong_and_counts() -> None:
    entry = Entry("two", "start", "nb00", Path("two.py"))
    good = Attempt("blank", True, "blank", seconds=0.5)
    bad = Attempt("too-big", False, "passed", problem="it is passed", feedback="[PASSED]")
    report = Report((Proof(entry, (good,)), Proof(entry, (good, bad))), 1.5)
    assert not report.ok
    assert repr(report) == (
        "two: it is passed\n    [PASSED]\n1 of 2 exercises proven, 3 attempts in 2 s"
    )
    plain = json.loads(json.dumps(report.to_json()))
    assert [row["ok"] for row in plain["exercises"]] == [True, False]
    assert plain["exercises"][1]["attempts"][1]["problem"] == "it is passed"
    assert not Report((), 0.0).ok, "nothing proven is not a proof"


def test_what_does_not_exist_is_not_proven() -> None:
    for wrong in ({"track": "expert"}, {"notebook": "nb99_no"}, {"slugs": ["no"]}):
        with pytest.raises(UsageError):
            verify(**wrong)  # type: ignore[arg-type]


def test_list_prints_json_and_nothing_else() -> None:
    done = CliRunner().invoke(exercises_app, ["list", "--json"])
    rows = json.loads(done.stdout)
    assert [row["slug"] for row in rows] == [entry.slug for entry in catalogue()]
    assert set(rows[0]) == {"slug", "track", "notebook", "title"}
    assert "echo-archive" in CliRunner().invoke(exercises_app, ["list"]).stdout


def test_the_model_exercise_is_proven_in_a_lab_of_its_own() -> None:
    done = CliRunner().invoke(exercises_app, ["verify", "echo-archive", "--json"])
    result = json.loads(done.stdout)
    [exercise] = result["exercises"]
    assert result["ok"], [a["problem"] for a in exercise["attempts"] if not a["ok"]]
    assert done.exit_code == 0
    names = [attempt["name"] for attempt in exercise["attempts"]]
    assert names == ["blank", "garbage", "reference", "asked-legacy", "typed-the-status"]
