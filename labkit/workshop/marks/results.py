"""What marking found: of one exercise, and of one notebook; and the file that keeps it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from labkit.common.errors import DataError
from labkit.workshop.marks.notebook import to_json

FORMAT = "labkit-marks/1"
Outcome = Literal["passed", "failed", "blank", "unchecked", "missing", "review"]

#: For people, in the pages and on the command line.
WORDS: Mapping[str, str] = {
    "passed": "Passed",
    "failed": "Not right",
    "blank": "Not tried",
    "unchecked": "Could not be checked",
    "missing": "Not handed in",
    "review": "For a person to look at",
}


@dataclass(frozen=True)
class Mark:
    """One exercise of one learner.

    Attributes
    ----------
    slug, title
        The exercise.
    outcome
        One of `Outcome`. ``"review"`` has no points until a person has looked: the answer is right
        on the workbook's data, and on other data it is neither the old one nor the right one.
    points, most
        Got, and to be had.
    expected, got, why, says, mistake, rules
        As in a `labkit.exercises.Verdict`; a rule is a text and a link.
    variant
        What stands for a hidden variant, see `labkit.workshop.marks.kinds`, and what it found.
    where
        ``"apart"``: judged in the marker's process. ``"beside"``: in the learner's, whose word is
        taken for it.
    hints, solution, checks
        How often each was asked for, by the learner's own journal: shown, and nothing is deducted.
    """

    slug: str
    title: str
    outcome: Outcome
    points: float
    most: float
    expected: str = ""
    got: str = ""
    why: str = ""
    says: str = ""
    mistake: str = ""
    rules: tuple[tuple[str, str], ...] = ()
    variant: str = ""
    where: str = "apart"
    hints: int = 0
    solution: int = 0
    checks: int = 0


@dataclass(frozen=True)
class Sheet:
    """One notebook of one learner, marked.

    Attributes
    ----------
    learner, notebook
        Whose, and which.
    key
        Of all that the marks depend on; another key is marked anew. ``""`` where a run did not
        come to its end: that is always marked anew.
    at
        When, ISO 8601.
    marks
        One an exercise, in the notebook's order.
    notes
        Sentences for whoever marks: a cell that did not end, a version that differs.
    """

    learner: str
    notebook: str
    key: str
    at: str
    marks: tuple[Mark, ...]
    notes: tuple[str, ...] = field(default=())

    @property
    def points(self) -> float:
        """Points that were got."""
        return sum(mark.points for mark in self.marks)

    @property
    def most(self) -> float:
        """Points that could be had."""
        return sum(mark.most for mark in self.marks)

    def write(self, path: Path) -> None:
        """Write it whole or not at all."""
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(".part")
        draft.write_text(to_json({"format": FORMAT, **asdict(self)}), encoding="utf-8")
        draft.replace(path)

    @classmethod
    def read(cls, path: Path) -> Sheet:
        """Read one.

        Raises
        ------
        DataError
            It is not there, or not a sheet of marks.
        """
        try:
            found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            if found.pop("format") != FORMAT:
                raise ValueError(FORMAT)
            marks = tuple(
                Mark(**{**each, "rules": tuple((t, u) for t, u in each["rules"])})
                for each in found.pop("marks")
            )
            return cls(**{**found, "marks": marks, "notes": tuple(found["notes"])})
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise DataError(
                f"{path} is no sheet of marks", remedy="delete it, and mark again"
            ) from error
