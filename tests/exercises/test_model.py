"""An exercise that is not whole says so when its file is loaded."""

from dataclasses import asdict
from typing import Any

import pytest

from labkit.common import cite
from labkit.common.errors import UsageError
from labkit.exercises import Exercise, Work, Wrong, blank, failed, passed
from labkit.exercises.model import AnswerRaised

WRONG = (
    Wrong("too-small", "x = 1", "You gave one, which is smaller than two."),
    Wrong("too-big", "x = 3", "You gave three, which is bigger than two."),
)
PARTS: dict[str, Any] = {
    "blank": "x = ...",
    "reference": "x = 2",
    "answer": "x",
    "explanation": "Two is the number between one and three.",
    "hints": ("It is a number.", "It is small.", "It is between one and three."),
    "wrong": WRONG,
}


def test_sources_and_prose_may_be_indented() -> None:
    exercise = Exercise(
        **PARTS
        | {
            "reference": """
                def double(value):
                    return value * 2

                x = double(1)
            """,
            "explanation": """
                Two is one and one,
                as everybody knows.
                  - a line of its own
            """,
        }
    )
    assert exercise.reference.splitlines()[:2] == ["def double(value):", "    return value * 2"]
    assert exercise.explanation == "Two is one and one, as everybody knows.\n  - a line of its own"


@pytest.mark.parametrize(
    ("parts", "says"),
    [
        ({"blank": ""}, "`blank` is empty"),
        ({"hints": ("one", "two")}, "2 hints"),
        ({"hints": ("one", "two", "")}, "none of them empty"),
        ({"wrong": WRONG[:1]}, "1 wrong answers"),
        ({"wrong": (WRONG[0], Wrong("too-small", "x = 4", "It is not this one either."))}, "same"),
        ({"reference": "x = ...  # unchanged"}, "same program as `blank`"),
        ({"reference": "x = 1"}, "'too-small' is the same program as `reference`"),
        ({"reference": "x ="}, "`reference` is not Python"),
        ({"given": "import"}, "`given` is not Python"),
        ({"answer": "x = 2"}, "`answer` is not Python"),
        ({"explanation": "Because."}, "`explanation` says why"),
    ],
)
def test_what_is_missing_is_said_to_the_author(parts: dict[str, Any], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        Exercise(**PARTS | parts)


@pytest.mark.parametrize(
    ("name", "source", "says"),
    [
        ("Too Small", "x = 1", "You gave a number that is small."),
        ("small", "x =", "You gave a number that is small."),
        ("small", "x = 1", "No."),
    ],
)
def test_a_wrong_answer_is_checked_too(name: str, source: str, says: str) -> None:
    with pytest.raises(UsageError):
        Wrong(name, source, says)


def test_verdicts() -> None:
    rule = cite("PS3.4", "A.4")
    verdict = failed(expected=2, got="three", rule=rule, mistake="too-big")
    assert (verdict.expected, verdict.got, verdict.rules) == ("2 (int)", "three", (rule,))
    assert [passed().outcome, blank().outcome] == ["passed", "blank"]
    assert len(failed(expected="", got="", rule=[rule, rule]).rules) == 2
    assert asdict(blank())["mistake"] == ""


def test_work_without_a_lab_says_so() -> None:
    with pytest.raises(UsageError, match="looks at a lab"):
        _ = Work().lab


def test_a_function_that_raises_tells_with_what() -> None:
    assert Work(answer=abs).call(-2) == 2
    with pytest.raises(AnswerRaised, match=r"TypeError: .* when called with 'a' \(str\)"):
        Work(answer=abs).call("a")
