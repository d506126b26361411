"""One attempt at an exercise: run a source as its cell, and see if that comes to what it should.

``python -m labkit.exercises.attempts WORKSPACE`` answers requests, one line of JSON each, so that
`labkit.exercises.bench` can end an attempt that hangs.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
import traceback
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from labkit.common.errors import LabkitError
from labkit.exercises.engine import MISSING, judge, run
from labkit.exercises.find import Loaded, find
from labkit.lab import Lab, open_lab

#: What people hand in who have not understood the question, and nobody should be let through with.
GARBAGE: tuple[Any, ...] = (None, 0, -1, 1.5, "", "abc", b"\x00", [], {}, (), object(), print)


@dataclass(frozen=True)
class Attempt:
    """What came of running one source against one exercise.

    Attributes
    ----------
    name
        ``"blank"``, ``"reference"``, ``"garbage"`` or the name of a wrong answer.
    ok
        Whether that is what it should come to.
    outcome, mistake
        As in the verdict; ``"raised"`` and ``"timeout"`` where there is none.
    problem
        What is wrong, for the author; ``""`` if `ok`.
    feedback
        What the learner would see.
    output
        What the attempt printed.
    seconds
        How long it took, the reset of the lab included.
    """

    name: str
    ok: bool
    outcome: str
    mistake: str = ""
    problem: str = ""
    feedback: str = ""
    output: str = ""
    seconds: float = 0.0


def attempt(loaded: Loaded, name: str, lab: Lab) -> Attempt:
    """Run one attempt here and now, in the lab as it is."""
    exercise = loaded.exercise
    sources = {"blank": exercise.blank, "garbage": exercise.blank, "reference": exercise.reference}
    sources |= {wrong.name: wrong.source for wrong in exercise.wrong}
    space: dict[str, Any] = {"__name__": "__exercise__", "lab": lab}
    output = io.StringIO()
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
        try:
            given = compile(exercise.given, "<given>", "exec", dont_inherit=True)
            exec(given, space)  # nosec B102: from the exercise's file
            answer = run(exercise, sources[name], space)
        except Exception:  # whatever the author's source raises is the finding
            return Attempt(
                name, False, "raised", problem=traceback.format_exc(limit=-2),
                output=output.getvalue(),
            )  # fmt: skip
        if name == "garbage":
            return _garbage(loaded, space)
        verdict = judge(loaded, answer, space)
    problem = ""
    if name == "blank":
        if verdict.outcome != "blank":
            problem = f"the blank is {verdict.outcome}, not blank (not tried yet)"
    elif name == "reference":
        if verdict.outcome != "passed":
            problem = f"the reference is {verdict.outcome}"
    elif verdict.outcome != "failed":
        problem = f"the wrong answer {name} is {verdict.outcome}"
    elif verdict.mistake != name:
        problem = f"the wrong answer {name} is taken for {verdict.mistake or 'no known mistake'}"
    elif not verdict.rules:
        problem = f"the feedback on {name} names no rule: failed(..., rule=cite(...))"
    return Attempt(
        name, not problem, verdict.outcome, verdict.mistake, problem,
        repr(verdict), output.getvalue(),
    )  # fmt: skip


def _garbage(loaded: Loaded, space: dict[str, Any]) -> Attempt:
    """Hand in what makes no sense: it must neither pass nor crash the check."""
    for answer in GARBAGE if loaded.exercise.answer else (MISSING,):
        verdict = judge(loaded, answer, space)
        if verdict.outcome not in ("failed", "blank"):
            problem = f"the answer {answer!r} is {verdict.outcome}"
            return Attempt("garbage", False, verdict.outcome, "", problem, repr(verdict))
    return Attempt("garbage", True, "failed")


def serve(workspace: Path) -> None:
    """Answer ``[slug, name]`` lines on standard input until it closes; the body of the process."""
    # What an attempt prints, and any program that it starts, must not get between the answers.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    os.environ["LABKIT_WORKSPACE"] = str(workspace)
    os.environ["LABKIT_LEARNER"] = "verify"
    os.environ.pop("LABKIT_ANSWERS", None)
    workspace.mkdir(parents=True, exist_ok=True)
    os.chdir(workspace)

    def say(value: Any) -> None:
        answers.write(json.dumps(value) + "\n")
        answers.flush()

    try:
        lab = open_lab()
    except LabkitError as error:
        say({"failed": str(error)})
        return
    say({"ready": True})
    for line in sys.stdin:
        slug, name = json.loads(line)
        loaded = find(slug).load()
        about = open_lab(secure=True) if loaded.exercise.secure else lab
        about.reset()
        say(asdict(attempt(loaded, name, about)))


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
