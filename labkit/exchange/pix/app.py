"""ITI-83, Mobile Patient Identifier Cross-reference Query: ``$ihe-pix`` as an ASGI app (PIXm 3.0).

``GET [base]/Patient/$ihe-pix?sourceIdentifier=urn:oid:…|NG-100457&targetSystem=urn:oid:…``
"""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from labkit.common.access import DENY_ALL, AccessPolicy, AccessRequest, anybody, decide
from labkit.exchange.parties import PatientId
from labkit.exchange.pix.crossreference import CrossReference, UnknownAuthority, UnknownPatientId
from labkit.fhir.outcome import FhirError, Issue, operation_outcome, refuse

_log = logging.getLogger(__name__)
_FHIR_JSON = "application/fhir+json"
_KNOWN = ("sourceIdentifier", "targetSystem", "_format")
_NO_AUTHORITY = "sourceIdentifier Assigning Authority not found"
_NO_PATIENT = "sourceIdentifier Patient Identifier not found"
_OPERATION = "https://profiles.ihe.net/ITI/PIXm/OperationDefinition/IHE.PIXm.pix"


def pix_app(
    pix: CrossReference,
    policy: AccessPolicy = DENY_ALL,
    *,
    base_url: str = "",
    identify: Callable[[Request], str] = anybody,
) -> Starlette:
    """Make the service of a Patient Identifier Cross-reference Manager.

    Parameters
    ----------
    pix
        What it knows; may change while it is served.
    policy
        Asked before anything is looked up, with the ID that is asked about. Without one, all is
        refused except the CapabilityStatement.
    base_url
        Names the service to the policy.
    identify
        Says who asks, for the policy.
    """

    async def query(request: Request) -> Response:
        _accept(request)
        source = _source(request)
        about = {"resourceType": "Patient", "identifier": source}
        asked = AccessRequest(identify(request), "$ihe-pix", base_url, about)
        decision = decide(policy, asked)
        if not decision:
            why = "" if decision.private else f": {decision.reason}"
            raise refuse(403, "forbidden", f"$ihe-pix is not allowed{why}")
        return _json(200, _answer(pix, source, request.query_params.getlist("targetSystem")))

    async def metadata(request: Request) -> Response:
        _accept(request)
        return _json(200, _statement())

    routes = [
        Route("/Patient/$ihe-pix", _guard(query), methods=["GET"]),
        Route("/metadata", _guard(metadata), methods=["GET"]),
    ]
    return Starlette(routes=routes)


def _source(request: Request) -> str:
    """Read `sourceIdentifier`: exactly one (2:3.83.4.1.2.1); nothing unknown beside it."""
    for name in request.query_params:
        if name not in _KNOWN:
            raise refuse(400, "not-supported", f"$ihe-pix has no parameter {name!r}")
    given = request.query_params.getlist("sourceIdentifier")
    if len(given) != 1:
        raise refuse(400, "required", "exactly one sourceIdentifier=system|value is needed")
    return str(given[0])


def _answer(pix: CrossReference, source: str, targets: list[str]) -> dict[str, Any]:
    """Look up, and refuse as 2:3.83.4.2.2.2 to 2:3.83.4.2.2.4 say."""
    pid, own = _find(pix, source)
    patients = not targets or any(pix.server and t.rstrip("/") == pix.server for t in targets)
    wanted = [t for t in targets if not pix.server or t.rstrip("/") != pix.server]
    try:
        authorities = {pix.domain(target).authority for target in wanted}
    except UnknownAuthority as error:
        raise refuse(403, "code-invalid", "targetSystem not found") from error
    try:
        others = pix.corresponding(pid)
    except UnknownPatientId as error:
        raise refuse(404, "not-found", _NO_PATIENT) from error
    # What was asked with is not in the answer (2:3.83.4.2.2.1): an ID, or a Patient.
    rows: list[dict[str, Any]] = [
        {"name": "targetIdentifier", "valueIdentifier": _identifier(pix, other)}
        for other in ([pid, *others] if own else others)
        if not targets or other.authority in authorities
    ]
    if patients:
        urls = dict.fromkeys(pix.reference(other) for other in [pid, *others])
        rows += [
            {"name": "targetId", "valueReference": {"reference": url}}
            for url in urls
            if url and url != own
        ]
    return {"resourceType": "Parameters", **({"parameter": rows} if rows else {})}


def _find(pix: CrossReference, source: str) -> tuple[PatientId, str]:
    """Read the token (2:3.83.4.1.2.1): an ID, or a Patient of the server; then also its URL."""
    system, _, value = source.partition("|")
    if not system or not value:
        raise refuse(400, "invalid", "sourceIdentifier is system|value: both are needed")
    if pix.server and system.rstrip("/") == pix.server:
        url = f"{pix.server}/{value}"
        for pid in (pid for person in pix.people() for pid in person):
            if pix.reference(pid) == url:
                return pid, url
        raise refuse(404, "not-found", _NO_PATIENT)
    try:
        return pix.patient_id(system, value), ""
    except UnknownAuthority as error:
        raise refuse(400, "code-invalid", _NO_AUTHORITY) from error


def _identifier(pix: CrossReference, pid: PatientId) -> dict[str, Any]:
    return {**pid.identifier, "assigner": {"display": pix.domain(pid.authority).name}}


def _accept(request: Request) -> None:
    asked = request.query_params.get("_format") or request.headers.get("accept") or "*/*"
    if "json" not in asked and "*/*" not in asked and "application/*" not in asked:
        raise refuse(406, "not-supported", f"only {_FHIR_JSON} is given, not {asked!r}")


def _guard(
    handler: Callable[[Request], Awaitable[Response]],
) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        try:
            return await handler(request)
        except FhirError as error:
            return _json(error.status, operation_outcome(error.issues))
        except Exception:
            _log.exception("$ihe-pix failed")
            text = "the manager failed; its log says why"
            return _json(500, operation_outcome([Issue("exception", text)]))

    return endpoint


def _json(status: int, resource: dict[str, Any]) -> Response:
    return Response(json.dumps(resource, ensure_ascii=False), status, media_type=_FHIR_JSON)


def _statement() -> dict[str, Any]:
    """Tell what is offered (ITI TF-2 Appendix Z.3)."""
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": "2026-01-15",
        "kind": "instance",
        "implementation": {"description": "Patient Identifier Cross-reference Manager of the lab"},
        "fhirVersion": "4.0.1",
        "format": [_FHIR_JSON],
        "rest": [
            {
                "mode": "server",
                "resource": [
                    {
                        "type": "Patient",
                        "operation": [{"name": "ihe-pix", "definition": _OPERATION}],
                    }
                ],
            }
        ],
    }
