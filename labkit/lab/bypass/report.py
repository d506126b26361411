"""The attempts as a table, for a terminal and for docs/security.md."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from labkit.common.errors import UsageError
from labkit.lab.bypass.attempt import Tried

BEGIN = "<!-- bypass: begin (labkit bypass --page docs/security.md) -->"
END = "<!-- bypass: end -->"


def table(tried: Sequence[Tried]) -> str:
    """Return a Markdown table, one line an attempt."""
    rows = ["| attempt | door | what is tried | succeeded |", "|---|---|---|---|"]
    for each in tried:
        said = " ".join(each.says.split()).replace("|", "\\|")
        outcome = "**yes**" if each.succeeded else "no"
        rows.append(f"| `{each.name}` | {each.target} | {said} | {outcome} |")
    return "\n".join(rows)


def into_page(page: Path, tried: Sequence[Tried]) -> None:
    """Put the table between its marks.

    Raises
    ------
    UsageError
        The page has no such marks.
    """
    text = page.read_text(encoding="utf-8")
    place = re.search(r"<!-- bypass: begin\b.*?-->.*?<!-- bypass: end -->", text, re.DOTALL)
    if place is None:
        raise UsageError(f"{page.name} has no place for the table.",
                         remedy=f"Write {BEGIN} and {END} into it.")  # fmt: skip
    through = sum(each.succeeded for each in tried)
    said = f"{len(tried)} attempts, {through} succeeded."
    made = f"{BEGIN}\n{said}\n\n{table(tried)}\n{END}"
    page.write_text(text[: place.start()] + made + text[place.end() :], encoding="utf-8")
