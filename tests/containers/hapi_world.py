"""A world of two patients in a guarded HAPI, of whom one denies everything; see ``conftest``."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import httpx
from starlette.responses import Response

from labkit.access import Grant, current_grant
from labkit.common.access import AccessPolicy, AccessRequest, Decision
from labkit.common.errors import AccessDenied

Resource = dict[str, Any]
OPEN, SHUT = "Patient/open", "Patient/shut"
NOTHING = {"resourceType": "Parameters"}
ABOUT_NOBODY = {"Endpoint", "Organization"}


@dataclass
class Switch:
    """Whose data is denied now; and how the service of decisions behaves."""

    denied: set[str] = field(default_factory=lambda: {SHUT})
    broken: Response | None = None
    asked: int = 0
    policy: AccessPolicy | None = None
    """Decides in the place of all this."""

    def decide(self, request: AccessRequest) -> Decision:
        self.asked += 1
        if self.policy is not None:
            return self.policy.decide(request)
        if current_grant() is None:
            return Decision(False, "nobody asks")
        about = request.resource
        if about.keys() <= {"resourceType", "query"} or about["resourceType"] in ABOUT_NOBODY:
            return Decision(True, "it is about nobody")
        patient = about.get("patient", "")
        if not patient:
            return Decision(False, "it is not known whom this is about")
        refused = patient in self.denied
        return Decision(not refused, "the patient denies it" if refused else "the patient agrees")


GRANTS = {
    "good": Grant("viewer", subject="chen", scope="user/*.cruds"),
    "north": Grant("north", scope="user/*.rs", actors=frozenset({"Organization/north-general"})),
    "lakeside": Grant("lakeside", scope="user/*.rs", actors=frozenset({"Organization/lakeside"})),
    "narrow": Grant("narrow", scope="user/Patient.rs", actors=frozenset({"Organization/city"})),
    "portal": Grant("portal", scope="patient/*.rs", patient="open", actors=frozenset({OPEN})),
}
"""What each token proves."""


def grants(token: str) -> Grant:
    if token not in GRANTS:
        raise AccessDenied("it is not signed by us", remedy="Get another.")
    return GRANTS[token]


@dataclass
class Guarded:
    """A guarded HAPI and its two kinds of callers."""

    url: str
    switch: Switch
    http: httpx.Client
    lab: httpx.Client

    def get(self, path: str) -> httpx.Response:
        return self.http.get(f"{self.url}/{path}")

    def put(self, resource: Resource) -> None:
        where = f"{self.url}/{resource['resourceType']}/{resource['id']}"
        self.lab.put(where, json=resource).raise_for_status()


def uid_of(id_: str) -> str:
    return f"1.2.{int.from_bytes(id_.encode(), 'big')}"


def study(id_: str, patient: str, **more: Any) -> Resource:
    return {
        "resourceType": "ImagingStudy",
        "id": id_,
        "identifier": [{"system": "urn:dicom:uid", "value": f"urn:oid:{uid_of(id_)}"}],
        "status": "available",
        "subject": {"reference": patient},
        "endpoint": [{"reference": "Endpoint/archive"}],
        **more,
    }


def unnamed(patient: str) -> Resource:
    return {key: value for key, value in study("new", patient).items() if key != "id"}


WORLD: list[Resource] = [
    {
        "resourceType": "Endpoint", "id": "archive", "status": "active",
        "connectionType": {"code": "dicom-wado-rs"}, "payloadType": [{"text": "DICOM"}],
        "address": "http://archive.example.org/dicom-web",
    },
    *(
        {"resourceType": "Patient", "id": p.partition("/")[2], "name": [{"family": p[8:].title()}]}
        for p in (OPEN, SHUT)
    ),
    *(study(f"{p[8:]}-{n}", p) for n in range(4) for p in (OPEN, SHUT)),
    {
        "resourceType": "DiagnosticReport", "id": "of-shut", "status": "final",
        "code": {"text": "CT"}, "subject": {"reference": SHUT},
        "imagingStudy": [{"reference": "ImagingStudy/shut-0"}],
    },
    study(
        "with-contained", OPEN,
        contained=[{"resourceType": "Practitioner", "id": "doc", "name": [{"family": "Chen"}]}],
        referrer={"reference": "#doc"},
    ),
]  # fmt: skip


def told(answer: httpx.Response) -> str:
    """What an OperationOutcome says."""
    return str(answer.json()["issue"][0]["diagnostics"])


def found(answer: httpx.Response) -> set[str]:
    """References of all that is in a Bundle; it must not say how much more there is."""
    assert answer.status_code == 200, answer.text
    bundle = answer.json()
    assert "total" not in bundle, "a total counts what is hidden"
    entries = bundle.get("entry", [])
    assert all("resource" in entry for entry in entries), "an empty entry tells that there is one"
    return {f"{e['resource']['resourceType']}/{e['resource']['id']}" for e in entries}


def transaction(*entries: Resource, kind: str = "transaction") -> Resource:
    return {"resourceType": "Bundle", "type": kind, "entry": list(entries)}


def put(resource: Resource) -> Resource:
    url = f"{resource['resourceType']}/{resource['id']}"
    request = {"method": "PUT", "url": url}
    return {"fullUrl": f"http://else.example.org/{url}", "resource": resource, "request": request}


def delete(url: str) -> Resource:
    return {"request": {"method": "DELETE", "url": url}}
