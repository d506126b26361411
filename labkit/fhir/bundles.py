"""The interactions batch and transaction: a Bundle of requests (R4 http.html#transaction).

A batch is its entries, one after the other, each on its own. A transaction is one act: all of it is
stored or nothing, whatever the order of its entries, and its entries may refer to each other by
their ``fullUrl`` before any of them has an id.
"""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from labkit.fhir.links import unresolved
from labkit.fhir.messages import Answer, Ask, Resource, Service
from labkit.fhir.outcome import FhirError, Issue, located, operation_outcome, refuse
from labkit.fhir.transaction import Plan
from labkit.fhir.validation import validate

#: How a request is answered: given by the routes, which know all interactions.
Respond = Callable[[Service, str, Ask], Answer]
MAX_ENTRIES = 5000


def process(service: Service, actor: str, ask: Ask, respond: Respond) -> Answer:
    """Answer a batch or a transaction.

    Raises
    ------
    FhirError
        400 or 422 if the Bundle is none of these or malformed; of a transaction, also what its
        first failing entry is refused with: then nothing was stored.
    """
    bundle, kind = ask.resource, ask.resource.get("type")
    entries = bundle.get("entry", [])
    _check_shell(bundle, entries)
    if kind not in ("batch", "transaction"):
        text = f"a Bundle sent here is a batch or a transaction, not {kind!r}"
        raise refuse(400, "not-supported", text, "Bundle.type")
    asks = [_at(n, _ask, service, entry, ask) for n, entry in enumerate(entries)]
    if kind == "batch":
        answers = [_single(service, actor, one, respond) for one in asks]
    else:
        with service.store.transaction():
            answers = Plan(service, actor, asks, _full_urls(entries)).carry_out(respond)
    done = [
        _entry(service, one, answer, ask.representation)
        for one, answer in zip(asks, answers, strict=True)
    ]
    reply: Resource = {"resourceType": "Bundle", "type": f"{kind}-response"}
    return Answer(200, {**reply, "entry": done} if done else reply)


def _check_shell(bundle: Resource, entries: Any) -> None:
    """Check the Bundle without the resources in it, each of which is checked when it is stored."""
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise refuse(400, "structure", "entry is an array of objects", "Bundle.entry")
    if len(entries) > MAX_ENTRIES:
        raise refuse(413, "too-costly", f"a Bundle has at most {MAX_ENTRIES} entries here")
    bare = [{name: v for name, v in entry.items() if name != "resource"} for entry in entries]
    shell = {name: value for name, value in bundle.items() if name != "entry"}
    issues = validate({**shell, "entry": bare} if bare and all(bare) else shell)
    for number, entry in enumerate(bare):
        request = entry.get("request")
        if not isinstance(request, dict) or not {"method", "url"} <= set(request):
            where = f"Bundle.entry[{number}].request"
            issues.append(Issue("required", "method and url say what to do with the entry", where))
    if issues:
        raise FhirError(400, issues)


def _full_urls(entries: list[Resource]) -> list[str]:
    urls = [str(entry.get("fullUrl", "")) for entry in entries]
    for number, url in enumerate(urls):
        if url and urls.index(url) != number:  # bdl-7
            where = f"Bundle.entry[{number}].fullUrl"
            raise refuse(400, "duplicate", f"{url} stands at two entries", where)
    return urls


def _at(number: int, act: Callable[..., Any], *args: Any) -> Any:
    """Do something about an entry, and say of its errors which entry they are about."""
    try:
        return act(*args)
    except FhirError as error:
        raise located(error, f"Bundle.entry[{number}]") from error


def _ask(service: Service, entry: Resource, whole: Ask) -> Ask:
    """Read one entry's request; its URL is relative to the base, or begins with it."""
    request = entry["request"]
    url: str = request["url"].removeprefix(service.base_url).lstrip("/")
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise refuse(400, "invalid", f"request.url {url!r} is no URL ({error})") from error
    if parts.scheme or parts.netloc:
        raise refuse(400, "invalid", f"request.url is of another server: {url}")
    path = tuple(unquote(part) for part in parts.path.split("/") if part)
    method, resource = request["method"], entry.get("resource")
    if method in ("POST", "PUT", "PATCH") and not isinstance(resource, dict):
        raise refuse(400, "required", f"a {method} needs a resource")
    if resource is not None and path and method in ("POST", "PUT"):
        found = resource.get("resourceType")
        if found != path[0] and "$" not in path[-1]:
            text = f"resourceType is {found!r}, but the URL says {path[0]}"
            raise refuse(400, "invalid", text)
    return Ask(
        method,
        path,
        tuple(parse_qsl(parts.query, keep_blank_values=True)),
        resource or {},
        if_match=request.get("ifMatch", ""),
        if_none_match=request.get("ifNoneMatch", ""),
        if_none_exist=request.get("ifNoneExist"),
        lenient=whole.lenient,
    )


def _single(service: Service, actor: str, ask: Ask, respond: Respond) -> Answer:
    """Answer one entry of a batch; its error is its own answer."""
    try:
        if not ask.path or ask.path == ("metadata",):
            raise refuse(400, "not-supported", "no Bundle within a Bundle, and no metadata")
        links = unresolved(ask.resource) if ask.resource else []
        if links:
            text = f"{links[0]} can be resolved in a transaction only; this is a batch"
            raise refuse(400, "invalid", text)
        return respond(service, actor, ask)
    except FhirError as error:
        return Answer(error.status, operation_outcome(error.issues), headers=error.headers)


def _entry(service: Service, ask: Ask, answer: Answer, representation: bool) -> Resource:
    """Tell what became of one entry (R4 bundle.html, Bundle.entry.response)."""
    said: Resource = {"status": f"{answer.status} {HTTPStatus(answer.status).phrase}"}
    out: Resource = {}
    stored = answer.stored
    if stored:
        if answer.written:
            said["location"] = f"{stored.type}/{stored.id}/_history/{stored.version}"
            out["fullUrl"] = f"{service.base_url}/{stored.type}/{stored.id}"
        said |= {"etag": f'W/"{stored.version}"', "lastModified": stored.updated}
    body = answer.body
    if answer.status >= 400:
        said["outcome"] = body
    elif body is not None and (representation or not answer.written):
        out["resource"] = stored.resource if stored and isinstance(body, str) else body
    return {**out, "response": said}
