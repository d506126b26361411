"""What the checks of unannounced cases share: a debrief that is real, and what it has to show."""

from __future__ import annotations

from labkit.common import Citation
from labkit.exercises import Verdict, Work, Wrong, failed, passed
from labkit.lab.faults.debrief import Debrief

ENOUGH = 70
GAVE_UP = Wrong(
    "gave-up",
    "result = lab.faults.debrief(give_up=True)",
    """You ended the case unrepaired. The images of the caller are still not there, and the next
    one who is on call begins where you began.""",
)
GUESSED = "no-evidence"
GUESSED_SAYS = """You named it without evidence, or with evidence that does not show it. A guess
    that happens to be right teaches nobody, and cannot be told to the vendor."""
UNNAMED = "not-named"
UNNAMED_SAYS = (
    """You repaired it, and did not say what it was: nobody will know when it comes back."""
)


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
    got = f"{result.score} points"
    if (result.level, result.seed) != (level, seed):
        got = f"the debrief of case {result.seed}, level {result.level}"
        return failed(expected=expected, got=got, rule=rule)
    if not all(finding.repaired for finding in result.findings):
        return failed(expected=expected, got=got, rule=rule, mistake=GAVE_UP.name)
    if not all(finding.found for finding in result.findings):
        return failed(expected=expected, got=got, rule=rule, mistake=UNNAMED)
    if not all(finding.supporting for finding in result.findings):
        return failed(expected=expected, got=got, rule=rule, mistake=GUESSED)
    if result.score < ENOUGH:
        return failed(expected=expected, got=got, rule=rule)
    return passed(f"Found, shown and repaired: {result.score} of 100.", rule=rule)
