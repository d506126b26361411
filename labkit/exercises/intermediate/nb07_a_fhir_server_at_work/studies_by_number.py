"""Ask for studies by the patient's number, in one request.

An app has a Patient ID and its issuer, no FHIR id. It needs the studies and the patient.
"""

import json
from typing import Any

import requests

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, failed, passed

_REFERENCE = """
    found = requests.get(f"{base}/ImagingStudy", params={
        "patient.identifier": f"{NORTH}|1001234",
        "_include": "ImagingStudy:patient",
    })
"""

EXERCISE = Exercise(
    given="""
        import requests
        base = lab.fhir.url
        NORTH = "https://north-general.example/patient-id"
        for name, owner in (("hand", "brackenfold"), ("wrist", "brackenfold"),
                            ("knee", "marblethorpe")):
            requests.put(f"{base}/ImagingStudy/at-work-{name}", json={
                "resourceType": "ImagingStudy", "id": f"at-work-{name}", "status": "available",
                "subject": {"reference": f"Patient/{owner}"}, "description": name,
            })
    """,
    blank="""
        found = ...  # one request: the studies of patient 1001234 of NORTH, with the Patient
    """,
    answer="found",
    expects=requests.Response,
    reference=_REFERENCE,
    explanation="""
        A dot goes on from the reference to a parameter of what it leads to: patient.identifier is
        the identifier of the Patient behind ImagingStudy.subject (FHIR R4 search, chained
        parameters). _include brings the Patient along, marked search.mode include, so that it is
        not counted as a match. One request instead of three also means one moment: between three
        requests a study can be moved to another patient.
    """,
    hints=(
        "The number is in the Patient, not in the ImagingStudy. A search parameter can go on "
        "behind a reference.",
        "patient.identifier takes a token, system|value. For the Patient itself there is "
        "_include.",
        'params={"patient.identifier": f"{NORTH}|1001234", "_include": "ImagingStudy:patient"}',
    ),
    wrong=(
        Wrong(
            "number-alone",
            _REFERENCE.replace("{NORTH}|", ""),
            """You asked for the number without its system. 1001234 is two people, and a study of
            the other one is in your answer.""",
        ),
        Wrong(
            "identifier-of-the-study",
            _REFERENCE.replace("patient.identifier", "identifier"),
            """identifier on ImagingStudy is the study's own: its UID and its accession number. It
            finds nothing, with status 200.""",
        ),
        Wrong(
            "without-the-patient",
            _REFERENCE.replace('"_include": "ImagingStudy:patient",', ""),
            """The studies are right, and the app does not know yet whose they are: it would have to
            ask once more.""",
        ),
        Wrong(
            "the-other-way",
            """
            found = requests.get(f"{base}/Patient", params={
                "identifier": f"{NORTH}|1001234", "_revinclude": "ImagingStudy:patient",
            })
            """,
            """That brings the same resources, but the patient is what matched and is paged and
            counted; the studies only come along. A list of studies wants the studies as
            matches.""",
        ),
    ),
)  # fmt: skip

RULE = cite("FHIR R4", "search")
OWNER, OTHER = "Patient/brackenfold", "Patient/marblethorpe"


def check(work: Work) -> Verdict:
    """Compare with what the server has now, by the patient's id."""
    expected = "every study of Posy Brackenfold as a match, and her Patient included"
    with work.lab.fhir.client() as client:
        hers = {study["id"] for study in client.search("ImagingStudy", patient=OWNER)}
    answer = work.answer
    body = _json(answer.text)
    entries = [e for e in body.get("entry", []) if isinstance(e, dict)]
    by_mode: dict[str, list[dict[str, Any]]] = {"match": [], "include": []}
    for entry in entries:
        mode = entry.get("search", {}).get("mode", "match")
        by_mode.setdefault(mode, []).append(entry["resource"])
    matches = by_mode["match"]
    got = f"{answer.status_code} with {len(matches)} matches, {len(by_mode['include'])} included"
    if any(r["resourceType"] == "Patient" for r in matches):
        return failed(expected=expected, got=got, rule=RULE, mistake="the-other-way")
    if any(r.get("subject", {}).get("reference") == OTHER for r in matches):
        return failed(expected=expected, got=got, rule=RULE, mistake="number-alone")
    if not matches:
        asked = str(answer.url)
        own = "identifier=" in asked and ".identifier" not in asked and ":Patient" not in asked
        return failed(expected=expected, got=got, rule=RULE,
                      mistake="identifier-of-the-study" if own else "")  # fmt: skip
    if {r["id"] for r in matches} != hers:
        return failed(expected=expected, got=got, rule=RULE)
    if [r["id"] for r in by_mode["include"]] != ["brackenfold"]:
        return failed(expected=expected, got=got, rule=RULE, mistake="without-the-patient")
    if "identifier" not in str(answer.url):
        return failed(expected="a search by the number", got="a search by the id", rule=RULE)
    return passed("Her studies and she herself, by number and issuer, in one request.", rule=RULE)


def _json(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
