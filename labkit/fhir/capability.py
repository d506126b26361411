"""The CapabilityStatement: what works, made from the same data that makes it work."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from labkit import __version__
from labkit.fhir.dates import instant
from labkit.fhir.definitions import FHIR_VERSION, definitions
from labkit.fhir.interactions import INTERACTIONS


def capability_statement(base_url: str, started: datetime) -> dict[str, Any]:
    """Return the statement that ``GET [base]/metadata`` answers (R4 capabilitystatement)."""
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": instant(started),
        "kind": "instance",
        "software": {"name": "labkit FHIR server", "version": __version__},
        "implementation": {
            "description": "The FHIR server of a learning lab; it holds invented patients only",
            "url": base_url,
        },
        "fhirVersion": FHIR_VERSION,
        "format": ["application/fhir+json", "json"],
        "rest": [{"mode": "server", "resource": [_resource(k) for k in definitions().resources]}],
    }


def _resource(kind: str) -> dict[str, Any]:
    return {
        "type": kind,
        "interaction": [{"code": code} for code in INTERACTIONS],
        "versioning": "versioned-update",
        "readHistory": True,
        "updateCreate": True,
        "conditionalCreate": False,
        "conditionalUpdate": False,
        "referencePolicy": ["literal", "logical"],
        "searchParam": [
            {"name": parameter.code, "definition": parameter.url, "type": parameter.type}
            for parameter in definitions().search[kind].values()
        ],
    }
