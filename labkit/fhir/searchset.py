"""The interaction search: from parameters to the Bundle of one page (R4 http.html#search)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from labkit.common.access import ALLOW_ALL
from labkit.fhir.definitions import definitions
from labkit.fhir.include import included
from labkit.fhir.interactions import SUBSETTED
from labkit.fhir.messages import Answer, Ask, Resource, Service
from labkit.fhir.outcome import Issue, operation_outcome
from labkit.fhir.search import Search, page_token, parse_search
from labkit.fhir.store import Stored


def search(service: Service, actor: str, ask: Ask) -> Answer:
    """Search one resource type.

    A match that the policy refuses is left out, as if it were not there; then the total, which
    would give it away, is left out too.
    """
    kind, pairs, store = ask.path[0], ask.pairs, service.store
    service.permit(actor, "search", {"resourceType": kind, "query": urlencode(pairs)})
    now = store.clock()
    asked = parse_search(
        kind,
        pairs,
        lenient=ask.lenient,
        now=now,
        base_url=service.base_url,
        sees=service.seen_by(actor),
    )
    bundle: Resource = {"resourceType": "Bundle", "type": "searchset"}
    if asked.total and service.policy is ALLOW_ALL:
        bundle["total"] = store.query(*asked.count_sql())[0][0]
    bundle["link"] = [{"relation": "self", "url": _url(service, asked, asked.used)}]
    entries: list[Resource] = []
    if asked.count:
        rows = _rows(service, actor, asked)
        if len(rows) > asked.count:
            rows = rows[: asked.count]
            token = page_token([*rows[-1][6:], rows[-1][0]])
            rest = [pair for pair in asked.used if pair[0] != "_page"]
            url = _url(service, asked, [*rest, ("_page", token)])
            bundle["link"].append({"relation": "next", "url": url})
        found = [Stored(*row[:6]) for row in rows]
        entries = [_entry(service, asked, stored, "match") for stored in found]

        def visible(stored: Stored) -> bool:
            return service.sees(actor, stored.resource)

        for stored in included(store, asked.includes, found, visible):
            entries.append(_entry(service, asked, stored, "include"))
    if asked.warnings:
        said = [Issue(i.code, i.diagnostics, severity="warning") for i in asked.warnings]
        entries.append({"resource": operation_outcome(said), "search": {"mode": "outcome"}})
    if entries:
        bundle["entry"] = entries
    return Answer(200, bundle)


def _rows(service: Service, actor: str, asked: Search) -> list[tuple[Any, ...]]:
    """Return the rows of a page and one more, of what may be seen.

    A page that were cut first and sifted then would tell by its length, and by a next page that is
    empty, how many are hidden.
    """
    if service.policy is ALLOW_ALL:
        return service.store.query(*asked.page_sql())
    found: list[tuple[Any, ...]] = []
    while True:
        rows = service.store.query(*asked.page_sql())
        found += [row for row in rows if service.sees(actor, Stored(*row[:6]).resource)]
        if len(found) > asked.count or len(rows) <= asked.count:
            return found[: asked.count + 1]
        asked = replace(asked, page=[*rows[-1][6:], rows[-1][0]])


def _url(service: Service, asked: Search, pairs: Sequence[tuple[str, str]]) -> str:
    query = urlencode(pairs, safe=":/|,")
    return f"{service.base_url}/{asked.type}" + (f"?{query}" if query else "")


def _entry(service: Service, asked: Search, stored: Stored, mode: str) -> Resource:
    return {
        "fullUrl": f"{service.base_url}/{stored.type}/{stored.id}",
        "resource": _part(asked, stored.resource),
        "search": {"mode": mode},
    }


def _part(asked: Search, resource: Resource) -> Resource:
    """Leave out what ``_elements`` or ``_summary`` does not want; the rest is marked as a part."""
    kind = resource["resourceType"]
    needed = {n for n, rule in definitions().types[kind].items() if rule.min and not rule.choice}
    always = {"resourceType", "id", "meta", *needed}
    if asked.elements and kind == asked.type:
        kept = always | asked.elements
    elif asked.summary == "text":
        kept = always | {"text"}
    elif asked.summary == "data":
        kept = set(resource) - {"text"}
    else:
        return resource
    part = {name: v for name, v in resource.items() if name.removeprefix("_") in kept}
    meta = resource["meta"]
    tag = {"system": SUBSETTED[0], "code": SUBSETTED[1]}
    return {**part, "meta": {**meta, "tag": [*meta.get("tag", []), tag]}}
