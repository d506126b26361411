"""The four words a learner needs: `check`, `hint`, `solution`, `progress`.

None of them raises at a learner, whatever is wrong: with the name, the answer, the lab, the disk or
the check itself. The only exception is the proof mode of the tests, ``LABKIT_ANSWERS=reference``.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from types import EllipsisType
from typing import TYPE_CHECKING, Any, cast

from labkit.common.errors import LabkitError
from labkit.exercises.find import TRACKS, Loaded, catalogue, find
from labkit.exercises.following import follow
from labkit.exercises.helping import hint_panel, solution_panel
from labkit.exercises.journal import Journal
from labkit.exercises.model import AnswerRaised, Exercise, Verdict, Work, failed
from labkit.exercises.panel import Panel, show
from labkit.exercises.rules import rules_at
from labkit.exercises.unchecked import unchecked
from labkit.exercises.words import words
from labkit.lab.workspace import Workspace

if TYPE_CHECKING:
    from labkit.lab import Lab

MISSING: Any = object()


class ReferenceFailed(LabkitError):
    """A reference answer does not pass its own check; only ever raised in the tests."""


def check(slug: str, answer: Any = MISSING) -> Verdict:
    """Look at your answer, or at what you did to the lab, and say what is right or wrong with it.

    Parameters
    ----------
    slug
        The exercise, as the first line of its cell names it.
    answer
        The value the exercise asks for, if it asks for one.

    Returns
    -------
    Verdict
        Shown as a panel when it is the last line of a cell. It never stops you from going on.
    """
    namespace = _caller()
    if os.environ.get("LABKIT_ANSWERS") == "reference":
        return _with_reference(slug, namespace)
    try:
        return _recorded(slug, judge(find(slug).load(), answer, namespace), namespace)
    except Exception as error:  # nothing may reach a learner as a traceback
        return unchecked(error, title=str(slug))


def hint(slug: str) -> Panel:
    """Show the next hint of an exercise, below the ones you have had. Asking costs nothing."""
    return _guarded(_hint, str(slug), _caller())


def solution(slug: str) -> Panel:
    """Show how we would do it, and why."""
    return _guarded(_solution, str(slug), _caller())


def progress() -> Panel:
    """Show what you have solved, notebook by notebook; what is open where you began, and next."""
    return _guarded(_progress, words("progress.title"), _caller())


def _recorded(slug: str, verdict: Verdict, namespace: Mapping[str, Any]) -> Verdict:
    """Write the verdict into the journal; say so if that cannot be done."""
    rules = rules_at(_workspace(namespace).root)
    verdict = replace(verdict, then=rules.then(verdict.then, slug))
    if verdict.outcome not in ("passed", "failed"):
        return verdict
    act = {"outcome": verdict.outcome, "mistake": verdict.mistake}
    trouble = _journal(namespace).add("check", slug, **act)
    if not trouble:
        return verdict
    note = words("why.not-saved", trouble=trouble)
    return replace(verdict, why=f"{verdict.why}\n{note}".strip())


def _hint(slug: str, namespace: Mapping[str, Any]) -> Panel:
    rules = rules_at(_workspace(namespace).root)
    return hint_panel(find(slug).load(), _journal(namespace), rules)


def _solution(slug: str, namespace: Mapping[str, Any]) -> Panel:
    rules = rules_at(_workspace(namespace).root)
    return solution_panel(find(slug).load(), _journal(namespace), rules)


def _progress(title: str, namespace: Mapping[str, Any]) -> Panel:
    entries = catalogue()
    solved = _journal(namespace).solved()
    heads = ("progress.track", "progress.notebook", "progress.solved", "progress.rest")
    table = [tuple(words(head) for head in heads)]
    for track in TRACKS:
        ahead = False
        for notebook in dict.fromkeys(e.notebook for e in entries if e.track == track):
            slugs = [e.slug for e in entries if (e.track, e.notebook) == (track, notebook)]
            rest = [slug for slug in slugs if slug not in solved]
            count = words("progress.count", done=len(slugs) - len(rest), count=len(slugs))
            # The names of all would be a wall: those of what was begun, and of what is next.
            told = len(rest) < len(slugs) or not ahead
            open_ = ", ".join(rest) if told else words("progress.new")
            table.append((track, notebook, count, open_ or words("progress.all")))
            ahead = ahead or len(rest) == len(slugs)
    done = sum(entry.slug in solved for entry in entries)
    summary = words("progress.sum", title=title, done=done, count=len(entries))
    return Panel(words("word.progress"), summary, table=tuple(table))


def _guarded(
    act: Callable[[str, Mapping[str, Any]], Panel], name: str, namespace: Mapping[str, Any]
) -> Panel:
    try:
        return act(name, namespace)
    except Exception as error:  # nothing may reach a learner as a traceback
        return unchecked(error, title=name).panel()


def judge(loaded: Loaded, answer: Any, namespace: Mapping[str, Any]) -> Verdict:
    """Reach the verdict on one answer. Never raises, and touches no journal.

    Parameters
    ----------
    loaded
        The exercise.
    answer
        As handed in, or `MISSING`.
    namespace
        The variables of the notebook; a lab called ``lab`` there is the one looked at.
    """
    try:
        return _judge(loaded, answer, namespace)
    except Exception as error:  # nothing may reach a learner as a traceback
        return unchecked(error, title=loaded.title, got="" if answer is MISSING else show(answer))


def _judge(loaded: Loaded, answer: Any, namespace: Mapping[str, Any]) -> Verdict:
    exercise, slug = loaded.exercise, loaded.entry.slug
    then = f'hint("{slug}")'
    if elsewhere := _elsewhere(loaded, namespace):
        return elsewhere
    if exercise.answer and answer is MISSING:
        verdict = Verdict(
            "unchecked", why=words("why.no-answer"),
            then=words("next.end-cell", call=f'check("{slug}", {exercise.answer})'),
        )  # fmt: skip
        return replace(verdict, title=loaded.title)
    if exercise.answer and _is_blank(answer):
        return Verdict("blank", title=loaded.title, then=f"{words('next.replace-dots')}; {then}")
    if exercise.answer and not isinstance(answer, exercise.expects):
        verdict = failed(
            expected=words("expected.type", type=_names(exercise.expects)), got=show(answer)
        )
        return replace(verdict, title=loaded.title, then=then)
    work = Work(
        answer=None if answer is MISSING else answer,
        namespace=namespace,
        find_lab=lambda: _lab(namespace, secure=loaded.exercise.secure),
    )
    try:
        verdict = loaded.check(work)
        if not isinstance(verdict, Verdict):
            raise TypeError(f"the check returned {show(verdict)}, not a Verdict")
    except AnswerRaised as error:
        verdict = failed(expected=words("expected.function"), got=error.message)
    says = next((w.says for w in exercise.wrong if w.name == verdict.mistake), "")
    if verdict.outcome == "passed":
        shown = words("next.how-we-did-it", call=f'solution("{slug}")')
        then = f"{words('next.go-on')}; {shown}"
    elif verdict.outcome == "blank":
        then = f"{words('next.do-it')}; {then}"
    elif own := getattr(_named_lab(namespace), "in_use", ""):
        note = words("why.own-study", study=own)
        verdict = replace(verdict, why=f"{verdict.why}\n{note}".strip())
    return replace(verdict, title=loaded.title, says=says, then=then)


def run(exercise: Exercise, source: str, namespace: dict[str, Any]) -> Any:
    """Run `source` as the cell of `exercise`; return the answer it hands in, or `MISSING`."""
    # dont_inherit: a cell is not under this module's `from __future__ import annotations`.
    exec(compile(source, "<cell>", "exec", dont_inherit=True), namespace)  # nosec B102: our own
    if not exercise.answer:
        return MISSING
    compiled = compile(exercise.answer, "<answer>", "eval", dont_inherit=True)
    return eval(compiled, namespace)  # nosec B307: from the exercise's file, not from a learner


def _with_reference(slug: str, namespace: dict[str, Any]) -> Verdict:
    """Run the reference where the learner's answer would be, and raise unless it passes."""
    loaded = find(slug).load()
    exercise = loaded.exercise
    if elsewhere := _elsewhere(loaded, namespace):
        return elsewhere
    try:
        answer = run(exercise, exercise.reference, namespace)
    except Exception as error:  # whatever the reference may raise in this notebook
        raise ReferenceFailed(
            f"the reference of {slug} raised {type(error).__name__}: {error}",
            remedy="what it needs must be there after the notebook's earlier cells, as in `given`",
        ) from error
    verdict = judge(loaded, answer, namespace)
    if verdict.outcome != "passed":
        raise ReferenceFailed(
            f"the reference of {slug} does not pass\n{verdict!r}",
            remedy=f"run `labkit exercises verify {slug}`",
        )
    return verdict


def _elsewhere(loaded: Loaded, namespace: Mapping[str, Any]) -> Verdict | None:
    """Say where an exercise can be done whose fault the servers of this lab cannot have."""
    fault = loaded.exercise.fault
    if not fault or _lab(namespace).faults.acts(fault):
        return None
    return Verdict(
        "unchecked", title=loaded.title,
        why=words("why.elsewhere"),
        then=words("next.embedded", call='open_lab(backend="embedded")'),
    )  # fmt: skip


def _is_blank(answer: Any) -> bool:
    if isinstance(answer, (tuple, list)):
        return any(isinstance(value, EllipsisType) for value in answer)
    if isinstance(answer, dict):
        return any(isinstance(value, EllipsisType) for value in answer.values())
    return isinstance(answer, EllipsisType)


def _names(types: type | tuple[type, ...]) -> str:
    return " or ".join(t.__name__ for t in (types if isinstance(types, tuple) else (types,)))


def _lab(namespace: Mapping[str, Any], *, secure: bool = False) -> Lab:
    """Return the notebook's own lab, or join that of the workspace."""
    # Imported here: an exercise without a network should not wait for the network's layers.
    from labkit.lab import open_lab
    from labkit.lab.own.refused import EMBEDDED, NotOnYourServers, RefusedVerbs

    lab = _named_lab(namespace) or open_lab(secure=secure)
    if isinstance(lab, RefusedVerbs):
        raise NotOnYourServers(
            "This exercise is about the lab's patients, and not about your own servers.",
            remedy=EMBEDDED,
        )
    return lab


def _named_lab(namespace: Mapping[str, Any]) -> Lab | None:
    lab = namespace.get("lab")
    # By its type: to look at the properties of a lab that is down could raise.
    is_lab = hasattr(type(lab), "health") and hasattr(type(lab), "workspace")
    return cast("Lab", lab) if is_lab else None


def _caller() -> dict[str, Any]:
    """Return the variables of whoever called `check`: a notebook's, or a module's."""
    return sys._getframe(2).f_globals


@lru_cache(maxsize=8)
def _journal_at(workspace: Workspace) -> Journal:
    return Journal(workspace.progress)


def _journal(namespace: Mapping[str, Any]) -> Journal:
    # One a workspace and kernel, so that what the disk did not take is still known here.
    workspace = _workspace(namespace)
    follow(workspace.root)
    return _journal_at(workspace)


def _workspace(namespace: Mapping[str, Any]) -> Workspace:
    lab, default = _named_lab(namespace), Workspace.at()
    # The secure lab beside the open one is the same learner's: progress is in one place.
    beside = lab is not None and Path(lab.workspace) == default.beside.root
    return Workspace(Path(lab.workspace)) if lab and not beside else default
