"""What a learner does with an exercise, for the tests of each notebook's answers."""

from __future__ import annotations

import textwrap
from typing import Any

from labkit.exercises import Verdict
from labkit.exercises.engine import judge, run
from labkit.exercises.find import find
from labkit.lab import Lab


def attempt(lab: Lab, slug: str, source: str, *, before: str = "") -> Verdict:
    """Do what a learner does: the cells before, this cell, and the check.

    Parameters
    ----------
    before
        What the cell has above the learner's own lines.
    """
    loaded = find(slug).load()
    space: dict[str, Any] = {"__name__": "__notebook__", "lab": lab}
    exec(loaded.exercise.given, space)
    answer = run(loaded.exercise, before + textwrap.dedent(source), space)
    return judge(loaded, answer, space)


def passes(lab: Lab, slug: str, source: str) -> None:
    """Assert that this answer is right."""
    verdict = attempt(lab, slug, source)
    assert verdict.outcome == "passed", verdict


def falls_short(lab: Lab, slug: str, source: str, mistake: str = "") -> None:
    """Assert that this answer does not pass, and is called by this name where one is given."""
    verdict = attempt(lab, slug, source)
    assert verdict.outcome in ("failed", "blank"), verdict
    assert not mistake or verdict.mistake == mistake
