"""`labkit exercises verify`: one lab, every attempt in its first state, nothing hangs."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from labkit.common.errors import UsageError
from labkit.exercises import catalogue
from labkit.exercises.attempts import Attempt
from labkit.exercises.commands import exercises_app
from labkit.exercises.find import Entry
from labkit.exercises.proof import Proof, Report, verify


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
    for wrong in ({"track": "expert"}, {"notebook": "nb99_no"}, {"slugs": ["no"]}, {"jobs": 0}):
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
    assert names == ["blank", "garbage", "reference", "asked-legacy", "kept-the-status-only"]


def test_two_at_a_time_are_proven_in_labs_of_their_own_and_told_in_order() -> None:
    slugs = ["which-order", "echo-archive"]
    report = verify(slugs, jobs=2)
    assert report.ok, report
    assert [proof.entry.slug for proof in report.proofs] == slugs
