"""What a workshop hands out: ``workshop.toml``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from labkit.common.errors import UsageError
from labkit.common.toml_file import TomlFile, no_such_key
from labkit.exercises.find import catalogue
from labkit.exercises.rules import Rules
from labkit.workshop.places import Workshop, checked_name

__all__ = ["Release", "Workshop", "checked_name", "hints_of", "read_release"]

SEED = 20260115
_MISSING = "Make the workshop first: labkit workshop release DIR --notebooks 'beginner/*'"


@dataclass(frozen=True)
class Release:
    """What learners get.

    Attributes
    ----------
    title
        Of the workshop.
    notebooks
        In the order in which they are worked through, each from the folder of the notebooks:
        ``"beginner/07_send.ipynb"``.
    hints
        How many hints of an exercise are shown at most; ``None`` for all.
    solutions
        Whether solutions are shown.
    seed
        Chooses the hidden variants of the marking.
    board
        Where the board is; ``""`` where none was named.
    points
        What an exercise is worth where that is not 1, by slug.
    """

    title: str
    notebooks: tuple[str, ...]
    hints: int | None = None
    solutions: bool = True
    seed: int = SEED
    board: str = ""
    points: Mapping[str, float] = field(default_factory=dict)

    @property
    def rules(self) -> Rules:
        """What the exercises may show."""
        return Rules(self.title, self.hints, self.solutions)

    def to_toml(self) -> str:
        """Return the text of ``workshop.toml``."""
        lines = [
            "# A workshop of labkit; docs/workshop.md says what each line does.",
            "[workshop]",
            f"title = {_quoted(self.title)}",
            f"board = {_quoted(self.board)}  # address of the board, where learners report",
            f"seed = {self.seed}  # chooses the hidden variants when marking",
            "",
            "[release]",
            "notebooks = [",
            *(f"    {_quoted(name)}," for name in self.notebooks),
            "]",
            f'hints = "{_hints_word(self.hints)}"  # all, none, or how many of each exercise',
            f"solutions = {str(self.solutions).lower()}",
            "",
            "[points]  # what an exercise is worth where that is not 1",
            *(f"{_quoted(slug)} = {worth:g}" for slug, worth in self.points.items()),
        ]
        return "\n".join(lines) + "\n"


def read_release(folder: Path) -> Release:
    """Read ``workshop.toml`` of a workshop's folder.

    Raises
    ------
    UsageError
        There is none, or something in it cannot be; names the line and what to write.
    """
    file = TomlFile.read(Workshop(folder).file, missing=_MISSING, environment={})
    file.sections(("workshop", "release", "points"))
    for name in ("workshop", "release"):
        if name not in file.data:
            raise UsageError(f"{file.path.name} has no [{name}].", remedy=_MISSING)
    about = file.section(_About, "workshop", file.data["workshop"])
    given = file.section(_Given, "release", file.data["release"])
    return Release(
        title=about.title,
        notebooks=given.notebooks,
        hints=hints_of(given.hints),
        solutions=given.solutions,
        seed=about.seed,
        board=about.board,
        points=_points(file),
    )


@dataclass(frozen=True)
class _About:
    title: str
    board: str = ""
    seed: int = SEED

    def __post_init__(self) -> None:
        if not self.title.strip():
            raise UsageError("title is empty.", remedy="Say what the workshop is called.")


@dataclass(frozen=True)
class _Given:
    notebooks: tuple[str, ...]
    hints: str = "all"
    solutions: bool = True

    def __post_init__(self) -> None:
        hints_of(self.hints)
        if not self.notebooks:
            raise UsageError(
                "notebooks is empty.", remedy='Name one at least: ["beginner/07_send.ipynb"].'
            )
        for name in self.notebooks:
            # It becomes part of a path of every learner: nothing may lead out of their folder.
            if not re.fullmatch(r"(?:[a-z]+/)?\d\d_[a-z0-9_]+\.ipynb", name):
                raise UsageError(
                    f"notebooks has {name!r}, which is no notebook of the workbook.",
                    remedy='Write them as "beginner/07_send.ipynb".',
                )


def hints_of(word: str) -> int | None:
    """Read how many hints are shown: ``"all"``, ``"none"`` or a number.

    Raises
    ------
    UsageError
        It is none of them.
    """
    plain = word.strip().lower()
    if plain == "all":
        return None
    if plain == "none":
        return 0
    if plain.isascii() and plain.isdigit():
        return int(plain)
    raise UsageError(
        f"hints cannot be {word!r}.", remedy='It is "all", "none", or a number such as "2".'
    )


def _hints_word(hints: int | None) -> str:
    return {None: "all", 0: "none"}.get(hints, str(hints))


def _points(file: TomlFile) -> dict[str, float]:
    known = [entry.slug for entry in catalogue()]
    table: dict[str, Any] = file.data.get("points", {})
    for slug, worth in table.items():
        if slug not in known:
            raise no_such_key(file.where("points", slug), "[points]", slug, known)
        if isinstance(worth, bool) or not isinstance(worth, (int, float)) or not 0 <= worth < 1e6:
            raise UsageError(
                f"{file.where('points', slug)}: [points] {slug} is no number of points.",
                remedy="It is a number from 0, without quotes.",
            )
    return {slug: float(worth) for slug, worth in table.items()}


def _quoted(text: str) -> str:
    """Return `text` as a TOML basic string (TOML 1.0, String)."""
    signs = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}
    made = "".join(
        signs.get(sign) or (f"\\u{ord(sign):04x}" if ord(sign) < 32 or ord(sign) == 127 else sign)
        for sign in text
    )
    return f'"{made}"'
