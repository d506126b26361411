"""The resources that the suite stores, and what it asks of every answer."""

from __future__ import annotations

import uuid
from typing import Any

import httpx

from labkit.fhir import FhirClient

SYSTEM = "http://example.org/labkit/contract"
JSON = {"Content-Type": "application/fhir+json", "Accept": "application/fhir+json"}
DCM = "http://dicom.nema.org/resources/ontology/DCM"
Resource = dict[str, Any]


def patient(mark: str, **more: Any) -> Resource:
    """A Patient that `mark` finds."""
    return {
        "resourceType": "Patient",
        "identifier": [{"system": SYSTEM, "value": mark}],
        "name": [{"family": f"Müller{mark[-6:]}", "given": ["Ann"]}],
        "gender": "female",
        "birthDate": "1970-05-05",
        **more,
    }


def uid(mark: str, *more: int) -> str:
    """A DICOM UID that belongs to `mark`."""
    return ".".join(["2.25", str(int(mark[-12:], 16)), *map(str, more)])


def study(subject: str, mark: str, **more: Any) -> Resource:
    """An ImagingStudy of one CT series, about the Patient that the reference `subject` names."""
    return {
        "resourceType": "ImagingStudy",
        "identifier": [
            {"system": "urn:dicom:uid", "value": f"urn:oid:{uid(mark)}"},
            {"system": SYSTEM, "value": mark},
        ],
        "status": "available",
        "subject": {"reference": subject},
        "started": "2026-01-15T08:30:00+01:00",
        "series": [{"uid": uid(mark, 1), "modality": {"system": DCM, "code": "CT"}}],
        **more,
    }


def entry(method: str, url: str, resource: Resource | None = None, **more: str) -> Resource:
    """An entry of a batch or transaction; ``fullUrl=`` is its own, the rest goes to the request."""
    made: Resource = {}
    if resource is not None:
        made = {"fullUrl": more.pop("fullUrl", f"urn:uuid:{uuid.uuid4()}"), "resource": resource}
    return {**made, "request": {"method": method, "url": url, **more}}


def bundle(kind: str, *entries: Resource) -> Resource:
    """A Bundle to send to the base."""
    return {"resourceType": "Bundle", "type": kind, "entry": list(entries)}


def outcome(answer: httpx.Response) -> Resource:
    """The OperationOutcome that an answer has to be (R4 http.html#2.21.0.4)."""
    body: Resource = answer.json()
    assert body["resourceType"] == "OperationOutcome", body
    assert body["issue"]
    assert all({"severity", "code"} <= set(issue) for issue in body["issue"])
    return body


def refused(answer: httpx.Response, *statuses: int) -> None:
    """Check a refusal: one of the statuses, and an OperationOutcome."""
    assert answer.status_code in statuses, (answer.status_code, answer.text[:500])
    outcome(answer)


def ids(fhir: FhirClient, kind: str, **parameters: Any) -> list[str]:
    """The ids of all that a search finds."""
    return sorted(resource["id"] for resource in fhir.search(kind, **parameters))


def marked(mark: str) -> str:
    """The value of ``identifier=`` that finds what was stored under `mark`."""
    return f"{SYSTEM}|{mark}"


def total(http: httpx.Client, kind: str, mark: str) -> int:
    """How many resources are marked so, as counted by their entries."""
    answer = http.get(f"/{kind}", params={"identifier": marked(mark)})
    assert answer.status_code == 200, answer.text
    return sum(e["search"]["mode"] == "match" for e in answer.json().get("entry", []))
