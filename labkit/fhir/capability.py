"""The CapabilityStatement: what works, made from the same data that makes it work."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from labkit import __version__
from labkit.fhir.dates import instant
from labkit.fhir.definitions import FHIR_VERSION, definitions
from labkit.fhir.routes import TABLE

_SYSTEM = ("transaction", "batch", "history-system")


def _codes() -> list[str]:
    return [code for acts in TABLE.values() for codes, _ in acts.values() for code in codes]


def capability_statement(base_url: str, started: datetime) -> dict[str, Any]:
    """Return the statement that ``GET [base]/metadata`` answers (R4 capabilitystatement)."""
    kinds = definitions().resources
    system = [{"code": code} for code in _codes() if code in _SYSTEM]
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
        "rest": [
            {
                "mode": "server",
                "resource": [_resource(kind) for kind in kinds],
                "interaction": system,
            }
        ],
    }


def _resource(kind: str) -> dict[str, Any]:
    """Tell of one type; the CapabilityStatement of `HL7/fhir` has the meaning of each element."""
    table = definitions()
    references = {
        name: {code: p for code, p in parameters.items() if p.type == "reference"}
        for name, parameters in table.search.items()
    }
    codes = [code for code in _codes() if code[0] != "$" and code not in _SYSTEM]
    out: dict[str, Any] = {
        "type": kind,
        "interaction": [{"code": code} for code in codes],
        "versioning": "versioned-update",
        "readHistory": True,
        "updateCreate": True,
        "conditionalCreate": True,
        "conditionalRead": "full-support",
        "conditionalUpdate": True,
        "conditionalDelete": "single",
        "referencePolicy": ["literal", "logical"],
        "searchInclude": [f"{kind}:{code}" for code in references[kind]],
        "searchRevInclude": [
            f"{name}:{code}"
            for name, parameters in references.items()
            for code, parameter in parameters.items()
            if kind in table.targets(name, parameter)
        ],
        "searchParam": [
            {"name": parameter.code, "definition": parameter.url, "type": parameter.type}
            for parameter in table.search[kind].values()
        ],
        "operation": [
            {
                "name": "validate",
                "definition": "http://hl7.org/fhir/OperationDefinition/Resource-validate",
            }
        ],
    }
    return {name: value for name, value in out.items() if value != []}
