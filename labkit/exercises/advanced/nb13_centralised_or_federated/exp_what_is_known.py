"""Counted, fitted, checked, assumed

A slide shows six figures. Which of them is a measurement?
"""

from __future__ import annotations

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.advanced.nb13_centralised_or_federated._cells import IMPORTS

_RIGHT = """
    known = {
        "A": "counted",
        "B": "fitted",
        "C": "checked",
        "D": "assumed",
        "E": "assumed",
        "F": "counted",
    }
"""

EXERCISE = Exercise(
    given=IMPORTS,
    blank="""
    known = {"A": ..., "B": ..., "C": ..., "D": ..., "E": ..., "F": ...}

    # "counted"  by real nodes, in this notebook or on the page
    # "fitted"   the model agrees with runs that it was fitted to
    # "checked"  the model agrees with real runs that it was not fitted to
    # "assumed"  rests on numbers that nobody measured here
    #
    # A  Three federated hospitals need 37 messages for this workload.
    # B  At three hospitals the model is within 0.1 % of the bytes.
    # C  At ten hospitals the model is within 1 % of the bytes.
    # D  At 200 hospitals the first image comes after 0.16 s in the median (0.161 to 0.163).
    # E  In year 10 the centralised archive is the cheapest.
    # F  With the centre down, no hospital of the centralised network could open its oldest studies.
    """,
    answer="known",
    expects=dict,
    reference=_RIGHT,
    explanation="""
        A and F happened. B only says that the fit is a fit. C is what makes the model worth
        anything, for bytes and messages up to ten hospitals. D has a narrow band, and rests on
        service times that nobody measured: a band over seeds holds chance, not wrong assumptions.
        E follows from prices that are made up.
    """,
    hints=(
        "Ask of each figure: which run would have to come out differently to prove it wrong?",
        "The fit has seen the three hospitals. Where do service times and prices come from?",
        "A and F are counted, B is fitted, C is checked; D and E rest on assumptions.",
    ),
    wrong=(
        Wrong(
            "a-band-is-no-proof",
            _RIGHT.replace('"D": "assumed"', '"D": "checked"'),
            """D has a band, and no run of 200 hospitals stands behind it, nor a measured service
            time. The band says what other seeds would give under the same assumptions.""",
        ),
        Wrong(
            "fit-is-no-check",
            _RIGHT.replace('"B": "fitted"', '"B": "checked"'),
            """B is about the very runs that the parameters were fitted to. It would be small for a
            wrong model too.""",
        ),
        Wrong(
            "prices-are-prices",
            _RIGHT.replace('"E": "assumed"', '"E": "checked"'),
            """E rests on prices that somebody made up, and on a growth that nobody knows. With
            other prices another style is the cheapest.""",
        ),
    ),
)

RULE = cite("IHE RAD TF-1", "18")
_KNOWN = {
    "A": "counted", "B": "fitted", "C": "checked", "D": "assumed", "E": "assumed", "F": "counted",
}  # fmt: skip
_NAMED = {"D": "a-band-is-no-proof", "B": "fit-is-no-check", "E": "prices-are-prices"}


def check(work: Work) -> Verdict:
    """Compare each; the first that is wrong is told."""
    said = dict(work.answer)
    if all(said.get(key, ...) is ... for key in _KNOWN):
        return blank()
    for key in ("B", "D", "E", "A", "C", "F"):
        if said.get(key) != _KNOWN[key]:
            words = ("counted", "fitted", "checked", "assumed")
            named = _NAMED.get(key, "") if said.get(key) == "checked" else ""
            return failed(
                expected=f"another word for {key}"
                if said.get(key) in words
                else f"{key}: one of {', '.join(words)}",
                got=f"{key}: {said.get(key)}",
                rule=RULE,
                mistake=named,
            )
    return passed("You know what you know, and what you were told.", rule=RULE)
