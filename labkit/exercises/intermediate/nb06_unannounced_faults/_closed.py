"""What the checks of unannounced cases share: a debrief that is real, and what it has to show."""

from __future__ import annotations

from labkit.common import Citation
from labkit.exercises import Verdict, Work, Wrong, failed, passed
from labkit.lab.faults.debrief import Debrief, Finding

ENOUGH = 70
GAVE_UP = Wrong(
    "gave-up",
    "result = lab.faults.debrief(give_up=True)",
    """You ended the case unrepaired. The images of the caller are still not there, and the next
    one who is on call begins where you began. Run the cell with the call again: same seed, same
    case.""",
)
GUESSED = "no-evidence"
GUESSED_SAYS = """You named it without evidence, or with evidence that does not show it. A guess
    that happens to be right teaches nobody, and cannot be told to the vendor. Run the cell with
    the call again, and collect log lines, traces and work before you repair."""
UNNAMED = "not-named"
UNNAMED_SAYS = """You repaired it, and did not say what it was: nobody will know when it comes
    back. Run the cell with the call again, and call lab.faults.diagnose before the debrief."""
MISNAMED = "another-name"
MISNAMED_SAYS = """You repaired it, and gave it another name. The report that the next one reads
    says the wrong thing. lab.faults.list() has every name with its title, and the evidence that
    `diagnose` calls "shows it" is that of the name you gave. Run the cell with the call again."""


def judge(work: Work, level: int, seed: int, rule: Citation) -> Verdict:
    """Look at the debrief that the learner hands in.

    Parameters
    ----------
    level, seed
        Of the case.
    rule
        What decides.
    """
    result: Debrief = work.answer
    expected = f"the case of level {level}, named, shown and repaired: {ENOUGH} points or more"
    got = "; ".join(_state(finding) for finding in result.findings)
    got = f"{result.score} points. {got}"
    if (result.level, result.seed) != (level, seed):
        got = f"the debrief of case {result.seed}, level {result.level}"
        return failed(expected=expected, got=got, rule=rule)
    if not all(finding.repaired for finding in result.findings):
        return failed(expected=expected, got=got, rule=rule, mistake=GAVE_UP.name)
    if not all(finding.found for finding in result.findings):
        return failed(
            expected=expected, got=got, rule=rule, mistake=MISNAMED if result.wrong else UNNAMED
        )
    if not all(finding.supporting for finding in result.findings):
        return failed(expected=expected, got=got, rule=rule, mistake=GUESSED)
    if result.score < ENOUGH:
        off = [f"{what} {points}" for what, points in result.points.items() if points < 0]
        why = f"What cost points: {', '.join(off) or 'too little evidence'}."
        return failed(expected=expected, got=got, rule=rule, why=why)
    return passed(f"Found, shown and repaired: {result.score} of 100.", rule=rule)


def _state(finding: Finding) -> str:
    named = "named" if finding.found else "not named"
    shown = "shown" if finding.supporting else "not shown"
    return f"{finding.name}: {named}, {shown}, {'' if finding.repaired else 'not '}repaired"
