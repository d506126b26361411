"""What a design got: a row for each criterion, and the sum."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Any, Literal

from labkit.common.cite import Citation
from labkit.common.html_table import Markup, html_table

if TYPE_CHECKING:
    from labkit.exchange.network import Design, Findings
    from labkit.exchange.project.brief import Brief

State = Literal["shown", "declared", "failed", "not run"]
"""``declared``: the design says so, and nothing that ran here could show it."""
PARTS = ("design", "drive", "break", "attack")


@dataclass(frozen=True)
class Mark:
    """One criterion.

    Attributes
    ----------
    part
        Of `PARTS`.
    name
        Of the criterion.
    points, of
        Got, and to be had.
    expected, got
        What the brief wants, and what was found.
    todo
        What to change; ``""`` where all is well.
    state
        See `State`.
    evidence
        What was done for it and came out, a line each.
    rule
        Where it is written; ``None`` where it is the brief's or engineering.
    """

    part: str
    name: str
    points: int
    of: int
    expected: str
    got: str
    todo: str = ""
    state: State = "shown"
    evidence: tuple[str, ...] = ()
    rule: Citation | None = None

    @property
    def full(self) -> bool:
        """Whether nothing is missing."""
        return self.points == self.of

    def to_json(self) -> dict[str, Any]:
        """As plain data."""
        return {
            "part": self.part, "criterion": self.name, "points": self.points, "of": self.of,
            "state": self.state, "expected": self.expected, "got": self.got, "todo": self.todo,
            "evidence": list(self.evidence), "rule": str(self.rule) if self.rule else "",
        }  # fmt: skip

    def __str__(self) -> str:
        rule = f" ({self.rule})" if self.rule else ""
        said = f", {self.state}" if self.state != "shown" else ""
        text = f"{self.points:>3}/{self.of:<3} {self.name}{said}: {self.got}{rule}"
        if not self.todo:
            return text
        return f"{text}\n        wanted: {self.expected}\n        -> {self.todo}"


def first_of(cases: Sequence[str], most: int = 2) -> str:
    """The first of several cases in a sentence, and how many more there are."""
    more = [f"and {len(cases) - most} more"] if len(cases) > most else []
    return "; ".join([*cases[:most], *more])


def share(of: int, good: int, all_: int) -> int:
    """Points for `good` of `all_` cases: full only where all are; none where there is no case."""
    return of * good // all_ if all_ else 0


@dataclass(frozen=True)
class Marks(Sequence[Mark]):
    """The mark of a design, criterion by criterion.

    Attributes
    ----------
    design, brief, findings
        What was marked, against what, and what `check_design` says of it.
    marks
        The criteria, in the order of `PARTS`.
    carried
        Line to what it carried while the tasks of the brief were done: messages by kind.
    """

    design: Design
    brief: Brief
    findings: Findings
    marks: tuple[Mark, ...]
    carried: dict[str, dict[str, int]] = field(default_factory=dict)

    def __getitem__(self, place: int) -> Mark:  # type: ignore[override]
        return self.marks[place]

    def __len__(self) -> int:
        return len(self.marks)

    def __iter__(self) -> Iterator[Mark]:
        return iter(self.marks)

    def named(self, name: str) -> Mark:
        """Return one criterion.

        Raises
        ------
        KeyError
            There is none of that name.
        """
        for mark in self.marks:
            if mark.name == name:
                return mark
        raise KeyError(name)

    @property
    def points(self) -> int:
        """What was got."""
        return sum(mark.points for mark in self.marks)

    @property
    def of(self) -> int:
        """What is to be had."""
        return sum(mark.of for mark in self.marks)

    @property
    def declared(self) -> int:
        """How many of the points are for what is declared and was not shown."""
        return sum(mark.points for mark in self.marks if mark.state == "declared")

    @property
    def percent(self) -> int:
        """Of the points, rounded down."""
        return 100 * self.points // self.of if self.of else 0

    @property
    def missed(self) -> tuple[str, ...]:
        """Criteria that the brief cannot do without, and that are not met."""
        return tuple(m.name for m in self.marks if m.name in self.brief.must and not m.full)

    @property
    def passed(self) -> bool:
        """Whether it is enough, and nothing is missed that has to be."""
        return self.percent >= self.brief.pass_mark and not self.missed

    @property
    def verdict(self) -> str:
        """The sum in a sentence."""
        word = "passed" if self.passed else "not passed"
        said = f"{self.points} of {self.of} points ({self.percent} %), "
        said += f"pass mark {self.brief.pass_mark} %: {word}"
        if self.missed:
            said += f"; it cannot do without {', '.join(self.missed)}"
        if self.declared:
            said += f"; {self.declared} of the points are for what is declared and was not shown"
        return said + "."

    def to_json(self) -> dict[str, Any]:
        """As plain data."""
        return {
            "design": self.design.name, "brief": self.brief.name, "passed": self.passed,
            "points": self.points, "of": self.of, "percent": self.percent,
            "pass_mark": self.brief.pass_mark, "declared": self.declared,
            "missed": list(self.missed), "criteria": [mark.to_json() for mark in self.marks],
            "findings": [
                {"name": f.name, "severity": f.severity, "about": f.about, "at": f.at,
                 "says": f.says, "remedy": f.remedy}
                for f in self.findings
            ],
        }  # fmt: skip

    def __repr__(self) -> str:
        lines = [f"{self.design.name}, by the brief: {self.brief.name}"]
        for part in PARTS:
            rows = [mark for mark in self.marks if mark.part == part]
            if rows:
                lines += ["", part, *(f"  {mark}" for mark in rows)]
        return "\n".join([*lines, "", self.verdict])

    def _repr_html_(self) -> str:
        rows = [
            (
                m.part, Markup(f'<span style="white-space:nowrap">{escape(m.name)}</span>'),
                f"{m.points}/{m.of}", m.state, m.got,
                Markup(escape(m.todo) + (f" {m.rule._repr_html_()}" if m.rule else "")),
            )
            for m in self.marks
        ]  # fmt: skip
        head = ("part", "criterion", "points", "state", "got", "to do")
        return html_table(head, rows, numbers=(2,)) + f"<p>{escape(self.verdict)}</p>"
