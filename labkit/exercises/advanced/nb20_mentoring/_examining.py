"""What both examinations share: scores as source, the usual examiners' mistakes, the verdict."""

from __future__ import annotations

from collections.abc import Mapping

from labkit.common import Citation
from labkit.exercises import Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.mentoring import Oral, Score, judge_scores, oral

HALO = """You gave the fluent candidate more than the lines hold, at more than one criterion: the
    halo effect. Cover the name, and read line by line what is claimed, and whether it is true."""
DOUBT = """You took points off for "I think" and "I am not sure", at more than one criterion. Doubt
    is not a mistake: mark what is said. Somebody who looks things up is safer than one who does
    not."""
LENGTH = """Your totals are in the order of how much the candidates said. Count what is in the
    lines, not the lines."""
UNSAID = """You gave points for what was not said, or for the opposite of what was said. "They
    surely know that" is a guess: ask a follow-up question, or mark what is there."""


def source(scores: Mapping[tuple[str, str], tuple[int, int]]) -> str:
    """Write scores as a learner does."""
    rows = [
        f'        Score("{who}", "{what}", {level}, line={line}),'
        for (who, what), (level, line) in scores.items()
    ]
    return "\n".join(["    scores = [", *rows, "    ]"])


def reference(name: str) -> dict[tuple[str, str], tuple[int, int]]:
    """Return the reference's scores, each with one of its lines."""
    return {key: (r.level, r.lines[0]) for key, r in oral(name).references.items()}


def halo(name: str, fluent: str) -> str:
    """Scores of somebody who likes the fluent one."""
    scores = reference(name)
    return source({k: (min(3, v[0] + 1), v[1]) if k[0] == fluent else v for k, v in scores.items()})


def doubting(name: str, unsure: str) -> str:
    """Scores of somebody who does not like doubt."""
    scores = reference(name)
    return source({k: (max(0, v[0] - 1), v[1]) if k[0] == unsure else v for k, v in scores.items()})


def generous(name: str, who: str, what: str) -> str:
    """Scores of somebody who marks what a good candidate surely knows."""
    return source({**reference(name), (who, what): (3, 0)})


def by_length(name: str) -> str:
    """Scores in the order of how much was said."""
    one = oral(name)
    longest = sorted(one.candidates, key=lambda candidate: candidate.words)
    level = {candidate.name: place + 1 for place, candidate in enumerate(longest)}
    return source({k: (level[k[0]], v[1]) for k, v in reference(name).items()})


def wrongs(name: str, *, fluent: str, unsure: str, unsaid: tuple[str, str]) -> tuple[Wrong, ...]:
    """Return the mistakes of examiners, made with this oral."""
    return (
        Wrong("halo", halo(name, fluent), HALO),
        Wrong("punished-doubt", doubting(name, unsure), DOUBT),
        Wrong("scored-the-unsaid", generous(name, *unsaid), UNSAID),
        Wrong("longer-is-better", by_length(name), LENGTH),
    )


def judge(
    work: Work, one: Oral, rule: Citation | list[Citation], *, fluent: str, unsure: str
) -> Verdict:
    """Compare the learner's scores with the reference, and say which line speaks against one."""
    scores = [each for each in work.answer if isinstance(each, Score)]
    if not scores:
        return blank("Nothing is scored yet.")
    result = judge_scores(one, scores, fluent=fluent, unsure=unsure)
    expected = "a level for each criterion, and the line that shows it"
    if result.missing:
        got = f"not scored: {'; '.join(result.missing[:4])}"
        return failed(expected=expected, got=got, rule=rule)
    why = " ".join(
        f"{s.candidate}, {s.criterion}: you gave {s.level}. {because}"
        for s, because in result.off[:3]
    )
    if result.habit:
        got = f"{len(result.off)} of {len(one.references)} scores differ"
        return failed(expected=expected, got=got, rule=rule, mistake=result.habit, why=why)
    if result.unshown:
        score, says = result.unshown[0]
        got = f"{score.candidate}, {score.criterion}: {score.level}, line {score.line}"
        return failed(expected=expected, got=got, rule=rule, why=says[0].upper() + says[1:])
    if not result.agrees:
        got = f"{len(result.off)} of {len(one.references)} scores differ"
        return failed(expected=expected, got=got, rule=rule, why=why)
    totals = ", ".join(f"{c.name} {_total(scores, c.name)}" for c in one.candidates)
    return passed(f"Another examiner can live with your scores: {totals} of 15. {why}".strip(),
                  rule=rule)  # fmt: skip


def _total(scores: list[Score], who: str) -> int:
    return sum(each.level for each in scores if each.candidate == who)
