"""What one decision looks like in the trail: plain data, and no more of a patient than the id."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from labkit.access.audit.events import REFUSED, event_of
from labkit.access.audit.query import Mark, masked_identifier, masked_url
from labkit.access.grant import Grant
from labkit.common.access import AccessRequest, Decision
from labkit.common.occasion import Occasion

KEPT = (
    "PatientID", "IssuerOfPatientID", "StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID",
    "SOPClassUID", "AccessionNumber", "resourceType", "id", "patient", "destination",
)  # fmt: skip
"""What is kept of a request's resource. Everything else a service may say of it is left out."""
_MOST = 300


def entry_of(
    request: AccessRequest,
    decision: Decision,
    grant: Grant | None,
    occasion: Occasion | None,
    mark: Mark,
    about: Mapping[str, str],
) -> dict[str, Any]:
    """Make the record of a decision: never a token, a password or a name.

    Parameters
    ----------
    about
        More than the service knows, such as the study of an ImagingStudy.
    """
    known = {**request.resource, **about}
    what = {name: _short(known[name]) for name in KEPT if known.get(name)}
    kind = event_of(request.action, fhir="resourceType" in request.resource)
    purpose = grant.purpose if grant else ""
    entry: dict[str, Any] = {
        "kind": "access", "action": request.action, "door": request.node, "actor": request.actor,
        "event": kind.event if decision.allowed else REFUSED, "act": kind.action,
        "life": kind.life, "allowed": decision.allowed, "reason": _short(decision.reason),
        "what": what,
    }  # fmt: skip
    if kind.fhir:
        entry["fhir"] = kind.fhir
    if kind.search:
        entry["search"] = True
    if grant is not None:
        entry["grant"] = grant_of(grant)
    if purpose:
        entry["purpose"] = purpose
    if grant is not None and (why := str(getattr(grant, "reason", ""))):
        entry["purpose_reason"] = _short(why)
    if occasion is not None and occasion.address:
        entry["address"] = occasion.address
    query = query_of(request, occasion, mark) if kind.search or "destination" in what else b""
    if query:
        entry["query"] = base64.b64encode(query).decode()
    if occasion is not None and occasion.sop_class:
        entry["sop_class"] = occasion.sop_class
        entry["transfer_syntax"] = occasion.transfer_syntax
    return entry


def grant_of(grant: Grant) -> dict[str, Any]:
    """Say on whose behalf, without what would let anybody act on it."""
    said = {
        "client": grant.client_id, "subject": grant.subject, "scope": grant.scope,
        "patient": grant.patient, "token": grant.token_id,
    }  # fmt: skip
    found: dict[str, Any] = {name: _short(value) for name, value in said.items() if value}
    if grant.actors:
        found["actors"] = sorted(grant.actors)
    return found


def query_of(request: AccessRequest, occasion: Occasion | None, mark: Mark) -> bytes:
    """Return what was asked as PS3.15 A.5.3.10 wants it, with names and the like marked."""
    if occasion is not None and occasion.sop_class:
        return masked_identifier(occasion.query, occasion.transfer_syntax, mark)
    raw = request.resource.get("query", "")
    if not raw and occasion is not None:
        raw = occasion.query.decode("utf-8", "replace")
    masked = masked_url(raw, mark)
    target = occasion.target if occasion is not None else ""
    return f"{target}?{masked}".encode() if target or masked else b""


def _short(text: str) -> str:
    return text if len(text) <= _MOST else text[: _MOST - 1] + "…"
