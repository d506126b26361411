"""Enough, and no more

Each measure costs work for years. Which is the first that stops what this site fears?
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations

from labkit.access.nodes.trial import Outcome, Outcomes
from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.advanced.nb09_node_authentication._nodes import IMPORTS

_RIGHT = """
    def enough(outcomes, feared):
        for measure in dict.fromkeys(each.measure for each in outcomes):
            stopped = {each.attacker for each in outcomes
                       if each.measure == measure and each.stopped}
            if set(feared) <= stopped:
                return measure
        return None
"""

EXERCISE = Exercise(
    given=IMPORTS,
    blank="""
    def enough(outcomes, feared):
        ...  # the first measure of the table that stops every attacker in `feared`;
             # None if none does

    # outcomes: one .measure, .attacker, .stopped each, measures from the cheapest on
    """,
    answer="enough",
    expects=Callable,  # type: ignore[arg-type]
    reference=_RIGHT,
    explanation="""
        A measure is chosen by what it stops, and not by its name. For a sniffer TLS of the server
        is enough; for a node that is taken over none of these is, and the answer is elsewhere: few
        services, few destinations, an audit that somebody reads. None is an answer that a risk
        assessment has to be able to give.
    """,
    hints=(
        "Go through the measures in the table's order, and collect for each whom it stops.",
        "Every feared attacker has to be among them: a subset, set(feared) <= stopped.",
        "Return the first measure for which that holds, and None after the loop.",
    ),
    wrong=(
        Wrong(
            "stops-one-of-them",
            _RIGHT.replace("set(feared) <= stopped", "set(feared) & stopped"),
            """That measure stops one of them. The others walk in.""",
        ),
        Wrong(
            "stops-most",
            """
    def enough(outcomes, feared):
        measures = list(dict.fromkeys(each.measure for each in outcomes))
        return max(measures, key=lambda measure: sum(
            each.stopped for each in outcomes if each.measure == measure))
""",
            """You took what stops most in all. It may cost more than is needed, and it is given as
            an answer where nothing is enough.""",
        ),
        Wrong(
            "always-an-answer",
            _RIGHT.replace("return None", "return measure"),
            """Where nothing stops them all you name a measure. Somebody will buy it, and believe
            that it does.""",
        ),
    ),
)  # fmt: skip

RULE = cite("PS3.15", "B.12")
_NAMES = ("listener", "guest", "thief", "insider")
_STOPPED = {"list": {"guest"}, "TLS": {"listener"}, "both": {"listener", "guest"},
            "all": {"listener", "guest", "thief"}}  # fmt: skip


def check(work: Work) -> Verdict:
    """Ask for every set of attackers of a made-up table."""
    table = Outcomes(
        Outcome(measure, name, "" if name in stopped else "has it")
        for measure, stopped in _STOPPED.items() for name in _NAMES
    )  # fmt: skip
    for count in (2, 1, 3, 4):
        for feared in combinations(_NAMES, count):
            got = work.call(table, feared)
            if got is ... or (got is None and feared == _NAMES[:2]):
                return blank()
            wanted = next((m for m, s in _STOPPED.items() if set(feared) <= s), None)
            if got != wanted:
                return failed(expected=f"{wanted!r} for {', '.join(feared)}", got=repr(got),
                              rule=RULE, mistake=_mistake(work, table))  # fmt: skip
    return passed("Enough for each fear, and none where none is.", rule=RULE)


def _mistake(work: Work, table: Outcomes) -> str:
    pair = work.call(table, _NAMES[:2])
    if not isinstance(pair, str):
        return ""
    if pair == "list":
        return "stops-one-of-them"
    if pair == "all":
        return "stops-most"
    return "always-an-answer" if work.call(table, _NAMES) is not None else ""
