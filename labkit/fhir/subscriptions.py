"""Subscriptions: what is asked for, and which notices a write gives rise to (R4 subscription).

A notice is queued in the same transaction as the write that it tells of, so that neither is there
without the other; `Courier` takes them from the queue.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

from labkit.fhir.dates import date_range
from labkit.fhir.definitions import definitions
from labkit.fhir.messages import Resource, Service
from labkit.fhir.outcome import FhirError, Issue
from labkit.fhir.search import Search, parse_search
from labkit.fhir.store import Stored

PAYLOADS = ("application/fhir+json", "application/json")
#: Headers that are the transport's own, and lines that are no header at all.
_HEADER = re.compile(r"(?!(?i:host|content-length|transfer-encoding|connection):)"
                     r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[ \t]*[\x20-\x7e\t]*")  # fmt: skip


def criteria(service: Service, text: str) -> Search:
    """Read criteria as a search, ``ImagingStudy?modality=…``.

    Raises
    ------
    FhirError
        400 if it is none, or of a type that cannot be subscribed to.
    """
    kind, _, query = text.partition("?")
    if kind not in definitions().search or kind == "Subscription":
        issue = Issue("not-supported", f"no search on {kind!r} can be subscribed to", "criteria")
        raise FhirError(400, [issue])
    pairs = parse_qsl(query, keep_blank_values=True)
    now, base = service.store.clock(), service.base_url
    return parse_search(kind, pairs, lenient=False, now=now, base_url=base)


def problems(service: Service, resource: Resource) -> list[Issue]:
    """Say why the server could never do what a Subscription asks for; of others, nothing."""
    if resource["resourceType"] != "Subscription":
        return []
    issues = _channel_problems(service, resource["channel"])
    try:
        criteria(service, resource.get("criteria", ""))
    except FhirError as error:
        issues += [Issue(i.code, i.diagnostics, "Subscription.criteria") for i in error.issues]
    return issues


def admit(service: Service, resource: Resource) -> Resource:
    """Activate a Subscription that is about to be stored; any other resource passes."""
    if resource["resourceType"] != "Subscription":
        return resource
    if resource.get("status") not in ("requested", "active"):
        return resource
    ready = {name: value for name, value in resource.items() if name != "error"}
    sql = "UPDATE notice SET tries = 0 WHERE subscription = ?"
    service.store.execute(sql, [resource["id"]])
    service.store.rung.set()
    return {**ready, "status": "active"}


def _channel_problems(service: Service, channel: dict[str, Any]) -> list[Issue]:
    out = []
    where = "Subscription.channel"
    if channel.get("type") != "rest-hook":
        text = f"the channel {channel.get('type')} is not served, only rest-hook"
        out.append(Issue("not-supported", text, f"{where}.type"))
    url = channel.get("endpoint", "")
    if not url:
        out.append(Issue("required", "a rest-hook needs the URL to call", f"{where}.endpoint"))
    elif url.startswith(service.base_url):
        out.append(Issue("business-rule", "the server does not call itself", f"{where}.endpoint"))
    elif not service.may_ring(url):
        text = f"{url} is not allowed: this server sends notices to http://127.0.0.1 only"
        out.append(Issue("forbidden", text, f"{where}.endpoint"))
    payload = channel.get("payload", PAYLOADS[0]).split(";")[0].strip()
    if payload not in PAYLOADS:
        text = f"{payload} is not given; write {PAYLOADS[0]}, or leave payload out"
        out.append(Issue("not-supported", text, f"{where}.payload"))
    for number, line in enumerate(channel.get("header", [])):
        if not _HEADER.fullmatch(line or ""):
            text = "write a header as Name: value; Host and Content-Length are the transport's own"
            out.append(Issue("value", text, f"{where}.header[{number}]"))
    return out


def enqueue(service: Service, stored: Stored) -> None:
    """Queue a notice for each active Subscription whose criteria `stored` meets."""
    if stored.type == "Subscription":
        return
    rows = service.store.query(
        "SELECT r.id, v.body FROM ix_token x JOIN resource r ON r.pk = x.pk "
        "JOIN version v ON v.pk = r.pk AND v.version = r.version "
        "WHERE x.type = 'Subscription' AND x.code = 'status' AND x.value = 'active' ORDER BY r.pk",
        [],
    )
    for id_, body in rows:
        subscription = Stored(0, "Subscription", id_, 0, "", body).resource
        if not _meets(service, stored, subscription):
            continue
        sql = "INSERT INTO notice (subscription, pk, version) VALUES (?, ?, ?)"
        service.store.execute(sql, [id_, stored.pk, stored.version])
        service.store.rung.set()


def _meets(service: Service, stored: Stored, subscription: Resource) -> bool:
    asked = criteria(service, subscription["criteria"])
    if asked.type != stored.type or over(subscription, service.store.clock()):
        return False
    where, args = asked.where()
    sql = f"SELECT 1 FROM resource r WHERE r.pk = ? AND {where}"
    if not service.store.query(sql, [stored.pk, *args]):
        return False
    actor = f"Subscription/{subscription['id']}"
    return service.allows(actor, "read", service.about(stored.resource))


def over(subscription: Resource, now: datetime) -> bool:
    """Whether the time that ``Subscription.end`` gives has come."""
    end = subscription.get("end")
    return bool(end) and date_range(str(end))[0] <= now.timestamp() * 1_000_000
