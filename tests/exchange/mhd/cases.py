"""Documents, a patient and a submission for the tests of MHD."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx

from labkit.exchange.mhd import Code, Document, MhdClient, Submission, provide_bundle
from labkit.exchange.parties import NORTH

LOINC, SNOMED = "http://loinc.org", "http://snomed.info/sct"
SUBJECT = "Patient/thistlewick"
PATIENT: dict[str, Any] = {
    "resourceType": "Patient",
    "id": "thistlewick",
    "identifier": [{"system": f"urn:oid:{NORTH.authority}", "value": "NG-100457"}],
    "name": [{"family": "Thistlewick", "given": ["Marigold"]}],
    "birthDate": "1951-07-19",
}
REPORT = Document(b"%PDF-1.4 a report", "application/pdf", "2.25.71", title="Chest CT: report")
"""What Minimal needs."""
CHEN = {"resourceType": "Practitioner", "name": [{"family": "Chen"}]}
FULL = replace(
    REPORT,
    creation="2026-01-13T10:00:00Z",
    language="en",
    type=Code(LOINC, "18748-4"),
    category=Code(LOINC, "18726-0"),
    format=Code("http://ihe.net/fhir/ihe.formatcode.fhir/CodeSystem/formatcode",
                "urn:ihe:iti:xds-sd:pdf:2008"),
    facility=Code(SNOMED, "22232009"),
    setting=Code(SNOMED, "394914008"),
    security=(Code("http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "N"),),
    events=(Code("http://dicom.nema.org/resources/ontology/DCM", "CT"),),
    period=("2026-01-13T09:30:00Z", "2026-01-13T09:45:00Z"),
    related=({"system": "urn:dicom:uid", "value": "urn:oid:2.25.9"},),
    author=CHEN,
)  # fmt: skip
"""What Comprehensive needs, and more."""
SUBMISSION = Submission(
    NORTH.source, "2.25.70", "2026-01-15T08:00:00Z", designation=Code(LOINC, "18748-4")
)


def bundle(level: str = "comprehensive", *documents: Document) -> dict[str, Any]:
    """A Bundle that keeps its profile."""
    return provide_bundle(
        documents or (FULL,), SUBMISSION, subject=SUBJECT, level=level, source_patient=PATIENT
    )


def answering(
    handler: Callable[[httpx.Request], httpx.Response], **more: Any
) -> tuple[MhdClient, list[httpx.Request]]:
    heard: list[httpx.Request] = []

    def hear(request: httpx.Request) -> httpx.Response:
        heard.append(request)
        return handler(request)

    transport = httpx.MockTransport(hear)
    headers = {"Authorization": "Bearer secret"}
    return MhdClient("http://fhir.example/r4", transport=transport, headers=headers, **more), heard
