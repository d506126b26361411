"""Which provision decided

A physician at Lakeside is refused, and her colleague is not. Say for each which element of the
Consent decides.
"""

from __future__ import annotations

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.advanced.nb10_consent._consents import IMPORTS

_GIVEN = """
    layered = consent("quillfeather", "OPTOUT", provision("permit",
        provision("deny",
            provision("permit", actor=["Practitioner/parsnipper"]),
            actor=["Organization/lakeside"]),
        provision("permit", actor=["Organization/lakeside"], purpose=["TREAT"])))
"""
_RIGHT = """
    decides = {
        "a nurse of Lakeside": "Consent.provision.provision[0]",
        "Dr. Parsnipper of Lakeside": "Consent.provision.provision[0].provision[0]",
        "somebody of North General": "Consent.provision",
    }
"""

EXERCISE = Exercise(
    given=IMPORTS + _GIVEN,
    blank="""
    # For each, asking to TREAT: which element decides? As in "Consent.provision.provision[1]"
    # or "Consent.policyRule". Read `layered` before you ask the engine.
    decides = {
        "a nurse of Lakeside": ...,
        "Dr. Parsnipper of Lakeside": ...,
        "somebody of North General": ...,
    }
    """,
    answer="decides",
    expects=dict,
    reference=_RIGHT,
    explanation="""
        The deepest provision that matches decides; of equally deep ones a deny. For the nurse two
        provisions of the second level match, a deny and a permit: the deny wins. Dr. Parsnipper is
        named one level deeper, so her permit is the exception to the exception. For North General
        no nested provision matches, and the outer one is deeper than the base rule OPTOUT.
    """,
    hints=(
        "Go down from policyRule, and note for each level what matches: that is the trail.",
        "For the nurse both provisions of the second level match. R4 leaves open which one wins; "
        "here a deny does, since a wrong refusal is noticed.",
        "For North General nothing nested matches. What is the deepest that does?",
    ),
    wrong=(
        Wrong(
            "the-last-one",
            _RIGHT.replace('Lakeside": "Consent.provision.provision[0]",',
                           'Lakeside": "Consent.provision.provision[1]",'),
            """For the nurse you took the last provision that matches, as a firewall or a style
            sheet would. Provisions have no order: of equally deep ones a deny decides.""",
        ),
        Wrong(
            "the-base-rule",
            _RIGHT.replace('General": "Consent.provision"', 'General": "Consent.policyRule"'),
            """policyRule holds where nothing else matches. The outer provision has no conditions,
            so it always does.""",
        ),
        Wrong(
            "any-deny",
            _RIGHT.replace("provision[0].provision[0]", "provision[0]"),
            """A deny wins among equally deep ones only. Dr. Parsnipper's permit lies deeper: it is
            the exception to that deny.""",
        ),
    ),
)  # fmt: skip

RULE = cite("FHIR R4 Consent", "provision.provision")
_WANTED = {
    "a nurse of Lakeside": ("Consent.provision.provision[0]",
                            {"Consent.provision.provision[1]": "the-last-one"}),
    "Dr. Parsnipper of Lakeside": ("Consent.provision.provision[0].provision[0]",
                                   {"Consent.provision.provision[0]": "any-deny"}),
    "somebody of North General": ("Consent.provision", {"Consent.policyRule": "the-base-rule"}),
}  # fmt: skip


def check(work: Work) -> Verdict:
    """Compare each."""
    if all(work.answer.get(name, ...) is ... for name in _WANTED):
        return blank()
    for name, (wanted, known) in _WANTED.items():
        got = work.answer.get(name)
        if got != wanted:
            why = known.get(got, "") if isinstance(got, str) else ""
            path = isinstance(got, str) and got.startswith("Consent.")
            expected = "another element" if path else 'the path of an element, "Consent.…",'
            return failed(expected=f"{expected} for {name}", got=repr(got), rule=RULE,
                          mistake=why)  # fmt: skip
    return passed("The deepest that matches; of equally deep ones the deny.", rule=RULE)
