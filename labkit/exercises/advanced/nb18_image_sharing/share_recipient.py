"""By which names may a Consent deny him?

She has denied Lakeside Clinic. A link is to go to Dr. Parsnipper, and no Consent says a word of
him.
"""

from collections.abc import Callable
from typing import Any

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.advanced.nb18_image_sharing._sharing import SECURE, refs, secure

_RIGHT = """
    def names_of(fhir, practitioner):
        names = {practitioner}
        for role in fhir.search("PractitionerRole", practitioner=practitioner):
            names |= {f"PractitionerRole/{role['id']}", role["organization"]["reference"]}
        return names
"""

EXERCISE = Exercise(
    secure=True,
    given=SECURE,
    blank="""
        def names_of(fhir, practitioner):
            ...  # a set of references by which a Consent may name the recipient

        # fhir: a FhirClient of the secure lab; practitioner: "Practitioner/parsnipper"
    """,
    answer="names_of",
    expects=Callable,  # type: ignore[arg-type]
    reference=_RIGHT,
    explanation="""
        Consent.provision.actor may be a practitioner, a role, an organisation, a device (FHIR R4
        Consent). People say "not that clinic", and a clinic reads with somebody's eyes. So whoever
        asks a consent about a recipient has to know for whom they work, from PractitionerRole, at
        the moment of asking: roles change. A role whose organisation is not known is a reason to
        refuse.
    """,
    hints=(
        "Look at lab.consents.of('thistlewick'): whom does the inner provision name?",
        "What ties a practitioner to a clinic in FHIR? Not the Practitioner.",
        "fhir.search('PractitionerRole', practitioner=…), and of each its organization.",
    ),
    wrong=(
        Wrong(
            "he-alone",
            """
    def names_of(fhir, practitioner):
        return {practitioner}
""",
            """You named him alone. The Consent denies Organization/lakeside, it is asked about
            Practitioner/parsnipper, and it permits: she has been gone round by the front door.""",
        ),
        Wrong(
            "a-role-is-no-clinic",
            """
    def names_of(fhir, practitioner):
        roles = fhir.search("PractitionerRole", practitioner=practitioner)
        return {practitioner} | {f"PractitionerRole/{role['id']}" for role in roles}
""",
            """You found his role, and not whose it is. The Consent names the organisation.""",
        ),
        Wrong(
            "every-clinic",
            """
    def names_of(fhir, practitioner):
        return {practitioner} | {
            role["organization"]["reference"] for role in fhir.search("PractitionerRole")
        }
""",
            """You took the clinics of everybody. Now she denies Dr. Chen too, who has nothing to
            do with Lakeside, and nobody gets anything.""",
        ),
        Wrong(
            "the-clinic-alone",
            _RIGHT.replace("names = {practitioner}", "names = set()"),
            """You named the clinic, and not him. A patient who denies one physician by name is not
            heard.""",
        ),
    ),
)  # fmt: skip

RULE = (cite("FHIR R4", "consent"), cite("FHIR R4", "practitionerrole"))


def check(work: Work) -> Verdict:
    """Ask it about a physician of Lakeside and one of City Hospital, at the lab."""
    lab: Any = secure(work)
    got = []
    with lab.fhir.client() as fhir:
        for name in ("parsnipper", "chen"):
            got.append(work.call(fhir, f"Practitioner/{name}"))
    if all(each is None or each is ... for each in got):
        return blank("It returns nothing yet.")
    his, hers = (refs(each) for each in got)
    if not (isinstance(his, set) and isinstance(hers, set)):
        return failed(expected="a set of references", got=got[0], rule=RULE)
    clinic = "Organization/lakeside"
    needed = {"Practitioner/parsnipper", clinic}
    if needed <= his and "Practitioner/chen" in hers and clinic not in hers:
        return passed("The Consent can name him by his clinic, and Dr. Chen by hers.", rule=RULE)
    mistake = ""
    if clinic in hers:
        mistake = "every-clinic"
    elif clinic in his:
        mistake = "the-clinic-alone"
    elif any(str(name).startswith("PractitionerRole/") for name in his):
        mistake = "a-role-is-no-clinic"
    elif his == {"Practitioner/parsnipper"}:
        mistake = "he-alone"
    return failed(expected=f"{', '.join(sorted(needed))} for him, not the clinic for Dr. Chen",
                  got=f"{sorted(his)}, {sorted(hers)}", rule=RULE, mistake=mistake)  # fmt: skip
