"""Attempts at the FHIR server that send something: conditions, Bundles, Subscriptions, claims."""

from __future__ import annotations

from typing import Any

from labkit.lab.bypass.attempt import attempt, found_in
from labkit.lab.bypass.doors import Doors, Known, Resource
from labkit.lab.bypass.fhir import FHIR, identifier_of


def _note(patient: str) -> Resource:
    """A resource that hurts nobody."""
    return {
        "resourceType": "Observation",
        "status": "final",
        "code": {"text": "note"},
        "subject": {"reference": f"Patient/{patient}"},
    }


@attempt("fhir-conditional-create", FHIR)
def conditional_create(d: Doors) -> bool:
    """Create unless there is one of this UID: the answer says whether there is."""

    def ask(known: Known) -> int:
        body = {**_note(d.own.patient), "resourceType": "ImagingStudy", "status": "available"}
        body.pop("code")
        answer = d.send("POST", f"{d.fhir}/ImagingStudy", body,
                        If_None_Exist=f"identifier={identifier_of(known)}")  # fmt: skip
        return answer.status_code

    return d.tells(ask)


@attempt("fhir-conditional-update", FHIR)
def conditional_update(d: Doors) -> bool:
    """Update by UID, only a version that is none: the refusal says which is the current one."""
    body = {"resourceType": "ImagingStudy", "status": "available",
            "subject": {"reference": f"Patient/{d.own.patient}"}}  # fmt: skip
    url = f"{d.fhir}/ImagingStudy?identifier="
    return d.tells(lambda k: d.send("PUT", url + identifier_of(k), body, If_Match='W/"999"'))


@attempt("fhir-conditional-delete", FHIR)
def conditional_delete(d: Doors) -> bool:
    """Delete by UID, only a version that is none."""
    url = f"{d.fhir}/ImagingStudy?identifier="
    return d.tells(
        lambda k: d.writer.delete(url + identifier_of(k), headers={"If-Match": 'W/"999"'})
    )


@attempt("fhir-batch", FHIR)
def batch(d: Doors) -> bool:
    """Read it inside a batch."""

    def ask(known: Known) -> Any:
        urls = (f"ImagingStudy/{known.fhir_id}", f"ImagingStudy?identifier={identifier_of(known)}")
        entries = [{"request": {"method": "GET", "url": url}} for url in urls]
        return d.send("POST", d.fhir, {"resourceType": "Bundle", "type": "batch",
                                       "entry": entries})  # fmt: skip

    return d.tells(ask)


@attempt("fhir-transaction-reference", FHIR)
def transaction_reference(d: Doors) -> bool:
    """Store a note that refers to it by a search: it is resolved, or it is not there."""

    def ask(known: Known) -> int:
        note = _note(d.own.patient)
        note["derivedFrom"] = [{"reference": f"ImagingStudy?identifier={identifier_of(known)}"}]
        entry = {"resource": note, "request": {"method": "POST", "url": "Observation"}}
        body = {"resourceType": "Bundle", "type": "transaction", "entry": [entry]}
        return d.send("POST", d.fhir, body).status_code

    return d.tells(ask)


@attempt("fhir-validate", FHIR)
def validate(d: Doors) -> bool:
    """Have what is stored validated."""
    return d.tells(lambda k: d.get(f"{d.fhir}/ImagingStudy/{k.fhir_id}/$validate"))


@attempt("fhir-delete", FHIR)
def delete(d: Doors) -> bool:
    """Delete a version that is none: what the refusal says."""
    url = f"{d.fhir}/ImagingStudy/"
    return d.tells(lambda k: d.writer.delete(url + k.fhir_id, headers={"If-Match": 'W/"999"'}))


def _subscribe(d: Doors) -> str:
    url = d.receiver.peer.port
    body = {
        "resourceType": "Subscription", "status": "requested", "reason": "curiosity",
        "criteria": f"ImagingStudy?patient=Patient/{d.target.patient}",
        "channel": {"type": "rest-hook", "endpoint": f"http://127.0.0.1:{url}/"},
    }  # fmt: skip
    return str(d.send("POST", f"{d.fhir}/Subscription", body).json().get("id", ""))


@attempt("fhir-subscription", FHIR, _subscribe)
def subscription(d: Doors) -> bool:
    """Have oneself told when it changes, by a Subscription that was made when it was allowed."""
    d.write({"resourceType": "ImagingStudy", "id": d.target.fhir_id})
    return f"ImagingStudy/{d.target.fhir_id}" in d.told(d.memory["fhir-subscription"])


@attempt("fhir-own-consent", FHIR)
def own_consent(d: Doors) -> bool:
    """Write a Consent for the patient that permits it."""
    v3 = "http://terminology.hl7.org/CodeSystem/"
    body = {
        "resourceType": "Consent", "status": "active",
        "scope": {"coding": [{"system": v3 + "consentscope", "code": "patient-privacy"}]},
        "category": [{"coding": [{"system": "http://loinc.org", "code": "59284-0"}]}],
        "patient": {"reference": f"Patient/{d.target.patient}"},
        "policyRule": {"coding": [{"system": v3 + "v3-ActCode", "code": "OPTIN"}]},
    }  # fmt: skip
    return d.send("POST", f"{d.fhir}/Consent", body).status_code == 201


@attempt("fhir-whose", FHIR)
def whose(d: Doors) -> bool:
    """Say of the images that they are another patient's: store an ImagingStudy of this UID."""
    body = {
        "resourceType": "ImagingStudy", "id": "claim", "status": "available",
        "identifier": [{"system": "urn:dicom:uid", "value": f"urn:oid:{d.target.study}"}],
        "subject": {"reference": "Patient/brackenfold"},
    }  # fmt: skip
    d.send("PUT", f"{d.fhir}/ImagingStudy/claim", body)
    seen = d.tells(lambda k: d.get(f"{d.web}/studies/{k.study}/metadata"))
    d.writer.delete(f"{d.fhir}/ImagingStudy/claim")
    return seen


ATTEMPTS = found_in(globals())
