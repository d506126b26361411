"""One resource of each type that the workbook uses, with what R4 demands and little more."""

from __future__ import annotations

from tests.contract.fhir.cases import SYSTEM, Resource

_TEXT = {"text": "contract"}
_NOBODY = {"display": "nobody"}
_ACT = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
_NOW = "2026-01-15T08:00:00Z"

MINIMAL: dict[str, Resource] = {
    "AuditEvent": {
        "type": {
            "system": "http://terminology.hl7.org/CodeSystem/audit-event-type",
            "code": "rest",
        },
        "recorded": _NOW,
        "agent": [{"requestor": True, "who": _NOBODY}],
        "source": {"observer": _NOBODY},
    },
    "Binary": {"contentType": "text/plain", "data": "Y29udHJhY3Q="},
    "Bundle": {"type": "collection"},
    "Consent": {
        "status": "active",
        "scope": {
            "coding": [
                {
                    "system": "http://terminology.hl7.org/CodeSystem/consentscope",
                    "code": "patient-privacy",
                }
            ]
        },
        "category": [{"coding": [{"system": "http://loinc.org", "code": "59284-0"}]}],
        "patient": _NOBODY,
        "policyRule": {"coding": [{"system": _ACT, "code": "OPTIN"}]},
    },
    "Device": {},
    "DiagnosticReport": {"status": "final", "code": _TEXT},
    "DocumentReference": {
        "status": "current",
        "content": [{"attachment": {"contentType": "text/plain", "data": "Y29udHJhY3Q="}}],
    },
    "Encounter": {"status": "finished", "class": {"system": _ACT, "code": "AMB"}},
    "Endpoint": {
        "status": "active",
        "connectionType": {
            "system": "http://terminology.hl7.org/CodeSystem/endpoint-connection-type",
            "code": "dicom-wado-rs",
        },
        "payloadType": [_TEXT],
        "address": "http://pacs.example.org/dicomweb",
    },
    "ImagingStudy": {"status": "available", "subject": _NOBODY},
    "List": {"status": "current", "mode": "working"},
    "Location": {"name": "contract"},
    "Observation": {"status": "final", "code": _TEXT},
    "Organization": {"name": "contract"},
    "Patient": {"active": True},
    "Practitioner": {"active": True},
    "PractitionerRole": {"active": True},
    "Provenance": {"target": [_NOBODY], "recorded": _NOW, "agent": [{"who": _NOBODY}]},
    "ServiceRequest": {"status": "active", "intent": "order", "subject": _NOBODY},
    "Subscription": {
        "status": "off",
        "reason": "contract",
        "criteria": "Patient?identifier=contract",
        "channel": {"type": "rest-hook", "endpoint": "http://127.0.0.1:9/hook"},
    },
    "Task": {"status": "requested", "intent": "order"},
}
_UNMARKED = ("AuditEvent", "Binary", "Provenance", "Subscription")  # they have no identifier


def minimal(kind: str, mark: str) -> Resource:
    """A new one."""
    identifier: Resource | list[Resource] = {"system": SYSTEM, "value": mark}
    if kind != "Bundle":
        identifier = [identifier]
    own = {} if kind in _UNMARKED else {"identifier": identifier}
    return {"resourceType": kind, **own, **MINIMAL[kind]}
