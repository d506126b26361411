"""Consents and a question for tests to change."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from labkit.access.consent import Question

V3 = "http://terminology.hl7.org/CodeSystem/"
NOW = datetime(2026, 3, 1, tzinfo=timezone.utc)
ASKED = Question(
    "p1", "ImagingStudy", "ImagingStudy/s1", NOW, study="1.2.3",
    actors=frozenset({"Organization/north", "Practitioner/chen"}),
    dates=(NOW.timestamp() - 1000, NOW.timestamp() - 999),
    refers_to=frozenset({"Patient/p1", "ServiceRequest/o1"}),
    referred_by=frozenset({"DiagnosticReport/r1"}),
)  # fmt: skip


def concept(system: str, code: str) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code}]}


def consent(base: str = "OPTIN", /, id: str = "c1", **provision: Any) -> dict[str, Any]:
    body: dict[str, Any] = {
        "resourceType": "Consent", "id": id, "status": "active",
        "scope": concept(V3 + "consentscope", "patient-privacy"),
        "category": [concept("http://loinc.org", "59284-0")],
        "patient": {"reference": "Patient/p1"},
    }  # fmt: skip
    if base:
        body["policyRule"] = concept(V3 + "v3-ActCode", base)
    else:
        body["policy"] = [{"uri": "https://north.example/privacy"}]
    if provision:
        body["provision"] = provision
    return body


def actor(name: str) -> dict[str, Any]:
    return {"role": concept(V3 + "v3-ParticipationType", "IRCP"), "reference": {"reference": name}}


def data(meaning: str, reference: str) -> dict[str, Any]:
    return {"meaning": meaning, "reference": {"reference": reference}}
