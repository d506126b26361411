"""What the exercises of this notebook ask the FHIR server, without changing anything there."""

from __future__ import annotations

import json
from typing import Any

import requests

from labkit.common import cite
from labkit.exercises import Verdict, Work, failed
from labkit.fhir import FhirError

NORTH = "https://north-general.example/patient-id"
RULE = cite("FHIR R4", "http")
LAKESIDE = "https://lakeside-clinic.example/patient-id"


def stored(work: Work, resource_type: str) -> dict[str, Any] | Verdict:
    """Return the resource that a POST or PUT made, as the server holds it now; else the verdict.

    ``work.answer`` is the ``requests.Response``.
    """
    response: requests.Response = work.answer
    expected = f"201 Created, and the {resource_type} on the server"
    if response.status_code not in (200, 201):
        return failed(expected=expected, got=_said(response), why=_issues(response), rule=RULE)
    try:
        body = response.json()
    except ValueError:
        body = {}
    if not isinstance(body, dict) or body.get("resourceType") != resource_type:
        got = body.get("resourceType") if isinstance(body, dict) else None
        return failed(
            expected=expected, got=f"{response.status_code} with {got or 'no resource'}", rule=RULE
        )
    try:
        return work.lab.fhir.client().read(f"{resource_type}/{body.get('id')}")
    except FhirError as error:
        return failed(
            expected=expected,
            got=f"the server answers {error.status} for {resource_type}/{body.get('id')}",
            rule=RULE,
            why="It is not there now. If the lab was reset since, run the cell again.",
        )


def _said(response: requests.Response) -> str:
    return f"{response.status_code} {response.reason}"


def _issues(response: requests.Response) -> str:
    """What the OperationOutcome says, one issue a line."""
    try:
        issues = response.json().get("issue", [])
    except (ValueError, AttributeError):
        return ""
    lines = [
        f"{', '.join(issue.get('expression', []))} {issue.get('diagnostics', issue.get('code'))}"
        for issue in issues
    ]
    return "The OperationOutcome says: " + "; ".join(line.strip() for line in lines)


def reference_of(element: Any) -> str:
    """Return the ``Type/id`` of a Reference, absolute or relative, or ``""``."""
    text = element.get("reference", "") if isinstance(element, dict) else ""
    return "/".join(text.split("/")[-2:]) if "/" in text else ""


def sent(response: requests.Response) -> dict[str, Any]:
    """Return the resource that was sent, where that can be read; else nothing."""
    try:
        body = json.loads(response.request.body or b"{}")
    except (ValueError, AttributeError, TypeError):
        return {}
    return body if isinstance(body, dict) else {}


def as_dicts(value: Any) -> list[dict[str, Any]]:
    """Return the objects of a JSON array, and none of what is not one."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
