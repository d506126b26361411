"""For research, this year

A patient lets City Hospital use her studies for research until the end of 2026. For nothing else,
and nobody else.
"""

from __future__ import annotations

from datetime import datetime, timezone

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.advanced.nb10_consent._consents import (
    IMPORTS,
    nested,
    report,
    ruled,
    who,
)

_RIGHT = """
    said = consent("quillfeather", "OPTOUT", provision("deny",
        provision("permit", actor=["Organization/city"], purpose=["HRESCH"],
                  kind=["ImagingStudy"], start="2026", end="2026")))
"""

EXERCISE = Exercise(
    given=IMPORTS,
    blank="""
    # Organization/city, to research (HRESCH), ImagingStudy, in the year 2026. Nothing else at all.
    said = consent("quillfeather", "OPTOUT", provision("deny"))
    """,
    answer="said",
    expects=dict,
    reference=_RIGHT,
    explanation="""
        Four conditions in one provision, all of which have to hold. The period stands in the nested
        provision: in the outer one it would say how long the Consent is in force, and after that
        the site's default would decide. A date is a range: an end of 2026 is the end of that
        year.
    """,
    hints=(
        "Conditions of one provision are an and; several provisions are an or.",
        "purpose=['HRESCH'] is health research (v3-ActReason).",
        "start='2026', end='2026' is the whole year, the last day included.",
    ),
    wrong=(
        Wrong(
            "two-provisions",
            """
    said = consent("quillfeather", "OPTOUT", provision("deny",
        provision("permit", actor=["Organization/city"], kind=["ImagingStudy"], end="2026"),
        provision("permit", purpose=["HRESCH"], kind=["ImagingStudy"], end="2026")))
""",
            """Two provisions are an or: City may have it for any purpose, and anybody for
            research.""",
        ),
        Wrong(
            "ends-a-year-early",
            _RIGHT.replace('start="2026", end="2026"', 'start="2026-01-01", end="2026-01-01"'),
            """The period is over before the year is. A date without a month and day is the whole
            year: end="2026".""",
        ),
        Wrong(
            "any-purpose",
            _RIGHT.replace('purpose=["HRESCH"],\n                  ', ""),
            """Without a purpose City may have her studies for whatever it likes, to treat her and
            to bill her. She said: for research.""",
        ),
        Wrong(
            "opt-in",
            """
    said = consent("quillfeather", "OPTIN", provision("permit", actor=["Organization/city"],
        purpose=["HRESCH"], kind=["ImagingStudy"], start="2026", end="2026"))
""",
            """OPTIN permits what nothing forbids, and nothing here forbids. A permit inside of a
            permit changes nothing: she wants no for everything else, which is OPTOUT.""",
        ),
        Wrong(
            "period-outside",
            """
    said = consent("quillfeather", "OPTOUT", provision("deny",
        provision("permit", actor=["Organization/city"], purpose=["HRESCH"],
                  kind=["ImagingStudy"]), start="2026", end="2026"))
""",
            """The period stands in the outer provision: it ends the Consent, and her no with it.
            From 2027 on the site's default decides, and where that permits (as at the hospital of
            this notebook) everybody has everything.""",
        ),
        Wrong(
            "for-ever",
            _RIGHT.replace(', start="2026", end="2026"', ""),
            """It never ends. Consent to research has an end, or a date to ask again.""",
        ),
        Wrong(
            "the-report-too",
            _RIGHT.replace('kind=["ImagingStudy"], ', ""),
            """Without a class it is about all her data: the reports, which name her symptoms.""",
        ),
    ),
)

RULE = cite("FHIR R4 Consent", "provision: period, purpose, actor, class")
CITY, NORTH = "Organization/city", "Organization/north-general"


def check(work: Work) -> Verdict:
    """Ask with each condition the other way."""
    said = work.answer
    first = ruled(said, who(CITY, purpose="HRESCH"))
    if not first and "provision" not in said.get("provision", {}):
        return blank()

    def mistaken(name: str) -> str:
        inside = nested(said)
        if name == "any-purpose" and "OPTIN" in str(said.get("policyRule")):
            return "opt-in"
        if name == "any-purpose" and len(inside) > 1:
            return "two-provisions"
        if name == "ends-a-year-early":
            day = datetime(2026, 1, 1, 12, tzinfo=timezone.utc)
            return name if ruled(said, who(CITY, purpose="HRESCH", now=day)) else ""
        return name

    december, later = (datetime(y, m, 20, tzinfo=timezone.utc) for y, m in ((2026, 12), (2027, 1)))
    research = {"purpose": "HRESCH"}
    cases = (
        (who(CITY, **research, now=december), True, "City may, for research, in December",
         "ends-a-year-early"),
        (who(CITY), False, "City may not, to treat", "any-purpose"),
        (who(NORTH, **research), False, "North General may not", "two-provisions"),
        (who(CITY, **research, now=later), False, "City may not in 2027", "for-ever"),
        (who(CITY, **research, kind=report().kind), False, "no reports", "the-report-too"),
        (who(CITY, **research), True, "City may now", ""),
    )  # fmt: skip
    for question, wanted, text, mistake in cases:
        ruling = ruled(said, question)
        if ruling.allowed is not wanted:
            return failed(expected=text, got=ruling.reason, rule=RULE, mistake=mistaken(mistake))
    ruling = ruled(said, who(NORTH, now=later), default="permit")
    if ruling:
        return failed(expected="nobody may in 2027, whatever the site's default is",
                      got=ruling.reason, rule=RULE, mistake="period-outside")  # fmt: skip
    return passed("City, research, studies, 2026: each of the four, and all of them.", rule=RULE)
