"""What the instructor of a workshop keeps back is kept back, and it is said who did it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from labkit import check, hint, solution
from labkit.exercises.find import find
from labkit.exercises.journal import Journal
from labkit.exercises.rules import FILE, FORMAT, Rules, rules_at

SLUG = "which-order"
HINTS = find(SLUG).load().exercise.hints


@pytest.fixture
def keep(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Rules], Path]:
    """Put rules into the workspace that the exercises use."""
    monkeypatch.setenv("LABKIT_WORKSPACE", str(tmp_path))
    monkeypatch.setenv("LABKIT_LEARNER", "ada")

    def write(rules: Rules) -> Path:
        rules.write(tmp_path)
        return tmp_path

    return write


def acts(workspace: Path) -> list[tuple[str, str | None]]:
    return [(act["event"], act.get("kept")) for act in Journal(workspace / "progress.jsonl")]


def test_hints_up_to_a_limit(keep: Callable[[Rules], Path]) -> None:
    workspace = keep(Rules("Day one", hints=1))
    first, second = repr(hint(SLUG)), repr(hint(SLUG))
    assert HINTS[0][:20] in first and HINTS[0][:20] in second
    assert "Day one" in first and "kept back the other hints" in first
    assert HINTS[1][:20] not in second
    assert acts(workspace) == [("hint", None), ("hint", "back")]


def test_no_hints_and_no_solutions(keep: Callable[[Rules], Path]) -> None:
    workspace = keep(Rules("Day one", hints=0, solutions=False))
    told, shown = repr(hint(SLUG)), repr(solution(SLUG))
    assert told.startswith("[KEPT BACK]") and "The instructor of “Day one”" in told
    assert shown.startswith("[KEPT BACK]")
    exercise = find(SLUG).load().exercise
    assert not any(text[:20] in told for text in exercise.hints)
    assert exercise.reference.splitlines()[0] not in shown
    assert acts(workspace) == [("hint", "back"), ("solution", "back")]


def test_a_verdict_does_not_lead_to_what_is_kept_back(keep: Callable[[Rules], Path]) -> None:
    keep(Rules("Day one", hints=0, solutions=False))
    blank, wrong = check(SLUG, ...), check(SLUG, [])
    assert (blank.outcome, wrong.outcome) == ("blank", "failed")
    for verdict in (blank, wrong):
        assert verdict.then and "hint(" not in verdict.then
    keep(Rules("Day one", hints=1))
    assert f'hint("{SLUG}")' in check(SLUG, ...).then


def test_the_last_hint_leads_to_the_solution_unless_that_is_kept_back(
    keep: Callable[[Rules], Path],
) -> None:
    keep(Rules())
    for _ in HINTS:
        shown = repr(hint(SLUG))
    assert f'solution("{SLUG}")' in shown
    keep(Rules("Day one", solutions=False))
    assert "kept back the solution" in repr(hint(SLUG))


def test_what_comes_next_is_whole_where_nothing_is_kept_back() -> None:
    text = f'go on; solution("{SLUG}") shows how we did it, and why'
    assert Rules().then(text, SLUG) == text
    assert Rules(solutions=False).then(text, SLUG) == "go on"


@pytest.mark.parametrize("rules", [Rules("ä “x”"), Rules("x", 0, False), Rules("x", 2)])
def test_rules_come_back_as_they_were_written(tmp_path: Path, rules: Rules) -> None:
    rules.write(tmp_path)
    assert rules_at(tmp_path) == rules


GOOD = {"format": FORMAT, "title": "x", "hints": 1, "solutions": True}


@pytest.mark.parametrize(
    "text",
    [
        "", "{", "[]", "null", json.dumps({**GOOD, "format": "labkit-release/2"}),
        json.dumps({**GOOD, "hints": -1}), json.dumps({**GOOD, "hints": True}),
        json.dumps({**GOOD, "hints": "all"}), json.dumps({**GOOD, "solutions": 1}),
        json.dumps({key: value for key, value in GOOD.items() if key != "hints"}), "\ud800",
    ],
)  # fmt: skip
def test_a_damaged_file_keeps_everything_back_and_says_so(
    keep: Callable[[Rules], Path], text: str
) -> None:
    workspace = keep(Rules())
    (workspace / FILE).write_text(text, encoding="utf-8", errors="surrogatepass")
    rules = rules_at(workspace)
    assert (rules.hints, rules.solutions) == (0, False)
    assert rules.trouble
    assert "cannot be read" in repr(hint(SLUG)) and "cannot be read" in repr(solution(SLUG))


def test_without_a_file_everything_is_shown(tmp_path: Path) -> None:
    assert rules_at(tmp_path) == rules_at(tmp_path / "gone") == Rules()
    (tmp_path / "plain").write_text("x")
    assert rules_at(tmp_path / "plain") == Rules()
