"""The proof of an exercise finds an exercise that does not keep its promises."""

import dataclasses
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.attempts import attempt
from labkit.exercises.find import Entry, Loaded

EXERCISE = Exercise(
    given="from math import sqrt\nfour = 4",
    blank="x = ...  # the root of four",
    reference="print('so')\nx = int(sqrt(four))",
    answer="x",
    expects=int,
    explanation="Two is the number between one and three.",
    hints=("It is a number.", "It is small.", "It is between one and three."),
    wrong=(
        Wrong("too-small", "x = 1", "You gave one, which is smaller than two."),
        Wrong("too-big", "x = 3", "You gave three, which is bigger than two."),
    ),
)
RULE = cite("PS3.4", "A.4")


def good(work: Work) -> Verdict:
    if work.answer == 2:
        return passed()
    mistake = {1: "too-small", 3: "too-big"}.get(work.answer, "")
    return failed(expected=2, got=work.answer, rule=RULE, mistake=mistake)


def outcome(name: str, check: Callable[[Work], Any] = good, **parts: Any) -> tuple[bool, str, str]:
    exercise = dataclasses.replace(EXERCISE, **parts)
    entry = Entry("two", "start", "nb00", Path("two.py"))
    done = attempt(Loaded(entry, "Find two", exercise, check), name, SimpleNamespace())  # type: ignore[arg-type]
    return done.ok, done.outcome, done.problem


def test_an_exercise_that_keeps_its_promises() -> None:
    assert outcome("blank") == (True, "blank", "")
    assert outcome("garbage") == (True, "failed", "")
    assert outcome("reference") == (True, "passed", "")
    assert outcome("too-small") == (True, "failed", "")


@pytest.mark.parametrize(
    ("name", "check", "parts", "problem"),
    [
        ("blank", good, {"blank": "x = 2 - 1 + 0"}, "the blank is failed"),
        ("blank", good, {"blank": "x = 1 + 1"}, "the blank is passed"),
        ("blank", good, {"blank": "x = sqrt(...)"}, "must be real number"),
        ("reference", lambda work: blank(), {}, "the reference is blank"),
        ("reference", good, {"given": "import no_such_module"}, "ModuleNotFoundError"),
        ("too-big", lambda work: passed(), {}, "too-big is passed"),
        (
            "too-big",
            lambda work: failed(expected="", got="", rule=RULE, mistake="too-small"),
            {},
            "too-big is taken for too-small",
        ),
        ("too-big", lambda work: failed(expected="", got="", rule=RULE), {}, "no known mistake"),
        (
            "too-big",
            lambda work: failed(expected="", got="", mistake="too-big"),
            {},
            "too-big names no rule",
        ),
        ("garbage", lambda work: passed(), {}, "the answer 0 is passed"),
        ("garbage", lambda work: 1 / work.answer, {"expects": object}, "None is unchecked"),
    ],
)
def test_a_broken_promise_is_found(
    name: str, check: Callable[[Work], Any], parts: dict[str, Any], problem: str
) -> None:
    ok, _, said = outcome(name, check, **parts)
    assert not ok
    assert problem in said


def test_what_it_printed_is_kept() -> None:
    entry = Entry("two", "start", "nb00", Path("two.py"))
    done = attempt(Loaded(entry, "Find two", EXERCISE, good), "reference", SimpleNamespace())  # type: ignore[arg-type]
    assert done.output == "so\n"
    assert done.feedback.startswith("[PASSED] Find two")
