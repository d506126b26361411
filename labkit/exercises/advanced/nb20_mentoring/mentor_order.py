"""Which finding first?

Nine findings, one meeting of half an hour. Put them in order, and defend one exception.
"""

from __future__ import annotations

import re
from typing import Any

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.advanced.nb20_mentoring._given import IMPORTS
from labkit.exercises.mentoring import CLASSES, planted

_RIGHT = """
    order = [
        "one-authority", "nobody-cross-references",
        "round-and-round",
        "line-in-the-clear", "title-of-nobody", "copies-outlive", "children-too-short",
        "busy-line", "idle-line",
    ]
    exception = "round-and-round"
    because = "of 2 objects more than 8 copies went round within seconds: nothing arrives by noon"
"""
_BY_CLASS = """
    order = [
        "one-authority", "nobody-cross-references",
        "line-in-the-clear", "title-of-nobody", "copies-outlive", "children-too-short",
        "round-and-round", "busy-line", "idle-line",
    ]
"""

EXERCISE = Exercise(
    given=IMPORTS,
    blank="""
    # The names, the most urgent first: patients mixed up or unseen, then law and privacy, then
    # work that stops, then money. One finding stands higher than its class: name it, and say why
    # with a number that was measured or reckoned.
    order = [...]   # "one-authority", "idle-line", "line-in-the-clear", "round-and-round", …
    exception = ...
    because = ...
    """,
    answer="(order, exception, because)",
    expects=tuple,
    reference=_RIGHT,
    explanation="""
        The order is that of harm that cannot be undone. A wrong person's images in a record are
        believed; a breach stays a breach; what stops can be started again; money comes back. An
        exception is a finding whose harm is now and grows: a loop takes the lines and the disks of
        everybody, and with them the images of the emergency room. An exception with a number is an
        argument, one without is a mood.
    """,
    hints=(
        "[(each.name, each.kind) for each in planted()] gives the classes; import planted from "
        "labkit.exercises.mentoring.",
        "Which finding of availability does harm today, and to everybody? It may go above law and "
        "privacy, never above mixed-up patients.",
        'exception = "round-and-round", right after the two of safety; because = what drive() '
        "and network.events counted, with the number.",
    ),
    wrong=(
        Wrong(
            "cheapest-first",
            _RIGHT.replace('"busy-line", "idle-line",', '"busy-line",').replace(
                '"one-authority", "nobody', '"idle-line", "one-authority", "nobody'
            ),
            """You begin with money. It is the finding that everybody understands, and it is what
            the meeting will be about until its end.""",
        ),
        Wrong(
            "loudest-first",
            _RIGHT.replace('        "round-and-round",\n', "").replace(
                '"one-authority", "nobody', '"round-and-round", "one-authority", "nobody'
            ),
            """You put what stops work before mixed-up patients. A loop is loud, and somebody will
            pull the plug. A wrong person's image is silent, and is acted on.""",
        ),
        Wrong(
            "no-exception",
            _BY_CLASS + '    exception = "round-and-round"\n    because = "it is now, 2 of 2"\n',
            """Your order is that of the classes, and nothing in it is moved. Which finding does
            more harm while you talk than the ones before it?""",
        ),
        Wrong(
            "without-a-number",
            re.sub(r'because = ".*"', 'because = "it feels more urgent to everybody"', _RIGHT),
            """Your exception has no number. Say how often, how much or how long: measured by
            drive() or network.events, or reckoned.""",
        ),
    ),
)

RULE = cite("IHE ITI TF-3", "4.2.3.1.7")


def check(work: Work) -> Verdict:
    """Compare with the classes, and look at what was moved."""
    if len(work.answer) != 3:
        return failed(expected="(order, exception, because)", got=work.answer, rule=RULE)
    order, exception, because = work.answer
    if ... in (exception, because) or not isinstance(order, list) or ... in order:
        return blank()
    kinds = {each.name: each.kind for each in planted()}
    if sorted(map(str, order)) != sorted(kinds):
        lacking = sorted(set(kinds) - set(map(str, order))) or ["none lacks: one is there twice"]
        return failed(expected="each of the nine once", got=", ".join(lacking), rule=RULE)
    ranks = [CLASSES.index(kinds[name]) for name in order]
    expected = "safety, law, availability, cost; one finding higher than its class"
    got = ", ".join(order[:4]) + " …"
    if kinds[order[0]] == "cost":
        return failed(expected=expected, got=got, rule=RULE, mistake="cheapest-first")
    if max(ranks[:2]) > 0:
        named = "loudest-first" if "availability" in {kinds[n] for n in order[:2]} else ""
        return failed(expected=expected, got=got, rule=RULE, mistake=named)
    rest = [rank for name, rank in zip(order, ranks, strict=True) if name != exception]
    if rest != sorted(rest):
        why = "Apart from the exception, a finding of a lower class stands above a higher one."
        return failed(expected=expected, got=got, rule=RULE, why=why)
    if ranks == sorted(ranks):
        return failed(expected=expected, got="no finding is moved", rule=RULE,
                      mistake="no-exception")  # fmt: skip
    return _defended(kinds, str(exception), because)


def _defended(kinds: dict[str, str], exception: str, because: Any) -> Verdict:
    if kinds.get(exception) != "availability":
        why = "What is moved does no harm to anybody today that would make the others wait."
        return failed(expected="a finding whose harm is now", got=exception, rule=RULE, why=why)
    reason = str(because)
    if not re.search(r"\d", reason) or len(reason.split()) < 5:
        return failed(expected="a reason with a number", got=reason, rule=RULE,
                      mistake="without-a-number")  # fmt: skip
    return passed(f"Patients first, and {exception} before the law's findings: {reason}.",
                  rule=RULE)  # fmt: skip
