"""Not Lakeside

A patient agrees to everything, but Lakeside is not to have her head CT. Nobody else is meant, and
nothing else.
"""

from __future__ import annotations

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.advanced.nb10_consent._consents import (
    IMPORTS,
    nested,
    other,
    ruled,
    who,
)

_RIGHT = """
    said = consent("quillfeather", "OPTIN", provision("permit",
        provision("deny", actor=["Organization/lakeside"],
                  data=[("related", "ImagingStudy/ct-head")])))
"""

EXERCISE = Exercise(
    given=IMPORTS,
    blank="""
    # Lakeside may not have ImagingStudy/ct-head, nor its images. All else is permitted.
    said = consent("quillfeather", "OPTIN", provision("permit"))
    """,
    answer="said",
    expects=dict,
    reference=_RIGHT,
    explanation="""
        The base permits, and one nested provision takes something out of it: an actor and the data.
        An element that a provision does not have restricts nothing, so a deny with an actor alone
        is about all data, and one with data alone about everybody. `related` is the study and
        what it refers to, which its images are.
    """,
    hints=(
        "An exception is a provision in the provision: provision('permit', provision('deny', …)).",
        "The exception says who (actor) and what (data). What it does not say it does not narrow.",
        "actor=['Organization/lakeside'], data=[('related', 'ImagingStudy/ct-head')].",
    ),
    wrong=(
        Wrong(
            "everything-of-theirs",
            _RIGHT.replace(
                """["Organization/lakeside"],
                  data=[("related", "ImagingStudy/ct-head")]""",
                '["Organization/lakeside"]',
            ),
            """Lakeside is now denied the MR of her brain too. Without `data` a provision is about
            all of her data, or about all of the class where it names one.""",
        ),
        Wrong(
            "everybody",
            _RIGHT.replace('actor=["Organization/lakeside"],\n                  ', ""),
            """Nobody may see the study now, those who treat her included. Without `actor` a
            provision is about everybody.""",
        ),
        Wrong(
            "the-outer-one",
            """
    said = consent("quillfeather", "OPTIN", provision("deny",
        actor=["Organization/lakeside"], data=[("instance", "ImagingStudy/ct-head")]))
""",
            """`instance` is the FHIR resource alone: Lakeside does not see the ImagingStudy, and
            retrieves its pixels over DICOM.""",
        ),
    ),
)

RULE = cite("FHIR R4 Consent", "provision, data.meaning")
LAKESIDE, NORTH = "Organization/lakeside", "Organization/north-general"


def check(work: Work) -> Verdict:
    """Ask as both hospitals, for both studies, for the resource and for the pixels."""
    said = work.answer
    if said.get("resourceType") != "Consent":
        return failed(expected="a Consent", got="a provision by itself: consent(…, …, provision)",
                      rule=RULE)  # fmt: skip
    if "provision" not in said.get("provision", {}) and ruled(said, who(LAKESIDE)):
        return blank()
    wide = "" if any("data" in each for each in (*nested(said), said.get("provision", {}))) else (
        "everything-of-theirs"
    )  # fmt: skip
    cases = (
        (who(LAKESIDE), False, "Lakeside is refused ct-head", ""),
        (who(LAKESIDE, is_resource=False), False, "Lakeside is refused its images",
         "the-outer-one"),
        (other(LAKESIDE), True, "Lakeside may see mr-brain", wide),
        (who(NORTH), True, "North General may see ct-head", "everybody"),
        (who(NORTH, is_resource=False), True, "North General may see its images", "everybody"),
    )  # fmt: skip
    for question, wanted, text, mistake in cases:
        ruling = ruled(said, question)
        if ruling.allowed is not wanted:
            return failed(expected=text, got=ruling.reason, rule=RULE, mistake=mistake)
    return passed("One organisation, one study, resource and pixels; nothing else.", rule=RULE)
