"""One attempt at an exercise, in a process of its own that can be ended when it hangs."""

from __future__ import annotations

import contextlib
import io
import multiprocessing
import os
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from labkit.common.errors import LabError, LabkitError
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


class Bench:
    """Runs attempts one after the other in one lab, each in its first state.

    Parameters
    ----------
    workspace
        Of the lab; started on first use.
    limit
        Seconds an attempt may take. One that takes longer is ended with its process.
    serve
        The body of the process: opens the lab, then answers requests.
    """

    def __init__(
        self, workspace: Path, limit: float = 60.0, serve: Callable[..., None] | None = None
    ) -> None:
        self._workspace = workspace
        self._limit = limit
        self._serve = serve or serve_attempts
        self._process: Any = None
        self._pipe: Connection | None = None

    def attempt(self, slug: str, name: str) -> Attempt:
        """Run one attempt; `name` as in `Attempt`.

        Raises
        ------
        LabError
            The lab did not start.
        """
        began = time.monotonic()
        pipe = self._pipe or self._start()
        try:
            pipe.send((slug, name))
            # The first one also waits for the process, and for the lab to start.
            if not pipe.poll(self._limit):
                self.close()
                return Attempt(
                    name, False, "timeout", problem=f"it took more than {self._limit:.0f} s"
                )
            found: Attempt = pipe.recv()
        except (EOFError, OSError) as error:
            self.close()
            return Attempt(name, False, "raised", problem=f"the process died ({error!r})")
        return _timed(found, time.monotonic() - began)

    def close(self) -> None:
        """End the process; the next attempt starts another."""
        if self._pipe is not None:
            self._pipe.close()
        if self._process is not None:
            self._process.kill()
            self._process.join()
        self._pipe = self._process = None

    def _start(self) -> Connection:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(
            target=self._serve, args=(theirs, str(self._workspace)), daemon=True
        )
        self._process.start()
        theirs.close()
        try:
            said = self._pipe.recv() if self._pipe.poll(120) else "it took too long"
        except (EOFError, OSError):
            said = "the process that opens it ended"
        if said == "ready":
            return self._pipe
        self.close()
        raise LabError(f"The lab for the attempts did not start: {said}", remedy="try `labkit up`")


def _timed(attempt: Attempt, seconds: float) -> Attempt:
    return Attempt(**{**attempt.__dict__, "seconds": round(seconds, 3)})


def serve_attempts(pipe: Connection, workspace: str) -> None:
    """Answer requests until the pipe closes; the body of the process."""
    os.environ["LABKIT_WORKSPACE"] = workspace
    os.environ["LABKIT_LEARNER"] = "verify"
    os.environ.pop("LABKIT_ANSWERS", None)
    Path(workspace).mkdir(parents=True, exist_ok=True)
    os.chdir(workspace)
    try:
        lab = open_lab()
    except LabkitError as error:
        pipe.send(str(error))
        return
    pipe.send("ready")
    with contextlib.suppress(EOFError):
        while True:
            slug, name = pipe.recv()
            lab.reset()
            pipe.send(attempt(find(slug).load(), name, lab))


def attempt(loaded: Loaded, name: str, lab: Lab) -> Attempt:
    """Run one attempt here and now, in the lab as it is."""
    exercise = loaded.exercise
    sources = {"blank": exercise.blank, "garbage": exercise.blank, "reference": exercise.reference}
    sources |= {wrong.name: wrong.source for wrong in exercise.wrong}
    space: dict[str, Any] = {"__name__": "__exercise__", "lab": lab}
    output = io.StringIO()
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
        try:
            exec(compile(exercise.given, "<given>", "exec", dont_inherit=True), space)
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
