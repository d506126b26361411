"""Everybody is asked, somebody is asleep

Each of 200 doors answers 99.95 % of the time. How often does a search wait for the timeout?
"""

from __future__ import annotations

from collections.abc import Callable

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.advanced.nb13_centralised_or_federated._cells import IMPORTS

_RIGHT = """
    def waits(doors, available):
        return 1 - available ** doors
"""

EXERCISE = Exercise(
    given=IMPORTS,
    blank="""
    def waits(doors, available):
        ...  # share of searches in which at least one of the doors does not answer

    # waits(199, 0.9995)
    """,
    answer="waits",
    expects=Callable,  # type: ignore[arg-type]
    reference=_RIGHT,
    explanation="""
        All doors answer with the probability available ** doors, if they fail one by one. 99.95 %
        is about four hours and a half in a year: few would complain of one such door. Asked
        together, 199 of them make nearly one search in ten wait, and the 95th percentile is the
        timeout itself. The median does not move: a mean or a median hides what users complain of.
    """,
    hints=(
        "What is the probability that all of them answer?",
        "Independent doors multiply: available * available * …",
        "1 - available ** doors",
    ),
    wrong=(
        Wrong(
            "one-door",
            """
            def waits(doors, available):
                return 1 - available
            """,
            """That is one door. The search waits for the slowest of all that it has asked.""",
        ),
        Wrong(
            "added-up",
            """
            def waits(doors, available):
                return doors * (1 - available)
            """,
            """You added the shares up. That counts searches with two silent doors twice, and with
            many doors it is more than 100 %.""",
        ),
        Wrong(
            "all-asleep",
            """
            def waits(doors, available):
                return (1 - available) ** doors
            """,
            """That is the share of searches in which nobody answers at all. One silent door is
            enough to wait.""",
        ),
    ),
)

RULE = cite("IHE ITI TF-2", "3.38.4.1.3")
_CASES = ((3, 0.9), (199, 0.9995), (199, 0.9), (1, 0.99))


def check(work: Work) -> Verdict:
    """Try some doors, the last of them the model's region."""
    for doors, available in _CASES:
        got = work.call(doors, available)
        if got is None or got is ...:
            return blank()
        right = 1 - available**doors
        if abs(float(got) - right) > 1e-6:
            made = {
                "one-door": 1 - available, "added-up": doors * (1 - available),
                "all-asleep": (1 - available) ** doors,
            }  # fmt: skip
            mistake = next((n for n, v in made.items() if abs(float(got) - v) < 1e-6), "")
            return failed(
                expected=f"{doors} doors at {available:.2%}: {right:.3f}", got=f"{float(got):.3f}",
                rule=RULE, mistake=mistake,
            )  # fmt: skip
    return passed(
        f"{waits_of_region():.1%} of searches wait, and the model's seeds lie around that.",
        rule=RULE,
    )


def waits_of_region() -> float:
    """Return the share in the model's region."""
    return float(1 - 0.9995**199)
