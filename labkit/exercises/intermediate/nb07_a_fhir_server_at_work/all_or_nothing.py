"""Patient, order and study in one transaction.

An emergency: the patient is new, so nobody knows the ids yet that the resources must refer to.
"""

import json
from typing import Any

import requests

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.fhir import FhirError

_REFERENCE = """
    order["subject"] = {"reference": PATIENT}
    study["subject"] = {"reference": PATIENT}
    study["basedOn"] = [{"reference": ORDER}]
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": [
        entry(patient, PATIENT), entry(order, ORDER), entry(study, STUDY)
    ]}
    answer = requests.post(base, json=bundle)
"""

EXERCISE = Exercise(
    given="""
        import requests
        base = lab.fhir.url
        PATIENT = "urn:uuid:0f3d6c0e-7a52-4b7e-9d2a-5c1f2b8e4a01"
        ORDER = "urn:uuid:0f3d6c0e-7a52-4b7e-9d2a-5c1f2b8e4a02"
        STUDY = "urn:uuid:0f3d6c0e-7a52-4b7e-9d2a-5c1f2b8e4a03"

        def entry(resource, full_url):
            request = {"method": "POST", "url": resource["resourceType"]}
            return {"fullUrl": full_url, "resource": resource, "request": request}

        patient = {"resourceType": "Patient", "name": [{"text": "unknown, bed 4"}]}
        order = {"resourceType": "ServiceRequest", "status": "active", "intent": "order",
                 "priority": "stat"}
        study = {"resourceType": "ImagingStudy", "status": "registered"}
    """,
    blank="""
        # say in order whose it is; in study whose it is and which order it is based on
        bundle = ...  # a transaction of patient, order and study
        answer = ...
        if bundle is not ...:
            answer = requests.post(base, json=bundle)
    """,
    answer="answer",
    expects=requests.Response,
    reference=_REFERENCE,
    explanation="""
        The fullUrl urn:uuid:… is a name that holds inside this Bundle only. The server gives each
        resource its id, and then writes Patient/12 wherever a reference said urn:uuid:… (FHIR R4
        http, transaction). The order of the entries does not matter, so resources may refer to
        each other both ways. If one entry cannot be done none is, and the answer is one
        OperationOutcome.
    """,
    hints=(
        "A reference to something that has no id yet is the fullUrl of its entry.",
        "study['subject'] and order['subject'] refer to PATIENT. study['basedOn'] is a list, "
        "with a reference to ORDER.",
        'bundle = {"resourceType": "Bundle", "type": "transaction", "entry": [entry(patient, '
        "PATIENT), entry(order, ORDER), entry(study, STUDY)]}",
    ),
    wrong=(
        Wrong(
            "a-batch",
            _REFERENCE.replace('"transaction"', '"batch"'),
            """You sent a batch. Its entries are independent of each other, each for itself, so
            they may not refer to each other, and some can fail while others are done.""",
        ),
        Wrong(
            "no-full-url",
            _REFERENCE.replace(
                "entry(patient, PATIENT)",
                '{"resource": patient, "request": {"method": "POST", "url": "Patient"}}',
            ),
            """The entry of the patient has no fullUrl, so no entry has the name that the
            references use. This server keeps them as they stand, another refuses the Bundle;
            either way they lead nowhere.""",
        ),
        Wrong(
            "guessed-id",
            _REFERENCE.replace(
                '{"reference": PATIENT}', '{"reference": "Patient/brackenfold"}'
            ),
            """You wrote the id of a patient who is there. The new one was made, and the images
            belong to somebody else.""",
        ),
    ),
)  # fmt: skip

RULE = (cite("FHIR R4", "http"), cite("FHIR R4", "bundle"))
EXPECTED = "one transaction; order and study refer to the new patient, the study to the order"


def check(work: Work) -> Verdict:
    """Read back what the answer says was made."""
    answer = work.answer
    sent = _json(answer.request.body) if answer.request is not None else {}
    body = _json(answer.text)
    if sent.get("type") == "batch":
        return failed(expected=EXPECTED, got="a batch", rule=RULE, mistake="a-batch")
    if answer.status_code != 200:
        says = "; ".join(str(i.get("diagnostics")) for i in body.get("issue", []))
        return failed(expected=EXPECTED, got=f"{answer.status_code} {answer.reason}", rule=RULE,
                      why=f"The OperationOutcome says: {says}" if says else "")  # fmt: skip
    made: dict[str, dict[str, Any]] = {}
    for entry in body.get("entry", []):
        kind, _, rest = entry.get("response", {}).get("location", "").partition("/")
        try:
            made[kind] = work.lab.fhir.client().read(f"{kind}/{rest.split('/')[0]}")
        except FhirError:
            return blank("What was made is not there now. Run the cell again.")
    missing = {"Patient", "ServiceRequest", "ImagingStudy"} - set(made)
    if missing:
        return failed(expected=EXPECTED, got="no " + ", no ".join(sorted(missing)), rule=RULE)
    owner = f"Patient/{made['Patient']['id']}"
    for kind in ("ServiceRequest", "ImagingStudy"):
        got = made[kind].get("subject", {}).get("reference", "nobody")
        if got.startswith("urn:uuid:"):
            return failed(expected=f"{kind}.subject: the patient of this Bundle",
                          got="a urn:uuid that no entry has as its fullUrl", rule=RULE,
                          mistake="no-full-url")  # fmt: skip
        if got != owner:
            return failed(expected=f"{kind}.subject: the patient of this Bundle", got=got,
                          rule=RULE, mistake="guessed-id")  # fmt: skip
    based = [r.get("reference") for r in made["ImagingStudy"].get("basedOn", [])]
    if f"ServiceRequest/{made['ServiceRequest']['id']}" not in based:
        return failed(expected="ImagingStudy.basedOn: the order of this Bundle",
                      got=f"{based or 'nothing'}", rule=RULE)  # fmt: skip
    return passed("Three resources in one step, tied to each other by the server.", rule=RULE)


def _json(text: Any) -> dict[str, Any]:
    try:
        value = json.loads(text or "{}")
    except (ValueError, TypeError):
        return {}
    return value if isinstance(value, dict) else {}
