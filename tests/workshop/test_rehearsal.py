"""A whole workshop, rehearsed: from release to report, with learners that scripts play.

Two of them here, ten with ``LABKIT_LONG=1``. Each enters by the page with a code, works in a real
kernel of their own JupyterLab against their own lab, and answers, errs, gets stuck, asks.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from labkit import cli
from labkit.lab.embedded import EmbeddedLab
from labkit.workshop.board import Board
from labkit.workshop.board.outline import Outline
from labkit.workshop.handing import WORKBOOK
from labkit.workshop.release import Workshop
from tests.effort import effort
from tests.workshop.learners import Learner, Plan, acts

LEARNERS = effort(2, 10)
NOTEBOOK = "00_start_here.ipynb"
FIRST, SECOND = "echo-archive", "which-order"
PEOPLE = (
    ("stuck", ("asked-legacy", *("kept-the-status-only",) * 2), ("blank",)),
    ("asks", ("hint", "hint", "hint", "solution", "reference"), ("study-id", "reference")),
    ("wrong at last", ("asked-legacy", "reference"), ("patient-id",)),
    ("quick", ("reference",), ("reference",)),
    ("stays wrong", ("asked-legacy",) * 2, ("study-uid", "hint", "study-uid")),
    ("leaves blanks", ("blank",), ("blank",)),
    ("wrong twice", ("asked-legacy", "kept-the-status-only", "reference"), ("reference",)),
    ("second first", ("blank",), ("study-id", "reference")),
    ("one hint", ("hint", "reference"), ("hint", "reference")),
    ("gives up", ("asked-legacy", "solution", "blank"), ("patient-id", "blank")),
)
"""Who does what at the two exercises of the notebook."""
PATIENCE = 120.0


@dataclass
class Rehearsal:
    """A workshop under way."""

    workshop: Workshop
    board: Board
    learners: list[Learner]
    plans: dict[str, dict[str, Plan]]

    def passed(self, name: str, slug: str) -> bool:
        return "reference" in self.plans[name][slug].acts

    def seen(self) -> dict[str, Any]:
        code = {"Authorization": f"Bearer {self.board.room.instructor_code}"}
        url = f"{self.board.url}/api/board"
        answer = httpx.get(url, headers=code, trust_env=False, timeout=PATIENCE)
        assert answer.status_code == 200
        told: dict[str, Any] = answer.json()
        return told


def run(*words: object, code: int = 0) -> str:
    result = CliRunner().invoke(cli.app, ["workshop", *map(str, words)])
    assert result.exit_code == code, (words, result.output, result.exception)
    return result.stdout


@pytest.fixture(scope="module")
def rehearsal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rehearsal]:
    """Release, board, start; then everybody works, several at a time."""
    workshop = Workshop(tmp_path_factory.mktemp("rehearsal") / "w")
    run("release", workshop.folder, "--notebooks", "00_start_here", "--hints", 2,
        "--no-solutions", "--title", "Rehearsal")  # fmt: skip
    board = Board(workshop.folder, title="Rehearsal", outline=Outline((NOTEBOOK,), WORKBOOK))
    where = ("--workshop", workshop.folder)
    try:
        with board:
            started = json.loads(run("start", "--learners", LEARNERS, "--json", *where))
            learners = [
                Learner(room["name"], room["said"], started["url"], workshop.learner(room["name"]))
                for room in started["rooms"]
            ]
            plans = {
                learner.name: {FIRST: Plan(FIRST, first), SECOND: Plan(SECOND, second)}
                for learner, (_, first, second) in zip(learners, PEOPLE, strict=False)
            }
            with ThreadPoolExecutor(3) as room:
                for done in [room.submit(one.work, NOTEBOOK, plans[one.name]) for one in learners]:
                    done.result()
            yield Rehearsal(workshop, board, learners, plans)
    finally:
        run("stop", *where)


def test_each_journal_has_what_its_learner_did_and_nobody_elses(rehearsal: Rehearsal) -> None:
    for learner in rehearsal.learners:
        done = acts(learner.folder)
        assert {act["learner"] for act in done} == {learner.name}
        for slug, plan in rehearsal.plans[learner.name].items():
            checks = [act for act in done if act["slug"] == slug and act["event"] == "check"]
            answers = [a for a in plan.acts if a not in ("hint", "solution", "blank")]
            got = [act["mistake"] or act["outcome"] for act in checks]
            assert got == [{"reference": "passed"}.get(a, a) for a in answers], learner.name


def test_what_was_kept_back_was_not_shown(rehearsal: Rehearsal) -> None:
    asked = rehearsal.learners[1]
    words = [" ".join(shown.split()) for shown in asked.shown[FIRST]]
    first, second, third, solution, _ = words
    assert "hint 1 of 2" in first and "hint 2 of 2" in second
    assert "hint 3" not in third and "kept back the other hints" in third
    assert "[KEPT BACK]" in solution and "Rehearsal" in solution
    kept = [act["event"] for act in acts(asked.folder) if act.get("kept") == "back"]
    assert kept[:2] == ["hint", "solution"]


def test_the_board_shows_who_is_where_and_what_is_commonly_wrong(rehearsal: Rehearsal) -> None:
    until = time.monotonic() + PATIENCE
    wanted = {
        learner.name: sum(rehearsal.passed(learner.name, slug) for slug in (FIRST, SECOND))
        for learner in rehearsal.learners
        if (learner.folder / ".lab" / "progress.jsonl").exists()
    }
    while True:
        told = rehearsal.seen()
        solved = {one["name"]: one["solved"] for one in told["learners"] if one["acted"]}
        stuck = {(one["slug"], one["failed"]) for one in told["stuck"]}
        if solved == wanted and (FIRST, 3) in stuck:
            break
        assert time.monotonic() < until, (solved, wanted, told["stuck"])
        time.sleep(0.2)
    wrong = {(one["slug"], one["mistake"]): one["learners"] for one in told["mistakes"]}
    assert wrong[FIRST, "asked-legacy"] >= 1 and wrong[FIRST, "kept-the-status-only"] >= 1
    assert told["title"] == "Rehearsal"


def test_a_fault_reaches_every_lab_and_reset_takes_it_back(rehearsal: Rehearsal) -> None:
    where = ("--workshop", rehearsal.workshop.folder, "--json")
    labs = [
        EmbeddedLab.joined(rehearsal.workshop.workspace(learner.name))
        for learner in rehearsal.learners
    ]
    before = [acts(learner.folder) for learner in rehearsal.learners if journal(learner)]
    broken = json.loads(run("break", "storage-full", "--for", "all", *where))
    assert len(broken) == LEARNERS and all(row["ok"] for row in broken)
    assert [lab.faults.active() for lab in labs] == [("storage-full",)] * LEARNERS
    run("reset", "--for", "all", *where)
    assert [lab.faults.active() for lab in labs] == [()] * LEARNERS
    assert before == [acts(learner.folder) for learner in rehearsal.learners if journal(learner)]


def journal(learner: Learner) -> bool:
    return (Path(learner.folder) / ".lab" / "progress.jsonl").exists()


def test_collect_mark_and_report_believe_the_notebooks(rehearsal: Rehearsal) -> None:
    where = ("--workshop", rehearsal.workshop.folder, "--json")
    taken = json.loads(run("collect", *where))
    assert [one["state"] for one in taken] == ["taken"] * LEARNERS
    # A journal that says more than was done makes no difference.
    stuck = rehearsal.workshop.collected / rehearsal.learners[0].name / "progress.jsonl"
    told = stuck.read_text(encoding="utf-8").replace('"failed"', '"passed"')
    stuck.write_text(told, encoding="utf-8")
    sheets = {
        sheet["learner"]: sheet for sheet in json.loads(run("mark", "--cell-limit", 300, *where))
    }
    for learner in rehearsal.learners:
        plans = rehearsal.plans[learner.name]
        points = {mark["slug"]: mark["points"] for mark in sheets[learner.name]["marks"]}
        right = {slug: float(plans[slug].last == "reference") for slug in (FIRST, SECOND)}
        assert points == right, (learner.name, sheets[learner.name])
    written = json.loads(run("report", *where))
    pages = [Path(path).name for path in written]
    assert {"marks.csv", "summary.csv", "index.html"} <= set(pages)
    assert len([name for name in pages if name.endswith(".html")]) == LEARNERS + 1
