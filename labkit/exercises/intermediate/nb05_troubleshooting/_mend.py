"""What the checks of repairs share: is the fault there, was anything tried, does the work go?"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from labkit.common import Citation
from labkit.exercises import Verdict, Work, Wrong, blank, failed, passed

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
    mistakes: Mapping[str, Callable[[Work], bool]],
    shortcuts: Mapping[str, tuple[Callable[[Work], bool], str]] = MappingProxyType({}),
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
    mistakes
        By name, how to see that somebody has made it.
    shortcuts
        Mistakes with which the work goes, at somebody else's expense: how to see it, and what
        there is now.
    """
    steps = work.lab.faults.steps()
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
        for name, (made, there_is) in shortcuts.items():
            if made(work):
                fair = f"{expected}, and nobody else pays for it"
                return failed(expected=fair, got=there_is, rule=rule, mistake=name)
        return passed(f"{mended} {found[0].said}.", rule=rule)
    if not steps:
        return blank("Nothing has been changed yet: the work still fails.")
    for name, made in mistakes.items():
        if made(work):
            return failed(expected=expected, got=found[0].said, rule=rule, mistake=name)
    why = f"You changed something else ({'; '.join(steps[-3:])}), and the work fails as before."
    return failed(expected=expected, got=found[0].said, rule=rule, why=why)


def restarted(work: Work, node: str = "ARCHIVE") -> bool:
    """Whether the learner has stopped a node, to start it again."""
    return f"{node}: stopped" in work.lab.faults.steps()


def changed(work: Work, setting: str) -> bool:
    """Whether the learner has changed a setting, named as ``"MR1: port"``."""
    return any(
        setting in [f"{node}: {name}" for name in names.split(", ")]
        for node, _, names in (step.partition(": ") for step in work.lab.faults.steps())
    )
