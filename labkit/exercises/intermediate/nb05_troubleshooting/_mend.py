"""What the checks of repairs share: is the fault there, was anything tried, does the work go?"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from labkit.common import Citation
from labkit.exercises import Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.evidence import since

CLEARED = Wrong(
    "cleared",
    "lab.faults.clear()",
    """You took the fault away with lab.faults.clear() or lab.reset(). No hospital has that verb.
    Run the cell with the call again, find the cause and mend it.""",
)


def judge(
    work: Work,
    rule: Citation | list[Citation],
    *,
    mended: str,
    untouched: Callable[[Work], bool],
    mistakes: Mapping[str, Callable[[Work], bool]],
) -> Verdict:
    """Have the work done again, and say how it went.

    Parameters
    ----------
    work
        As the check got it.
    rule
        What decides.
    mended
        What to say where it works.
    untouched
        Whether all is still as the fault made it.
    mistakes
        By name, how to see that somebody has made it.
    """
    found = work.lab.faults.repaired()
    expected = "the work goes through when it is done again"
    if not len(found):
        return failed(
            expected="a fault that is mended",
            got="no fault is active",
            rule=rule,
            mistake=CLEARED.name,
        )
    if found:
        return passed(f"{mended} {found[0].said}.", rule=rule)
    for name, made in mistakes.items():
        if made(work):
            return failed(expected=expected, got=found[0].said, rule=rule, mistake=name)
    if untouched(work):
        return blank("Nothing has been changed yet: the work still fails.")
    return failed(expected=expected, got=found[0].said, rule=rule)


def restarted(work: Work, node: str = "ARCHIVE") -> bool:
    """Whether the learner has restarted a node and set nothing: the log says 'stopped'."""
    return "stopped" in work.lab.log(node, since=since(work))
