"""The design that was handed over: what is wrong with it, and what only looks wrong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from labkit.common.html_table import preformatted
from labkit.exercises.mentoring.data_files import data, text

DESIGN = "handed_over.toml"
CLASSES = ("safety", "law", "availability", "cost")
"""What a finding is about, the most urgent first: patients mixed up or unseen; law and privacy;
work that stops; money."""


@dataclass(frozen=True)
class Planted:
    """A mistake in the design.

    Attributes
    ----------
    name, title
        How it is called, in a word and in a sentence.
    kind
        One of `CLASSES`.
    lines
        Numbers of the lines at which it may be named, the best first; none for a section that
        is not there.
    section
        The section that it is about.
    by
        What shows it: ``"check_design"``, ``"driving"``, ``"reckoning"`` or ``"reading"``.
    stems
        Words of its consequence; a comment that has none of them is about something else.
    hint
        Where to look, for one who has missed it.
    rule
        Where it is written, or which sum it is.
    """

    name: str
    title: str
    kind: str
    lines: tuple[int, ...]
    section: str
    by: str
    stems: tuple[str, ...]
    hint: str
    rule: str


@dataclass(frozen=True)
class Right:
    """Something that looks odd and is right: at which lines, and why."""

    lines: tuple[int, ...]
    why: str


@dataclass(frozen=True)
class Numbered:
    """A text whose lines have numbers, as a review tool shows it."""

    name: str
    text: str

    def __repr__(self) -> str:
        lines = self.text.splitlines()
        return "\n".join(f"{n:>4}  {line}".rstrip() for n, line in enumerate(lines, 1))

    def _repr_html_(self) -> str:
        return preformatted(repr(self))


def handed_over_text() -> str:
    """Return the design as the colleague wrote it."""
    return text(DESIGN)


def handed_over() -> Numbered:
    """Return the design with the number of each line."""
    return Numbered(DESIGN, handed_over_text())


def sections() -> list[str]:
    """Return for each line of the design its section, numbered where there are several."""
    found, here, counts = [], "", dict[str, int]()
    lines = handed_over_text().splitlines()
    for line in lines:
        if line.startswith("["):
            word = line.strip("[] ")
            counts[word] = counts.get(word, 0) + 1
            here = f"{word} {counts[word]}" if line.startswith("[[") else word
        found.append(here)
    return found


def planted() -> tuple[Planted, ...]:
    """Return the mistakes, the most urgent first."""
    return tuple(_planted(each) for each in data("planted.toml")["planted"])


def right() -> tuple[Right, ...]:
    """Return what is right although it looks odd."""
    found = []
    for each in data("planted.toml")["right"]:
        lines = [n for word in (each["line"], *each.get("near", ())) for n in _lines(word)]
        found.append(Right(tuple(lines), each["why"]))
    return tuple(found)


def _planted(each: dict[str, Any]) -> Planted:
    after = _lines(each["after"])[0] if "after" in each else 0
    own = [n for n in _lines(each["line"]) if n > after][:1] if "line" in each else []
    lines = (*own, *(n for word in each.get("also", ()) for n in _lines(word)))
    section = each.get("section") or sections()[lines[0] - 1]
    return Planted(
        each["name"], each["title"], each["class"], lines, section, each["by"],
        tuple(each["follows"]), each["hint"], each["rule"],
    )  # fmt: skip


def _lines(beginning: str) -> list[int]:
    lines = handed_over_text().splitlines()
    return [n for n, line in enumerate(lines, 1) if line.startswith(beginning)]
