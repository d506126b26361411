"""The notebook cell of an exercise, made of its file."""

from __future__ import annotations

import re

from labkit.exercises.find import Loaded

_MARK = re.compile(r"# exercise: (\S+)")


def compose(loaded: Loaded) -> str:
    """Return the cell as shipped: its name, the blank, and the call of the check."""
    return f"{mark(loaded.entry.slug)}\n\n{loaded.exercise.blank}\n\n{call(loaded)}"


def call(loaded: Loaded) -> str:
    """Return the last line of the cell."""
    answer = loaded.exercise.answer
    return f'check("{loaded.entry.slug}", {answer})' if answer else f'check("{loaded.entry.slug}")'


def mark(slug: str) -> str:
    """Return the first line of an exercise's cell."""
    return f"# exercise: {slug}"


def slug_of(source: str) -> str | None:
    """Return the exercise whose cell `source` is, or ``None`` for any other cell."""
    found = _MARK.match(source)
    return found.group(1) if found else None
