"""What is known of each learner, made of their acts in the order of their numbers."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from labkit.exercises.wire import Act, LabState, moment


@dataclass
class Cell:
    """One learner at one exercise.

    Attributes
    ----------
    failed, hints
        How many failed checks and hints before it was solved.
    solution
        Whether the solution was opened before it was solved.
    first, last
        The first failed check; the last act.
    solved
        When it was passed.
    mistakes
        Names of recorded mistakes; ``""`` counts wrong answers that have no name.
    newest
        The name of the newest one.
    """

    failed: int = 0
    hints: int = 0
    solution: bool = False
    first: datetime | None = None
    last: datetime | None = None
    solved: datetime | None = None
    mistakes: Counter[str] = field(default_factory=Counter)
    newest: str = ""

    def take(self, act: Act, at: datetime) -> None:
        """Count an act. What is tried after it was solved changes nothing."""
        self.last = at
        if self.solved:
            return
        if act.event == "hint":
            self.hints += 1
        elif act.event == "solution":
            self.solution = True
        elif act.outcome == "passed":
            self.solved = at
        elif act.outcome == "failed":
            self.failed += 1
            self.first = self.first or at
            self.newest = act.mistake
            self.mistakes[act.mistake] += 1

    @property
    def state(self) -> str:
        """``solved``, ``solution``, ``hint`` or ``tried``, the first that holds."""
        if self.solved:
            return "solved"
        return "solution" if self.solution else "hint" if self.hints else "tried"


@dataclass
class Learner:
    """One learner.

    Attributes
    ----------
    number
        Of the board's own.
    who
        As the laptop calls itself.
    key
        SHA-256 of the laptop's key.
    shown
        The pseudonym.
    name
        As given, or ``""``.
    joined, seen, acted
        The first and last message, and the last act.
    next
        The highest number of an act that is held.
    acts
        How many are held.
    at
        The exercise of the last act; ``""`` before the first.
    """

    number: int
    who: str
    key: str
    shown: str
    name: str
    joined: datetime
    seen: datetime
    left: bool = False
    lab: LabState = field(default_factory=LabState)
    acted: datetime | None = None
    next: int = 0
    acts: int = 0
    at: str = ""
    cells: dict[str, Cell] = field(default_factory=dict)

    def take(self, act: Act) -> None:
        """Count an act."""
        at = moment(act.at)
        self.cells.setdefault(act.slug, Cell()).take(act, at)
        self.acts, self.next = self.acts + 1, max(self.next, act.n)
        self.acted, self.at = at, act.slug
