"""The interactions on one resource: read, create, update, delete (R4 http.html).

Each asks the access policy before it touches anything, and again with the resource in hand; who may
see what is never decided here.
"""

from __future__ import annotations

from urllib.parse import parse_qsl

from labkit.common.access import ALLOW_ALL
from labkit.fhir import subscriptions
from labkit.fhir.conditional import match_version, the_match, unchanged
from labkit.fhir.messages import Answer, Ask, Resource, Service
from labkit.fhir.outcome import FhirError, Issue, refuse
from labkit.fhir.patch import patched
from labkit.fhir.store import Stored
from labkit.fhir.validation import validate
from labkit.fhir.versions import last_body

#: The tag of a resource that was answered in part (R4 search.html#elements).
SUBSETTED = ("http://terminology.hl7.org/CodeSystem/v3-ObservationValue", "SUBSETTED")


def current(service: Service, actor: str, kind: str, id_: str, version: str = "") -> Stored:
    """Return the current or a named version: 404 if never there, or hidden; 410 if deleted."""
    action = "vread" if version else "read"
    service.permit(actor, action, {"resourceType": kind})
    stored = service.store.read(kind, id_, version)
    if stored is None or not _shown(service, actor, stored, action):
        what = f"{kind}/{id_}" + (f" version {version}" if version else "")
        raise refuse(404, "not-found", f"there is no {what} here")
    if stored.deleted:
        raise refuse(410, "deleted", f"{kind}/{id_} was deleted at {stored.updated}")
    return stored


def _shown(service: Service, actor: str, stored: Stored, action: str) -> bool:
    """Whether a version may be seen; a deletion as what was deleted."""
    if service.policy is ALLOW_ALL:
        return True
    last = last_body(service.store, stored)
    return last is not None and service.sees(actor, last, action)


def read(service: Service, actor: str, ask: Ask) -> Answer:
    """Read the current version, or with ``_history/[version]`` another."""
    kind, id_, *rest = ask.path
    stored = current(service, actor, kind, id_, rest[1] if rest else "")
    if unchanged(stored, ask):
        return Answer(304, stored=stored)
    return Answer(200, stored.body, stored)


def check(service: Service, resource: Resource) -> None:
    """Refuse with 422 what is not valid FHIR, a part of a resource, or asks for what cannot be."""
    issues = validate(resource) or subscriptions.problems(service, resource)
    if issues:
        raise FhirError(422, issues)
    for tag in resource.get("meta", {}).get("tag", []):
        if (tag.get("system"), tag.get("code")) == SUBSETTED:
            text = (
                "this is a part of a resource (_elements, _summary); read the whole and change it"
            )
            raise FhirError(422, [Issue("business-rule", text, "meta.tag")])


def create(service: Service, actor: str, ask: Ask) -> Answer:
    """Store under a new id; an id that the client gave is ignored (R4 http.html#create).

    With If-None-Exist, only if its criteria find nothing: else 200 with what is there.
    """
    kind = ask.path[0]
    body = {name: value for name, value in ask.resource.items() if name != "id"}
    check(service, body)
    service.touch(actor, "create", body)
    with service.store.transaction():
        if ask.if_none_exist is not None:
            there = the_match(service, actor, kind, criteria_of(ask.if_none_exist))
            if there:
                return Answer(200, there.body, there, written=True)
        return write(service, body, service.store.new_id(kind), method="POST")


def criteria_of(text: str) -> list[tuple[str, str]]:
    """Split ``identifier=a|b&status=x`` into its parameters."""
    return parse_qsl(text.strip().lstrip("?"), keep_blank_values=True)


def update(service: Service, actor: str, ask: Ask) -> Answer:
    """Store a new version, or the first under a client's own id (R4 http.html#update).

    By id, or without one by criteria (R4 http.html#cond-update).
    """
    kind, resource = ask.path[0], ask.resource
    if len(ask.path) == 2 and resource.get("id") != ask.path[1]:
        said = repr(resource["id"]) if "id" in resource else "missing"
        text = f"the id in the body is {said}, but the URL says {ask.path[1]!r}"
        raise refuse(400, "invalid", text)
    check(service, resource)
    service.touch(actor, "update", resource)
    with service.store.transaction():
        id_, by = target(service, actor, ask)
        before = service.store.read(kind, id_)
        if before and not before.deleted:
            service.touch(actor, "update", before.resource)
        match_version(before, ask.if_match)
        return write(service, resource, id_, method=by)


def patch(service: Service, actor: str, ask: Ask, *, tell: bool = True) -> Answer:
    """Change a part of the current version (R4 http.html#patch); for a policy, an update."""
    kind, id_ = ask.path
    with service.store.transaction():
        before = current(service, actor, kind, id_)
        service.touch(actor, "update", before.resource)
        match_version(before, ask.if_match)
        resource = patched(before.resource, ask.resource)
        if (resource.get("resourceType"), resource.get("id")) != (kind, id_):
            raise refuse(422, "business-rule", "a patch changes neither the type nor the id")
        check(service, resource)
        service.touch(actor, "update", resource)
        return write(service, resource, id_, method="PATCH", tell=tell)


def target(service: Service, actor: str, ask: Ask) -> tuple[str, str]:
    """Say which id an update writes to, and as which method its history tells of it."""
    kind, own = ask.path[0], str(ask.resource.get("id", ""))
    if len(ask.path) == 2:
        return own, "PUT"
    there = the_match(service, actor, kind, ask.pairs)
    if there is None:
        known = service.store.read(kind, own) if own else None
        if known and not known.deleted and service.sees(actor, known.resource):
            text = f"nothing matches, but {kind}/{own} is there and does not meet the condition"
            raise refuse(409, "conflict", text)
        return (own, "PUT") if own else (service.store.new_id(kind), "POST")
    if own and own != there.id:
        text = f"the condition finds {kind}/{there.id}, but the id in the body is {own!r}"
        raise refuse(400, "invalid", text)
    return there.id, "PUT"


def write(
    service: Service, resource: Resource, id_: str, *, method: str, tell: bool = True
) -> Answer:
    """Store, and tell the subscriptions unless the caller will; in the caller's transaction."""
    ready = subscriptions.admit(service, {**resource, "id": id_})
    stored, new = service.store.put(ready, service.base_url, method)
    if tell:
        subscriptions.enqueue(service, stored)
    return Answer(201 if new else 200, stored.body, stored, written=True)


def delete(service: Service, actor: str, ask: Ask) -> Answer:
    """Delete; also right if there is nothing (any more). The versions stay readable."""
    kind = ask.path[0]
    service.permit(actor, "delete", {"resourceType": kind})
    with service.store.transaction():
        if len(ask.path) == 1:
            there = the_match(service, actor, kind, ask.pairs)
            if there is None:
                return Answer(204)
            id_ = there.id
        else:
            id_ = ask.path[1]
        before = service.store.read(kind, id_)
        if before and not _shown(service, actor, before, "read"):
            return Answer(204)  # as of one that never was
        if before and not before.deleted:
            service.touch(actor, "delete", before.resource)
            match_version(before, ask.if_match)
        return Answer(204, stored=service.store.delete(kind, id_))
