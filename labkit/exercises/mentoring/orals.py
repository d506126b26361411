"""Oral examinations: a question, a rubric with described levels, and candidates' transcripts."""

from __future__ import annotations

import html
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from labkit.common.errors import UsageError
from labkit.common.html_table import Markup, html_table
from labkit.exercises.mentoring.data_files import data

_Each = TypeVar("_Each")
FILES = {"missing-study": "missing_study.toml", "legacy-pacs": "legacy_pacs.toml"}


@dataclass(frozen=True)
class Criterion:
    """One row of a rubric.

    Attributes
    ----------
    name, title
        In a word, and for people.
    source
        The lesson and the section that it comes from.
    levels
        What is heard at 0, 1, 2 and 3.
    follow_up
        What to ask a candidate who has said nothing of it, without giving it away.
    """

    name: str
    title: str
    source: str
    levels: tuple[str, ...]
    follow_up: str


@dataclass(frozen=True)
class Candidate:
    """Somebody who was examined; `lines` are numbered from 1."""

    name: str
    lines: tuple[str, ...]

    @property
    def words(self) -> int:
        """How much they said."""
        return sum(len(line.split()) for line in self.lines)

    def __repr__(self) -> str:
        return "\n".join(
            [self.name]
            + [
                textwrap.fill(line, 96, initial_indent=f"{n:>4}  ", subsequent_indent="      ")
                for n, line in enumerate(self.lines, 1)
            ]
        )

    def _repr_html_(self) -> str:
        return html_table((), enumerate(self.lines, 1), caption=self.name, numbers=(0,))


@dataclass(frozen=True)
class Reference:
    """How an answer is marked: the level, the lines that show it, and why."""

    level: int
    lines: tuple[int, ...]
    because: str


@dataclass(frozen=True)
class Oral:
    """An oral examination.

    Attributes
    ----------
    name, title, question, minutes
        What is asked, and for how long.
    tells
        What the examiner tells beside the question.
    criteria
        The rubric.
    candidates
        Transcripts to practise on.
    references
        (candidate, criterion) to how it is marked.
    """

    name: str
    title: str
    question: str
    minutes: int
    tells: str
    criteria: tuple[Criterion, ...]
    candidates: tuple[Candidate, ...]
    references: Mapping[tuple[str, str], Reference]

    def criterion(self, name: str) -> Criterion:
        """Return a criterion by name.

        Raises
        ------
        UsageError
            There is none of that name.
        """
        return _named({each.name: each for each in self.criteria}, name, "criterion")

    def candidate(self, name: str) -> Candidate:
        """Return a candidate by name.

        Raises
        ------
        UsageError
            There is none of that name.
        """
        return _named({each.name: each for each in self.candidates}, name, "candidate")

    def total(self, candidate: str) -> int:
        """Return what a candidate's answer is worth."""
        return sum(self.references[candidate, each.name].level for each in self.criteria)

    def sheet(self) -> str:
        """Return question and rubric as Markdown, to print for examiners."""
        head = [
            f"**{self.question}**\n", f"{self.minutes} minutes. The examiner tells: {self.tells}\n",
            "| criterion | 0 | 1 | 2 | 3 |", "|---|---|---|---|---|",
        ]  # fmt: skip
        rows = [f"| **{c.title}** | {' | '.join(c.levels)} |" for c in self.criteria]
        more = ["", "| criterion | if nothing was said of it, ask | from |", "|---|---|---|"]
        more += [f"| {c.title} | {c.follow_up} | {c.source} |" for c in self.criteria]
        return "\n".join([*head, *rows, *more])

    def __repr__(self) -> str:
        lines = [self.question, f"{self.minutes} minutes. {self.tells}"]
        for each in self.criteria:
            lines.append(f"{each.name}: {each.title} ({each.source})")
            lines += [f"  {level}  {says}" for level, says in enumerate(each.levels)]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        head = ("criterion", 0, 1, 2, 3)
        rows = [(Markup(f"<b>{html.escape(c.name)}</b>"), *c.levels) for c in self.criteria]
        said = html.escape(f"{self.minutes} minutes. {self.tells}")
        asked = f"<p><b>{html.escape(self.question)}</b><br>{said}</p>"
        return asked + html_table(head, rows)


def oral(name: str) -> Oral:
    """Return an examination: ``"missing-study"`` or ``"legacy-pacs"``.

    Raises
    ------
    UsageError
        There is none of that name, or its file does not fit together.
    """
    if name not in FILES:
        raise UsageError(f"There is no oral {name!r}.", remedy=f"There is {', '.join(FILES)}.")
    return _oral(data(FILES[name]))


def orals() -> tuple[Oral, ...]:
    """Return all examinations."""
    return tuple(map(oral, FILES))


def _oral(found: dict[str, Any]) -> Oral:
    criteria = tuple(
        Criterion(c["name"], c["title"], c["source"], tuple(c["levels"]), c["follow_up"])
        for c in found["criterion"]
    )
    candidates = tuple(
        Candidate(c["name"], tuple(c["text"].strip().splitlines())) for c in found["candidate"]
    )
    references = {
        (s["candidate"], s["criterion"]): Reference(s["level"], tuple(s["lines"]), s["because"])
        for s in found["score"]
    }
    made = Oral(
        found["name"], found["title"], found["question"], found["minutes"], found["tells"],
        criteria, candidates, references,
    )  # fmt: skip
    wanted = {(one.name, c.name) for one in candidates for c in criteria}
    if set(references) != wanted or any(len(c.levels) != 4 for c in criteria):
        raise UsageError(
            f"The oral {made.name} does not fit together.",
            remedy="Each criterion has four levels, and each candidate a score for each.",
        )
    return made


def _named(among: Mapping[str, _Each], name: str, what: str) -> _Each:
    if name not in among:
        raise UsageError(f"There is no {what} {name!r}.", remedy=f"There is {', '.join(among)}.")
    return among[name]
