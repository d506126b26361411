"""Everybody is locked out

Since a new front end writes consents, nobody sees this patient's images. Find what is not
understood, and mend it.
"""

from __future__ import annotations

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.advanced.nb10_consent._consents import IMPORTS, nested, ruled, who

_GIVEN = """
    strange = consent("quillfeather", "OPTIN", provision("permit",
        provision("deny", actor=["Organization/lakeside"])))
    strange["provision"]["provision"][0]["class"] = [
        {"system": "urn:ietf:bcp:13", "code": "application/dicom"}]
"""
_RIGHT = """
    mended = copy.deepcopy(strange)
    mended["provision"]["provision"][0]["class"] = [
        {"system": "http://hl7.org/fhir/resource-types", "code": "ImagingStudy"}]
"""

EXERCISE = Exercise(
    given=IMPORTS + _GIVEN,
    blank="""
    # print(decide_consent([strange], asked).reason)
    mended = copy.deepcopy(strange)
    """,
    answer="mended",
    expects=dict,
    reference=_RIGHT,
    explanation="""
        The front end wrote a media type for the class, which R4 allows, and which this engine does
        not know. It cannot tell whom that deny is about, so it refuses everybody and names the
        element. To pass over it would have been to permit what the patient had denied. The mended
        Consent says the same in a code that is understood: ImagingStudy, which DICOM objects are
        of.
    """,
    hints=(
        "The reason names the element. That is for you; the one who asked was told nothing.",
        "What did the front end mean by application/dicom? Say it as a resource type.",
        '{"system": "http://hl7.org/fhir/resource-types", "code": "ImagingStudy"}',
    ),
    wrong=(
        Wrong(
            "class-taken-out",
            """
    mended = copy.deepcopy(strange)
    del mended["provision"]["provision"][0]["class"]
""",
            """Now it is understood, and says more than the patient did: Lakeside is denied
            everything, letters and lab results too.""",
        ),
        Wrong(
            "deny-taken-out",
            """
    mended = copy.deepcopy(strange)
    del mended["provision"]["provision"]
""",
            """Everybody sees the images again, Lakeside included: the patient's own words are gone.
            That is the mend that is made at seven in the morning.""",
        ),
        Wrong(
            "another-class",
            """
    mended = copy.deepcopy(strange)
    mended["provision"]["provision"][0]["class"][0]["system"] = "http://hl7.org/fhir/resource-types"
""",
            """It is understood now, and is not about images: their class is the resource type
            ImagingStudy. The deny is there, and matches none of them.""",
        ),
        Wrong(
            "another-status",
            """
    mended = copy.deepcopy(strange)
    mended["status"] = "draft"
""",
            """A draft does not count, and then the site's default decides. Here that denies;
            where it permits, the patient's no is gone.""",
        ),
    ),
)

RULE = cite("FHIR R4 Consent", "provision.class")
LAKESIDE, NORTH = "Organization/lakeside", "Organization/north-general"


def check(work: Work) -> Verdict:
    """Ask as both, for images and for something else."""
    said = work.answer
    first = ruled(said, who(NORTH))
    if "is not understood here" in first.reason:
        return blank()
    letters = {"kind": "DocumentReference", "reference": "DocumentReference/d1"}
    denies = any(each.get("type") == "deny" for each in nested(said))
    cases = (
        (who(NORTH), True, "North General sees the images",
         "another-status" if said.get("status") != "active" else ""),
        (who(LAKESIDE), False, "Lakeside does not",
         "another-class" if denies else "deny-taken-out"),
        (who(LAKESIDE, is_resource=False), False, "nor their pixels", ""),
        (who(LAKESIDE, **letters), True, "Lakeside sees letters", "class-taken-out"),
    )  # fmt: skip
    for question, wanted, text, mistake in cases:
        ruling = ruled(said, question)
        if ruling.allowed is not wanted:
            return failed(expected=text, got=ruling.reason, rule=RULE, mistake=mistake)
    return passed("Understood, and still what the patient said.", rule=RULE)
