"""A memo that holds

Recommend a style to the ministry. Every claim is checked against the runs, also those against you.
"""

from __future__ import annotations

from typing import Any

from labkit.common import cite
from labkit.exchange.experiment import QUANTITIES, STYLES, facts
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.advanced.nb13_centralised_or_federated._cells import GIVEN

_RIGHT = """
    known = facts(tried)

    def claim(style, quantity):
        return (style, quantity, known[style][quantity])

    memo = {
        "style": "hybrid",
        "because": [
            claim("hybrid", "bytes_to_store"),
            claim("hybrid", "own_lost_centre"),
            claim("hybrid", "images_on_worst_disk"),
        ],
        "against": [claim("hybrid", "priors_lost_hospital"), claim("hybrid", "messages")],
        "would_change": "priors_lost_hospital",
    }
"""

EXERCISE = Exercise(
    given=GIVEN,
    blank="""
    known = facts(tried)  # known[style][quantity]; QUANTITIES says what they are. Less is better.

    memo = {
        "style": ...,         # which you recommend
        "because": [],        # three or more (style, quantity, value)
        "against": [],        # what speaks against it: one or more (style, quantity, value)
        "would_change": ...,  # the quantity that would have to be another for you to decide anew
    }
    """,
    answer="memo",
    expects=dict,
    reference=_RIGHT,
    explanation="""
        No style is the best in all: whoever recommends one without a word against it has not
        looked, or does not say. Numbers come out of the run, not out of memory: so they are right
        again when the run is repeated. And a decision that nothing could change was none.
    """,
    hints=(
        "Fill in known[style][quantity] by itself, rather than numbers that you have read.",
        "Against your style speaks each quantity in which another style has less.",
        "For hybrid: bytes_to_store, own_lost_centre and images_on_worst_disk for it, "
        "priors_lost_hospital against it; that one would change it too.",
    ),
    wrong=(
        Wrong(
            "only-good-news",
            _RIGHT.replace(
                '[claim("hybrid", "priors_lost_hospital"), claim("hybrid", "messages")]', "[]"
            ),
            """The memo has nothing against its own advice. The ministry hears the other side from
            somebody else, and asks why you did not say it.""",
        ),
        Wrong(
            "harmless-objection",
            _RIGHT.replace(
                '[claim("hybrid", "priors_lost_hospital"), claim("hybrid", "messages")]',
                '[claim("hybrid", "own_lost_centre")]',
            ),
            """What you put against it is no disadvantage: no other style has less. An objection
            that costs nothing is there to look fair.""",
        ),
        Wrong(
            "typed",
            _RIGHT.replace(
                'claim("hybrid", "bytes_to_store"),', '("hybrid", "bytes_to_store", 90_000),'
            ),
            """A number is not that of the run. Take it from known[style][quantity]; a number that
            is typed is right once at most.""",
        ),
        Wrong(
            "nothing-would-change-it",
            _RIGHT.replace('"would_change": "priors_lost_hospital"', '"would_change": ""'),
            """You name nothing that would change the decision: the experiment was for show.""",
        ),
    ),
)

RULE = cite("IHE RAD TF-1", "18")


def check(work: Work) -> Verdict:
    """Hold each claim against the learner's own runs."""
    memo: dict[str, Any] = dict(work.answer)
    tried = work.namespace.get("tried")
    if memo.get("style", ...) is ... and not memo.get("because"):
        return blank()
    if not isinstance(tried, dict) or not tried:
        return failed(expected="tried, as the notebook made it", got="no runs", rule=RULE)
    known = facts(tried)
    style = memo.get("style")
    if style not in known:
        return failed(expected=f"one of {', '.join(STYLES)}", got=f"{style}", rule=RULE)
    because, against = list(memo.get("because") or ()), list(memo.get("against") or ())
    for said in (*because, *against):
        if not _true(said, known):
            return failed(
                expected="(style, quantity, value) with the value of known", got=f"{said}",
                rule=RULE, mistake="typed" if _names(said, known) else "",
            )  # fmt: skip
    if len({(one[0], one[1]) for one in because}) < 3:
        return failed(expected="three reasons", got=f"{len(because)}", rule=RULE)
    if not against:
        return failed(
            expected="what speaks against it", got="nothing", rule=RULE, mistake="only-good-news"
        )
    real = [one for one in against if one[0] == style and _beaten(known, style, one[1])]
    if not real:
        return failed(
            expected="a quantity in which another style has less", got=f"{against[0][1]}",
            rule=RULE, mistake="harmless-objection",
        )  # fmt: skip
    if memo.get("would_change") not in QUANTITIES:
        return failed(
            expected=f"one of {', '.join(QUANTITIES)}", got=f"{memo.get('would_change')!r}",
            rule=RULE, mistake="nothing-would-change-it",
        )  # fmt: skip
    return passed(
        f"Every number of the memo for {style} is one of the run, also those against it.", rule=RULE
    )


def _names(said: Any, known: dict[str, dict[str, float]]) -> bool:
    try:
        style, quantity, _ = said
    except (TypeError, ValueError):
        return False
    return style in known and quantity in known[style]


def _true(said: Any, known: dict[str, dict[str, float]]) -> bool:
    if not _names(said, known):
        return False
    style, quantity, value = said
    right = known[style][quantity]
    return isinstance(value, (int, float)) and abs(value - right) <= 0.005 * max(abs(right), 0.1)


def _beaten(known: dict[str, dict[str, float]], style: str, quantity: str) -> bool:
    return any(known[other][quantity] < known[style][quantity] for other in known)
