"""Exercises that check themselves: the four words for learners, and the parts for authors.

Learners use `check`, `hint`, `solution` and `progress`. An author writes one file an exercise, from
`Exercise`, `Wrong` and a function ``check(work: Work) -> Verdict`` that returns `passed`, `failed`
or `blank` (docs/authoring.md). `catalogue` lists all exercises.
"""

from labkit.exercises.cells import compose
from labkit.exercises.engine import check, hint, progress, solution
from labkit.exercises.find import catalogue
from labkit.exercises.model import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.panel import show

__all__ = [
    "Exercise",
    "Verdict",
    "Work",
    "Wrong",
    "blank",
    "catalogue",
    "check",
    "compose",
    "failed",
    "hint",
    "passed",
    "progress",
    "show",
    "solution",
]
