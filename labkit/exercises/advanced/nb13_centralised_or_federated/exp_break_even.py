"""How many reads until the centre pays

Centralised sends everything once. From how many reads of priors on does that save bytes?
"""

from __future__ import annotations

from collections.abc import Callable

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.advanced.nb13_centralised_or_federated._cells import IMPORTS

_RIGHT = """
    def break_even(store, central_read, other_read):
        saved = other_read - central_read
        return store / saved if saved > 0 else None
"""

EXERCISE = Exercise(
    given=IMPORTS,
    blank="""
    def break_even(store, central_read, other_read):
        ...  # reads for each study that is made; None where there is no such number

    # store: bytes on lines to store one study centrally
    # central_read, other_read: bytes on lines of one read, centralised and in the other style
    """,
    answer="break_even",
    expects=Callable,  # type: ignore[arg-type]
    reference=_RIGHT,
    explanation="""
        With r reads of priors for each study centralised costs store + r * central_read, the other
        r * other_read. They are equal at store / (other_read - central_read). Over a mesh a read
        costs the same in both, and the centre never pays in bytes; over a star about one read for
        each study does it. Bytes are one of several costs: this is no decision yet.
    """,
    hints=(
        "Write what r reads cost in each style, and set both equal.",
        "store + r * central_read == r * other_read",
        "store / (other_read - central_read); where a read saves nothing there is no such number: "
        "return None.",
    ),
    wrong=(
        Wrong(
            "central-reads-are-free",
            """
            def break_even(store, central_read, other_read):
                return store / other_read if other_read > central_read else None
            """,
            """You left out that a read from the centre goes over a line too. The centre looks
            better than it is.""",
        ),
        Wrong(
            "negative-reads",
            """
            def break_even(store, central_read, other_read):
                saved = other_read - central_read
                return store / saved if saved else None
            """,
            """Where a read in the other style is the cheaper one, there is no number of reads that
            pays the centre back. A negative number in a table is read by somebody as "at once".""",
        ),
        Wrong(
            "whole-reads",
            """
            def break_even(store, central_read, other_read):
                saved = other_read - central_read
                return store // saved if saved > 0 else None
            """,
            """Reads for each study are a mean: 0.3 is a usual one. Rounded down to whole reads,
            half of all regions end up on the wrong side.""",
        ),
    ),
)

RULE = cite("IHE RAD TF-1", "18")


def check(work: Work) -> Verdict:
    """Try it on numbers for each branch, then on the learner's own runs."""
    tries = (
        ((100.0, 100.0, 200.0), 1.0),
        ((100.0, 50.0, 450.0), 0.25),
        ((100.0, 100.0, 100.0), None),
        ((100.0, 120.0, 100.0), None),
        ((300.0, 40.0, 160.0), 2.5),
    )
    for given, right in tries:
        got = work.call(*given)
        if got is ... or (got is None and given == tries[0][0]):
            return blank()
        if got != right and (got is None or right is None or abs(got - right) > 1e-9):
            return failed(
                expected=f"for {given}: {right}", got=f"{got}", rule=RULE,
                mistake=_mistake(given, got),
            )  # fmt: skip
    return passed(
        "At that many reads both put the same bytes on lines; and where there is none, you say so.",
        rule=RULE,
    )


def _mistake(given: tuple[float, float, float], got: object) -> str:
    store, central, other = given
    if not isinstance(got, (int, float)):
        return ""
    if got < 0:
        return "negative-reads"
    if got == store / other:
        return "central-reads-are-free"
    return "whole-reads" if other != central and got == store // (other - central) else ""
