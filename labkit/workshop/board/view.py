"""What the board says at one moment, as plain data (docs/workshop.md, The board)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from labkit.exercises.wire import NOT_SENT, SENT
from labkit.workshop.board.outline import Notebook, says
from labkit.workshop.board.progress import Cell, Learner
from labkit.workshop.board.rules import Rules

FORMAT = "labkit-board-view/1"
INSTRUCTOR, PROJECTOR = "instructor", "projector"
STATES = ("new", "working", "stuck", "quiet", "silent", "left", "finished")
_AWAY = ("silent", "left", "finished")


@dataclass(frozen=True)
class Sight:
    """One look at the room.

    Attributes
    ----------
    learners, notebooks
        Who is there, and the exercises that are shown.
    now
        The time by the board's clock.
    """

    learners: Sequence[Learner]
    notebooks: Sequence[Notebook]
    rules: Rules
    now: datetime

    @property
    def slugs(self) -> list[str]:
        """The exercises that are shown, in order."""
        return [task.slug for notebook in self.notebooks for task in notebook.exercises]

    def to_json(self, names: bool) -> dict[str, Any]:
        """Return all but what is of the room itself.

        Parameters
        ----------
        names
            Whether who and name are in it.
        """
        order = {slug: at for at, slug in enumerate(self.slugs)}
        states = {learner.who: self._state(learner, order) for learner in self.learners}
        people = [self._learner(each, states[each.who], order, names) for each in self.learners]
        label = "name" if names else "shown"
        people.sort(key=lambda one: (one[label] or one["shown"]).casefold())
        counts = Counter(states.values())
        labs = Counter(each.lab.state for each in self.learners if states[each.who] != "left")
        return {
            "rules": asdict(self.rules) | {"text": self.rules.in_words()},
            "sent": {"sent": list(SENT), "not_sent": NOT_SENT},
            "notebooks": [asdict(notebook) for notebook in self.notebooks],
            "learners": people,
            "room": self._room(states, order),
            "stuck": self._stuck(states, names),
            "mistakes": self._mistakes(order),
            "labs": {state: labs[state] for state in ("well", "ill", "down", "unknown")},
            "counts": {"learners": len(people)} | {state: counts[state] for state in STATES},
        }

    def _state(self, learner: Learner, order: Mapping[str, int]) -> str:
        cells = learner.cells
        done = bool(order) and all(slug in cells and cells[slug].solved for slug in order)
        return self.rules.state_of(learner, self.now, done)

    def _learner(
        self, learner: Learner, state: str, order: Mapping[str, int], names: bool
    ) -> dict[str, Any]:
        shown = {s: self._cell(learner, s, c) for s, c in learner.cells.items() if s in order}
        who = {"who": learner.who, "name": learner.name} if names else {}
        return {
            "shown": learner.shown, **who, "state": state, "at": learner.at,
            "seen": _when(learner.seen), "acted": _when(learner.acted),
            "solved": sum(cell["state"] == "solved" for cell in shown.values()),
            "lab": {"state": learner.lab.state, "ill": list(learner.lab.ill)},
            "cells": dict(sorted(shown.items(), key=lambda item: order[item[0]])),
        }  # fmt: skip

    def _cell(self, learner: Learner, slug: str, cell: Cell) -> dict[str, Any]:
        here = slug == learner.at and self.rules.stuck_at(learner, self.now)
        return {
            "state": "stuck" if here else cell.state, "failed": cell.failed, "hints": cell.hints,
            "solution": cell.solution, "since": _when(cell.solved or cell.first or cell.last),
        }  # fmt: skip

    def _room(self, states: Mapping[str, str], order: Mapping[str, int]) -> dict[str, Any]:
        """Say where most of those are who are at work; of two places, the further one."""
        at = Counter(x.at for x in self.learners if x.at in order and states[x.who] not in _AWAY)
        if not at:
            return {"at": "", "here": 0, "solved": 0, "stuck": 0}
        slug = max(at, key=lambda each: (at[each], order[each]))
        cells = [(x, x.cells[slug]) for x in self.learners if slug in x.cells]
        return {
            "at": slug, "here": at[slug], "solved": sum(bool(c.solved) for _, c in cells),
            "stuck": sum(x.at == slug and states[x.who] == "stuck" for x, _ in cells),
        }  # fmt: skip

    def _stuck(self, states: Mapping[str, str], names: bool) -> list[dict[str, Any]]:
        found = [x for x in self.learners if states[x.who] == "stuck"]
        rows = []
        for learner in found:
            cell = learner.cells[learner.at]
            who = {"who": learner.who, "name": learner.name} if names else {}
            rows.append({
                "shown": learner.shown, **who, "slug": learner.at, "failed": cell.failed,
                "since": _when(cell.first), "why": self.rules.stuck_at(learner, self.now),
                "mistake": cell.newest, "says": says(learner.at, cell.newest),
            })  # fmt: skip
        return sorted(rows, key=lambda row: str(row["since"]))

    def _mistakes(self, order: Mapping[str, int]) -> list[dict[str, Any]]:
        """Count wrong answers by exercise and recorded name, those of most learners first."""
        learners: Counter[tuple[str, str]] = Counter()
        times: Counter[tuple[str, str]] = Counter()
        still: Counter[tuple[str, str]] = Counter()
        for learner in self.learners:
            for slug, cell in learner.cells.items():
                if slug not in order:
                    continue
                named: Counter[str] = Counter()
                for mistake, count in cell.mistakes.items():
                    named[mistake if says(slug, mistake) else ""] += count
                times.update({(slug, mistake): count for mistake, count in named.items()})
                learners.update((slug, mistake) for mistake in named)
                if not cell.solved:
                    still.update((slug, mistake) for mistake in named)
        ranked = sorted(learners, key=lambda key: (-learners[key], -times[key], order[key[0]], key))
        return [
            {"slug": slug, "mistake": mistake, "says": says(slug, mistake),
             "learners": learners[slug, mistake], "times": times[slug, mistake],
             "open": still[slug, mistake]}
            for slug, mistake in ranked
        ]  # fmt: skip


def _when(at: datetime | None) -> str:
    return at.isoformat(timespec="seconds") if at else ""
