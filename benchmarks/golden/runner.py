"""Runs the cases through a converter and draws the coverage matrix."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from benchmarks.golden.model import Case, Resources


class Adapter(Protocol):
    """A converter: headers of one case in, resources out.

    `convert_all` gets all cases at once, so that a converter in a process of its own starts once;
    a case that it cannot do is a text that says why.
    """

    name: str

    def convert_all(self, cases: Sequence[Case]) -> list[Resources | str]:
        """Convert each case."""
        ...


@dataclass(frozen=True)
class Result:
    """What a converter made of a case; `problem` is empty where all is as expected."""

    case: Case
    problem: str


def run(adapter: Adapter, cases: Sequence[Case]) -> list[Result]:
    """Run all cases."""
    results = []
    for case, got in zip(cases, adapter.convert_all(cases), strict=True):
        if isinstance(got, str):
            results.append(Result(case, got))
            continue
        wrong = [text for expect in case.expect if (text := expect.problem(got))]
        results.append(Result(case, "; ".join(wrong)))
    return results


def matrix(results: dict[str, list[Result]]) -> str:
    """Draw a Markdown table: groups down, converters across, cases right of all."""
    names = list(results)
    groups: dict[str, dict[str, list[bool]]] = {}
    for name, its in results.items():
        for one in its:
            groups.setdefault(one.case.group, {}).setdefault(name, []).append(not one.problem)
    lines = [f"| element | {' | '.join(names)} |", f"|---|{'---|' * len(names)}"]
    for group, by in groups.items():
        lines.append(f"| {group} | {' | '.join(_cell(by[name]) for name in names)} |")
    total = [_cell([not r.problem for r in results[name]]) for name in names]
    lines.append(f"| **all** | {' | '.join(total)} |")
    return "\n".join(lines) + "\n"


def failures(results: Iterable[Result]) -> str:
    """List what is not as expected, one line a case."""
    wrong = [r for r in results if r.problem]
    return "".join(f"{r.case.id}: {r.problem[:200]} ({r.case.section})\n" for r in wrong)


def _cell(passed: list[bool]) -> str:
    return f"{sum(passed)} of {len(passed)}"
