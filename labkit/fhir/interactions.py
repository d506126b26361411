"""The interactions of the RESTful API, one function each (R4 http.html).

Each asks the access policy before it touches anything, and again with the resource in hand; who may
see what is never decided here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from labkit.common.access import ALLOW_ALL, AccessPolicy, AccessRequest, decide
from labkit.fhir.index import index_rows
from labkit.fhir.outcome import FhirError, Issue, operation_outcome, refuse
from labkit.fhir.search import Search, page_token, parse_search
from labkit.fhir.store import FhirStore, Stored
from labkit.fhir.validation import validate

#: What the server does, as the CapabilityStatement says it (R4 valueset-type-restful-interaction).
INTERACTIONS = ("read", "vread", "update", "delete", "create", "search-type")


@dataclass(frozen=True)
class Service:
    """What every interaction needs.

    Attributes
    ----------
    base_url
        The service base URL, without a slash at the end; every URL that goes out begins with it.
    """

    store: FhirStore
    policy: AccessPolicy
    base_url: str


def _ask(service: Service, actor: str, action: str, about: dict[str, str]) -> bool:
    request = AccessRequest(actor, action, service.base_url, about)
    return bool(decide(service.policy, request))


def _permit(service: Service, actor: str, action: str, about: dict[str, str]) -> None:
    decision = decide(service.policy, AccessRequest(actor, action, service.base_url, about))
    if not decision:
        raise refuse(403, "forbidden", f"{action} is not allowed: {decision.reason}")


def about(resource: dict[str, Any], base_url: str) -> dict[str, str]:
    """Say what a resource is, for the policy: its type, id and the patient it is about."""
    kind = resource["resourceType"]
    out = {"resourceType": kind, "id": resource.get("id", "")}
    if kind == "Patient":
        out["patient"] = f"Patient/{out['id']}"
    for code, target, id_, url, _, _ in index_rows(resource, base_url).reference:
        if code == "patient" and (id_ or url):
            out["patient"] = url or f"{target}/{id_}"
    return out


def _current(service: Service, actor: str, kind: str, id_: str, version: str = "") -> Stored:
    action = "vread" if version else "read"
    _permit(service, actor, action, {"resourceType": kind, "id": id_})
    stored = service.store.read(kind, id_, version)
    if stored is None:
        what = f"{kind}/{id_}" + (f" version {version}" if version else "")
        raise refuse(404, "not-found", f"there is no {what} here")
    if stored.deleted:
        raise refuse(410, "deleted", f"{kind}/{id_} was deleted at {stored.updated}")
    _permit(service, actor, action, about(stored.resource, service.base_url))
    return stored


def read(service: Service, actor: str, kind: str, id_: str, version: str = "") -> Stored:
    """Read the current or a named version: 404 if never there, 410 if deleted."""
    return _current(service, actor, kind, id_, version)


def _valid(resource: dict[str, Any]) -> None:
    issues = validate(resource)
    if issues:
        raise FhirError(422, issues)


def create(service: Service, actor: str, resource: dict[str, Any]) -> Stored:
    """Store under a new id; an id that the client gave is ignored (R4 http.html#create)."""
    body = {name: value for name, value in resource.items() if name != "id"}
    _valid(body)
    _permit(service, actor, "create", about(body, service.base_url))
    return service.store.create(body, service.base_url)


def update(
    service: Service, actor: str, resource: dict[str, Any], id_: str, if_match: str = ""
) -> tuple[Stored, bool]:
    """Store a new version, or the first under a client's own id; 412 if `if_match` is not it."""
    if resource.get("id") != id_:
        said = repr(resource["id"]) if "id" in resource else "missing"
        raise refuse(400, "invalid", f"the id in the body is {said}, but the URL says {id_!r}")
    _valid(resource)
    _permit(service, actor, "update", about(resource, service.base_url))
    with service.store.transaction():
        before = service.store.read(resource["resourceType"], id_)
        if before and not before.deleted:
            _permit(service, actor, "update", about(before.resource, service.base_url))
        _match_version(before, if_match)
        return service.store.put(resource, service.base_url)


def _match_version(before: Stored | None, if_match: str) -> None:
    if not if_match:
        return
    wanted = if_match.strip().removeprefix("W/").strip('"')
    there = str(before.version) if before and not before.deleted else "no version"
    if wanted != there:
        text = f"If-Match asks for version {wanted}, but the current one is {there}; read it again"
        raise refuse(412, "conflict", text)


def delete(service: Service, actor: str, kind: str, id_: str) -> Stored | None:
    """Delete; also right if there is nothing (any more). The versions stay readable."""
    _permit(service, actor, "delete", {"resourceType": kind, "id": id_})
    with service.store.transaction():
        before = service.store.read(kind, id_)
        if before and not before.deleted:
            _permit(service, actor, "delete", about(before.resource, service.base_url))
        return service.store.delete(kind, id_)


def search(
    service: Service, actor: str, kind: str, pairs: Sequence[tuple[str, str]], *, lenient: bool
) -> dict[str, Any]:
    """Search one resource type; returns the Bundle of one page (R4 http.html#search).

    A match that the policy refuses is left out, as if it were not there; then the total, which
    would give it away, is left out too.
    """
    _permit(service, actor, "search", {"resourceType": kind, "query": urlencode(pairs)})
    now = service.store.clock()
    asked = parse_search(kind, pairs, lenient=lenient, now=now, base_url=service.base_url)
    bundle: dict[str, Any] = {"resourceType": "Bundle", "type": "searchset"}
    if asked.total and service.policy is ALLOW_ALL:
        bundle["total"] = service.store.query(*asked.count_sql())[0][0]
    bundle["link"] = [{"relation": "self", "url": _search_url(service, asked, asked.used)}]
    entries: list[dict[str, Any]] = []
    if asked.count:
        rows = service.store.query(*asked.page_sql())
        if len(rows) > asked.count:
            rows = rows[: asked.count]
            token = page_token([*rows[-1][6:], rows[-1][0]])
            rest = [pair for pair in asked.used if pair[0] != "_page"]
            url = _search_url(service, asked, [*rest, ("_page", token)])
            bundle["link"].append({"relation": "next", "url": url})
        found = [Stored(*row[:6]) for row in rows]
        entries = [_entry(service, s) for s in found if _visible(service, actor, s)]
    if asked.warnings:
        said = [Issue(i.code, i.diagnostics, severity="warning") for i in asked.warnings]
        outcome = operation_outcome(said)
        entries.append({"resource": outcome, "search": {"mode": "outcome"}})
    if entries:
        bundle["entry"] = entries
    return bundle


def _visible(service: Service, actor: str, stored: Stored) -> bool:
    if service.policy is ALLOW_ALL:
        return True
    return _ask(service, actor, "read", about(stored.resource, service.base_url))


def _search_url(service: Service, asked: Search, pairs: Sequence[tuple[str, str]]) -> str:
    query = urlencode(pairs, safe=":/|,")
    return f"{service.base_url}/{asked.type}" + (f"?{query}" if query else "")


def _entry(service: Service, stored: Stored) -> dict[str, Any]:
    return {
        "fullUrl": f"{service.base_url}/{stored.type}/{stored.id}",
        "resource": stored.resource,
        "search": {"mode": "match"},
    }
