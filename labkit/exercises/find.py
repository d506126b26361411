"""Find exercises: one file each, ``<track>/nbNN_name/<slug>.py``, in no list anywhere.

Only file names are read until an exercise is asked for, so `check` in a notebook imports one file.
"""

from __future__ import annotations

import ast
import difflib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import cast

from labkit.common.errors import UsageError
from labkit.exercises.model import Exercise, Verdict, Work

TRACKS = ("start", "beginner", "intermediate", "advanced")
PACKAGE = "labkit.exercises"


@dataclass(frozen=True)
class Entry:
    """An exercise as its file name gives it.

    Attributes
    ----------
    slug
        The file's name with hyphens; unique over all tracks.
    track
        One of `TRACKS`.
    notebook
        The folder, which is the notebook's name: ``"nb07_send"``.
    path
        The file.
    """

    slug: str
    track: str
    notebook: str
    path: Path

    @property
    def title(self) -> str:
        """The first line of the file's docstring."""
        tree = ast.parse(self.path.read_text(encoding="utf-8"))
        text = (ast.get_docstring(tree) or "").strip()
        if not text:
            raise UsageError(
                f"{self.path.name} has no docstring",
                remedy="begin the file with one; its first line is the exercise's title",
            )
        return text.splitlines()[0].rstrip(".")

    @property
    def module(self) -> str:
        """The dotted name that the file is imported by."""
        return f"{PACKAGE}.{self.track}.{self.notebook}.{self.path.stem}"

    def load(self) -> Loaded:
        """Import the file.

        Raises
        ------
        UsageError
            It lacks ``EXERCISE`` or ``check``, or a part of the exercise is not right.
        """
        try:
            module = import_module(self.module)
        except UsageError as error:
            raise UsageError(f"{self.path.name}: {error.message}", remedy=error.remedy) from error
        exercise = getattr(module, "EXERCISE", None)
        check = getattr(module, "check", None)
        if not isinstance(exercise, Exercise) or not callable(check):
            raise UsageError(
                f"{self.path.name} must have EXERCISE = Exercise(...) and def check(work)",
                remedy="see docs/authoring.md, Exercises",
            )
        return Loaded(self, self.title, exercise, cast("Callable[[Work], Verdict]", check))


@dataclass(frozen=True)
class Loaded:
    """An exercise whose file has been imported."""

    entry: Entry
    title: str
    exercise: Exercise
    check: Callable[[Work], Verdict]


def folder() -> Path:
    """Return the folder that holds the tracks."""
    return Path(__file__).resolve().parent


@lru_cache(maxsize=8)
def catalogue(root: Path | None = None) -> tuple[Entry, ...]:
    """List all exercises in the order of the workbook: by track, notebook and file name.

    Raises
    ------
    UsageError
        Two files have one slug.
    """
    entries = tuple(_walk(root or folder()))
    by_slug: dict[str, Entry] = {}
    for entry in entries:
        other = by_slug.setdefault(entry.slug, entry)
        if other is not entry:
            raise UsageError(
                f"two exercises are called {entry.slug}: in {other.notebook} and {entry.notebook}",
                remedy="rename one of the two files; a slug is unique over all notebooks",
            )
    return entries


def find(slug: str, root: Path | None = None) -> Entry:
    """Return the exercise of that name.

    Raises
    ------
    UsageError
        There is none; the remedy names close ones.
    """
    entries = {entry.slug: entry for entry in catalogue(root)}
    if isinstance(slug, str) and slug in entries:
        return entries[slug]
    wanted = slug.strip().lower().replace("_", "-") if isinstance(slug, str) else ""
    close = difflib.get_close_matches(wanted, entries, n=3, cutoff=0.5)
    raise UsageError(
        f"there is no exercise called {slug!r}",
        remedy=f"did you mean {' or '.join(map(repr, close))}?"
        if close
        else "its name is in the first line of its cell; `labkit exercises list` shows all",
    )


def _walk(root: Path) -> Iterator[Entry]:
    for track in TRACKS:
        for path in sorted((root / track).glob("nb*/*.py")):
            if not path.name.startswith("_"):
                yield Entry(path.stem.replace("_", "-"), track, path.parent.name, path)
