"""Find the right one of two patients with the same ID.

Patient ID 1001234 is Posy Brackenfold's at North General and somebody else's at Lakeside.
"""

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, failed, passed

EXERCISE = Exercise(
    given="""
        import requests
        base = lab.fhir.url
        NORTH = "https://north-general.example/patient-id"
    """,
    blank="""
        bundle = ...  # the answer to one search: the patient whose ID at North General is 1001234
    """,
    answer="bundle",
    expects=dict,
    reference="""
        bundle = requests.get(f"{base}/Patient", params={"identifier": f"{NORTH}|1001234"}).json()
    """,
    explanation="""
        An identifier in FHIR is a pair: the system says who issued it, the value is the number. A
        search for system|value asks for both. A search for the value alone asks every issuer at
        once, and here two answer. In DICOM the system is the Issuer of Patient ID, (0010,0021),
        which many files leave empty: then nothing tells the two patients apart.
    """,
    hints=(
        "One number, two patients. What makes an identifier unique is who issued it.",
        "A token search takes system and value, joined by a bar: identifier=SYSTEM|VALUE.",
        'Use params={"identifier": f"{NORTH}|1001234"}, and keep what .json() returns.',
    ),
    wrong=(
        Wrong(
            "value-alone",
            'bundle = requests.get(f"{base}/Patient", params={"identifier": "1001234"}).json()',
            """You searched for the value alone, and two patients answer: one at each hospital.
            Taking the first of them is how images end up in the wrong record.""",
        ),
        Wrong(
            "the-other-site",
            """
            bundle = requests.get(
                f"{base}/Patient",
                params={"identifier": "https://lakeside-clinic.example/patient-id|1001234"},
            ).json()
            """,
            """You asked for the 1001234 of Lakeside. That is Ignatius Marblethorpe.""",
        ),
        Wrong(
            "searched-by-id",
            'bundle = requests.get(f"{base}/Patient", params={"_id": "1001234"}).json()',
            """You searched by _id, which is the server's own name for the resource. The hospital's
            number is an identifier: a business identifier lives on when the resource moves.""",
        ),
    ),
)

RULE = cite("FHIR R4", "search")
EXPECTED = "a searchset with one match: the patient 1001234 of North General"


def check(work: Work) -> Verdict:
    """Look at whom the Bundle brought, and at how it was asked for."""
    bundle = work.answer
    if bundle.get("resourceType") != "Bundle":
        got = str(bundle.get("resourceType", "a dict that is no resource"))
        return failed(expected=EXPECTED, got=got, rule=RULE)
    found = [entry.get("resource", {}) for entry in bundle.get("entry", [])]
    names = sorted(
        f"{p.get('name', [{}])[0].get('family', '?')}" for p in found if isinstance(p, dict)
    )
    got = f"{len(found)} matches: {', '.join(names)}" if found else "no match"
    asked = " ".join(link.get("url", "") for link in bundle.get("link", []))
    if len(found) == 2 and "identifier=" in asked:
        return failed(expected=EXPECTED, got=got, rule=RULE, mistake="value-alone")
    if names == ["Marblethorpe"]:
        return failed(expected=EXPECTED, got=got, rule=RULE, mistake="the-other-site")
    if not found:
        mistake = "searched-by-id" if "_id=" in asked else ""
        return failed(expected=EXPECTED, got=got, rule=RULE, mistake=mistake)
    if names != ["Brackenfold"]:
        return failed(expected=EXPECTED, got=got, rule=RULE)
    if "identifier=" not in asked:
        why = "It is she, but not by the number you were given. Ask by identifier."
        return failed(expected=EXPECTED, got=got, rule=RULE, why=why)
    return passed("One match, and it is Posy Brackenfold.", rule=RULE)
