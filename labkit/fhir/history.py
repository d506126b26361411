"""The interaction history: every version, the newest first (R4 http.html#history)."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from labkit.common.access import ALLOW_ALL
from labkit.fhir.dates import date_range, instant, moment
from labkit.fhir.messages import Answer, Ask, Resource, Service
from labkit.fhir.outcome import refuse
from labkit.fhir.search import DEFAULT_COUNT, MAX_COUNT, page_keys, page_token
from labkit.fhir.store import Stored
from labkit.fhir.versions import last_body

_ROW = "SELECT r.pk, r.type, r.id, v.version, v.updated, coalesce(v.body, ''), v.method "
_AFTER = "(v.updated, v.pk, v.version) < (?, ?, ?)"
_FROM = "FROM version v JOIN resource r ON r.pk = v.pk "


def history(service: Service, actor: str, ask: Ask) -> Answer:
    """Return the versions of one resource, of a type, or of all, a page at a time."""
    kind, id_ = (*ask.path[:-1], "", "")[:2]
    service.permit(actor, "history", {"resourceType": kind})
    where = [f"r.{name} = ?" for name, value in (("type", kind), ("id", id_)) if value]
    args: list[Any] = [value for value in (kind, id_) if value]
    count, page, since = _parameters(ask)
    if since:
        where, args = [*where, "v.updated >= ?"], [*args, since]
    rows = service.store.query(f"SELECT count(*) {_FROM}{_all(where)}", args)
    total = rows[0][0]
    there = service.store.read(kind, id_) if id_ else None
    if id_ and (there is None or not _visible(service, actor, there)):
        raise refuse(404, "not-found", f"there never was a {kind}/{id_} here")
    if page:
        where, args = [*where, _AFTER], [*args, *page]
    rows = _rows(service, actor, where, args, count)
    bundle: Resource = {"resourceType": "Bundle", "type": "history"}
    if service.policy is ALLOW_ALL:
        bundle["total"] = total
    given = [pair for pair in ask.pairs if pair[0] != "_page"]
    bundle["link"] = [{"relation": "self", "url": _url(service, ask, list(ask.pairs))}]
    if len(rows) > count > 0:
        last = rows[count - 1]
        token = page_token([last[4], last[0], last[3]])
        url = _url(service, ask, [*given, ("_page", token)])
        bundle["link"].append({"relation": "next", "url": url})
    shown = [_entry(service, Stored(*row[:6]), row[6]) for row in rows[:count]]
    if shown:
        bundle["entry"] = shown
    return Answer(200, bundle)


def _rows(
    service: Service, actor: str, where: list[str], args: list[Any], count: int
) -> list[tuple[Any, ...]]:
    """Return the rows of a page and one more, of versions that may be seen."""
    order = "ORDER BY v.updated DESC, v.pk DESC, v.version DESC LIMIT ?"
    found: list[tuple[Any, ...]] = []
    while True:
        sql = f"{_ROW}{_FROM}{_all(where)} {order}"
        rows = service.store.query(sql, [*args, count + 1])
        found += [row for row in rows if _visible(service, actor, Stored(*row[:6]))]
        if len(found) > count or len(rows) <= count:
            return found
        last = rows[-1]
        if where[-1:] == [_AFTER]:
            where, args = where[:-1], args[:-3]
        where, args = [*where, _AFTER], [*args, last[4], last[0], last[3]]


def _all(where: list[str]) -> str:
    return f"WHERE {' AND '.join(where)}" if where else ""


def _parameters(ask: Ask) -> tuple[int, list[Any], str]:
    """Read ``_count``, ``_page`` and ``_since``; others are refused."""
    count, page, since = DEFAULT_COUNT, [], ""
    for name, value in ask.pairs:
        try:
            if name == "_count" and value.isdecimal():
                count = min(int(value), MAX_COUNT)
            elif name == "_since":
                date_range(value)
                since = _as_stored(value)
            elif name == "_page":
                page = page_keys(value)
                if [type(key) for key in page] != [str, int, int]:
                    raise ValueError("take the next page's URL from the link, as it is")
            elif name not in ("_format", "_pretty"):
                raise ValueError("a history takes _count and _since")
        except (ValueError, OverflowError) as error:
            raise refuse(400, "invalid", f"{name}={value}: {error}") from error
    return count, page, since


def _as_stored(value: str) -> str:
    """Spell a moment as the store spells its own, so that text compares as time."""
    return instant(moment(date_range(value)[0]))


def _url(service: Service, ask: Ask, pairs: list[tuple[str, str]]) -> str:
    query = urlencode(pairs, safe=":/|,")
    return "/".join([service.base_url, *ask.path]) + (f"?{query}" if query else "")


def _entry(service: Service, stored: Stored, method: str) -> Resource:
    """Tell one version: a Bundle says who did what by ``request`` and ``response``."""
    method = method or ("DELETE" if stored.deleted else "POST" if stored.version == 1 else "PUT")
    url = stored.type if method == "POST" else f"{stored.type}/{stored.id}"
    status = {"DELETE": "204 No Content", "POST": "201 Created"}.get(method, "200 OK")
    if method == "PUT" and stored.version == 1:
        status = "201 Created"
    out: Resource = {"fullUrl": f"{service.base_url}/{stored.type}/{stored.id}"}
    if not stored.deleted:
        out["resource"] = stored.resource
    return {
        **out,
        "request": {"method": method, "url": url},
        "response": {
            "status": status,
            "etag": f'W/"{stored.version}"',
            "lastModified": stored.updated,
        },
    }


def _visible(service: Service, actor: str, stored: Stored) -> bool:
    """Whether a version may be seen; a deletion as what was deleted."""
    if service.policy is ALLOW_ALL:
        return True
    body = last_body(service.store, stored)
    return body is not None and service.sees(actor, body, "vread")
