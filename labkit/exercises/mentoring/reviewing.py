"""Review comments as data: which mistake each is about, and whether it can be worked with."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from labkit.exercises.mentoring.planted import Planted, planted, right, sections

_BLAMES = re.compile(
    r"\b(careless\w*|sloppy|obvious(ly)?|stupid\w*|lazy|incompeten\w*|amateur\w*|beginner'?s?|alderkin"
    r"|anyone knows|everybody knows|should have known"
    r"|you (always|never|forgot|should|did not|didn't|failed|made|broke|ignored|clearly))\b",
    re.IGNORECASE,
)
_PLACE = re.compile(r"(?:[\w.]+)?:(\d+)|\[+\s*(\w+)\s*\]+")


@dataclass(frozen=True)
class Comment:
    """One comment of a review.

    Attributes
    ----------
    at
        Where: ``"handed_over.toml:42"``, or ``"[cloud]"`` for a section that is not there.
    sees
        What is written, or missing, there.
    follows
        What it leads to, for whom.
    rule
        Why: a section of a standard, a law, a sum, or what was measured.
    asks
        What the colleague is asked.
    """

    at: str
    sees: str
    follows: str
    rule: str
    asks: str

    @property
    def line(self) -> int:
        """The number of the line; 0 where there is none."""
        found = _PLACE.search(self.at)
        return int(found.group(1)) if found and found.group(1) else 0

    @property
    def section(self) -> str:
        """The section, of a place that is one."""
        found = _PLACE.search(self.at)
        return found.group(2) if found and found.group(2) else ""

    @property
    def fault(self) -> str:
        """What makes it a comment that nobody can work with; ``""`` for a good one.

        ``"no-place"``, ``"blames-the-person"``, ``"no-consequence"``, ``"repair-without-reason"``
        or ``"asks-nothing"``.
        """
        if not self.line and not self.section:
            return "no-place"
        if _BLAMES.search(" ".join((self.sees, self.follows, self.rule, self.asks))):
            return "blames-the-person"
        if len(self.follows.split()) < 4 or self.follows.strip() == self.sees.strip():
            return "no-consequence"
        if len(self.rule.split()) < 2:
            return "repair-without-reason"
        return "" if "?" in self.asks else "asks-nothing"


@dataclass(frozen=True)
class Review:
    """What a review comes to.

    Attributes
    ----------
    unusable
        Comments that nobody can work with, each with what is the matter.
    found
        Mistake to the comment that names it.
    missed
        Mistakes that nobody named.
    alarms
        Comments on what is right, each with why it is.
    elsewhere
        Comments at the place of a mistake that say what it does not lead to.
    """

    unusable: tuple[tuple[Comment, str], ...]
    found: dict[str, Comment]
    missed: tuple[Planted, ...]
    alarms: tuple[tuple[Comment, str], ...]
    elsewhere: tuple[Comment, ...]


def review(comments: Sequence[Comment]) -> Review:
    """Compare a review with what is wrong with the design."""
    known = planted()
    found: dict[str, Comment] = {}
    alarms: list[tuple[Comment, str]] = []
    elsewhere: list[Comment] = []
    for comment in comments:
        meant = _meant(comment, known)
        if meant is not None and _says(comment, meant):
            found.setdefault(meant.name, comment)
        elif meant is not None:
            elsewhere.append(comment)
        else:
            alarms.append((comment, _why_right(comment)))
    return Review(
        tuple((comment, comment.fault) for comment in comments if comment.fault),
        found,
        tuple(each for each in known if each.name not in found),
        tuple(alarms),
        tuple(elsewhere),
    )


def _meant(comment: Comment, known: Sequence[Planted]) -> Planted | None:
    """The mistake at that line; else one of the same section whose consequence it names."""
    if comment.section:
        return next((each for each in known if each.section == comment.section), None)
    at = [each for each in known if comment.line in each.lines]
    if at:
        return at[0]
    if any(comment.line in each.lines for each in right()):
        return None
    every = sections()
    here = every[comment.line - 1] if 0 < comment.line <= len(every) else ""
    near = [each for each in known if each.section == here and _says(comment, each)]
    return near[0] if near else None


def _says(comment: Comment, each: Planted) -> bool:
    return any(stem in comment.follows.lower() for stem in each.stems)


def _why_right(comment: Comment) -> str:
    for each in right():
        if comment.line in each.lines:
            return each.why
    return "Nothing at that place is wrong in itself; the risk that is left is named in the note."
