"""Until when is it kept?

Write the rule that decides when a study may be deleted, and nobody deletes too early.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed

_RIGHT = """
    def kept_until(taken, born, years, adult, hold):
        if hold or taken is None or born is None:
            return None
        return max(taken.replace(year=taken.year + years), born.replace(year=born.year + adult))
"""

EXERCISE = Exercise(
    given="    from datetime import date\n",
    blank="""
        def kept_until(taken, born, years, adult, hold):
            ...  # a date; None: may not be deleted, whatever the day is

        # taken, born: Study Date and birth date, None where nobody knows
        # years: kept after the study. adult: a child's images are kept until this age at least.
        # hold: why a court wants it kept, or ""
    """,
    answer="kept_until",
    expects=Callable,  # type: ignore[arg-type]
    reference=_RIGHT,
    explanation="""
        The longest of all periods that apply counts, a hold stands above all of them, and what is
        not known is not guessed: a study without a birth date may be a child's. How many years it
        is the law of the place says, and it is another in each country and state; the store's own
        life cycle rules know nothing of children and courts, so that it is not they who delete.
    """,
    hints=(
        "Which of two periods counts for an infant whose hand was X-rayed?",
        "What is the safe answer where the birth date is missing?",
        "None for a hold or a missing date; else the later of the two dates.",
    ),
    wrong=(
        Wrong(
            "forgets-children",
            """
    def kept_until(taken, born, years, adult, hold):
        return None if hold else taken and taken.replace(year=taken.year + years)
""",
            "You counted from the study alone. An infant's images are gone at the age of ten.",
        ),
        Wrong(
            "forgets-hold",
            _RIGHT.replace("hold or taken", "taken"),
            "You forgot the hold. Evidence is deleted on the day that the period ends.",
        ),
        Wrong(
            "unknown-is-adult",
            """
    def kept_until(taken, born, years, adult, hold):
        if hold or taken is None:
            return None
        until = taken.replace(year=taken.year + years)
        return until if born is None else max(until, born.replace(year=born.year + adult))
""",
            """A patient without a birth date counts as grown up. Emergency patients and newborn
            children come without one.""",
        ),
        Wrong(
            "the-shorter",
            _RIGHT.replace("max(", "min("),
            "You took the shorter period. Both have to be over.",
        ),
    ),
)

RULE = (cite("GDPR", "Article 5(1)(e)"), cite("GDPR", "Article 17(3)(b)"))
_TAKEN = date(2024, 6, 1)
_CASES: tuple[tuple[tuple[Any, ...], date | None, str], ...] = (
    ((_TAKEN, date(1950, 1, 1), 10, 28, ""), date(2034, 6, 1), "the-shorter"),
    ((_TAKEN, date(2023, 3, 1), 10, 28, ""), date(2051, 3, 1), "forgets-children"),
    ((_TAKEN, date(1950, 1, 1), 10, 28, "case 12/26"), None, "forgets-hold"),
    ((_TAKEN, None, 10, 28, ""), None, "unknown-is-adult"),
    ((None, date(1950, 1, 1), 10, 28, ""), None, ""),
    ((_TAKEN, date(2023, 3, 1), 30, 28, ""), date(2054, 6, 1), ""),
)


def check(work: Work) -> Verdict:
    """Hand it an adult, a child, a hold, and what nobody knows."""
    for given, wanted, mistake in _CASES:
        got = work.call(*given)
        if given is _CASES[0][0] and (got is None or got is ...):
            return blank("It returns nothing yet.")
        if got != wanted:
            return failed(
                expected=wanted or "None: not at all", got=got, rule=RULE, mistake=mistake
            )
    return passed("Both periods have to be over, and nobody may hold it.", rule=RULE)
