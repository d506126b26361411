"""An examiner's scores beside the reference: levels, the lines that show them, and habits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from labkit.exercises.mentoring.orals import Oral

TOLERANCE = 3
"""How many scores may be one level off: examiners who talk to each other agree so far."""


@dataclass(frozen=True)
class Score:
    """One mark, with the line of the transcript that shows it.

    Attributes
    ----------
    candidate, criterion
        By name.
    level
        0 to 3.
    line
        The line that shows it; 0: nothing was said of it.
    """

    candidate: str
    criterion: str
    level: int
    line: int = 0


@dataclass(frozen=True)
class Judged:
    """How an examiner did.

    Attributes
    ----------
    missing
        What was not scored: ``"Ashby, network"``.
    off
        Scores with another level than the reference, the farthest first, and why.
    unshown
        Scores whose line does not show what is scored, and why.
    habit
        What the mistakes have in common: ``"halo"``, ``"punished-doubt"``, ``"longer-is-better"``,
        ``"scored-the-unsaid"``; ``""`` where nothing.
    """

    missing: tuple[str, ...]
    off: tuple[tuple[Score, str], ...]
    unshown: tuple[tuple[Score, str], ...]
    habit: str

    @property
    def agrees(self) -> bool:
        """Whether another examiner can live with it."""
        return not (self.missing or self.unshown or self.habit) and len(self.off) <= TOLERANCE


def judge_scores(oral: Oral, scores: Sequence[Score], *, fluent: str, unsure: str) -> Judged:
    """Compare scores with the reference.

    Parameters
    ----------
    fluent, unsure
        The candidates who sound better, and worse, than what they say.
    """
    given = {(s.candidate, s.criterion): s for s in scores if isinstance(s, Score)}
    missing = tuple(", ".join(key) for key in oral.references if key not in given)
    off: list[tuple[Score, str]] = []
    unshown: list[tuple[Score, str]] = []
    for key, reference in oral.references.items():
        score = given.get(key)
        if score is None:
            continue
        if score.level != reference.level:
            off.append((score, reference.because))
        elif score.line not in reference.lines:
            line = f"line {score.line} says something else" if score.line else "no line is named"
            unshown.append((score, f"{line}. {reference.because}"))
    off.sort(key=lambda pair: -abs(pair[0].level - _level(oral, pair[0])))
    return Judged(missing, tuple(off), tuple(unshown), _habit(oral, off, given, fluent, unsure))


def _habit(
    oral: Oral,
    off: Sequence[tuple[Score, str]],
    given: dict[tuple[str, str], Score],
    fluent: str,
    unsure: str,
) -> str:
    higher = [score for score, _ in off if score.level > _level(oral, score)]
    lower = [score for score, _ in off if score.level < _level(oral, score)]
    far = [s for s, _ in off if abs(s.level - _level(oral, s)) > 1]
    if _by_length(oral, given) and (far or len(off) > TOLERANCE):
        return "longer-is-better"
    if sum(score.candidate == fluent for score in higher) > 1:
        return "halo"
    if sum(score.candidate == unsure for score in lower) > 1:
        return "punished-doubt"
    if any(score.line == 0 and score.level > 0 for score in higher) or len(far) > 0:
        return "scored-the-unsaid" if higher else "punished-doubt"
    return ""


def _by_length(oral: Oral, given: dict[tuple[str, str], Score]) -> bool:
    """Whether the candidates come out in the order of how much they said, and should not."""
    totals = {
        one.name: sum(given[one.name, c.name].level for c in oral.criteria)
        for one in oral.candidates
        if all((one.name, c.name) in given for c in oral.criteria)
    }
    if len(totals) < len(oral.candidates) or len(set(totals.values())) < len(totals):
        return False
    by_words = sorted(totals, key=lambda name: oral.candidate(name).words)
    return (
        by_words == sorted(totals, key=lambda name: totals[name]) != sorted(totals, key=oral.total)
    )


def _level(oral: Oral, score: Score) -> int:
    return oral.references[score.candidate, score.criterion].level
