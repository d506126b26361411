"""Conditions on an interaction: versions, dates, and search criteria (R4 http.html)."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from email.utils import parsedate_to_datetime

from labkit.fhir.messages import Ask, Service
from labkit.fhir.outcome import FhirError, Issue, refuse
from labkit.fhir.search import CONTROL, parse_search
from labkit.fhir.store import Stored


def matches(
    service: Service, actor: str, kind: str, pairs: Iterable[tuple[str, str]]
) -> list[Stored]:
    """Return what the criteria find, two at most: nothing, the one, or too many.

    What the policy hides is not found: any other answer would tell that it is there.

    Raises
    ------
    FhirError
        400 for no criteria at all, which would be every resource of the type.
    """
    given = list(pairs)
    if not any(name not in CONTROL for name, _ in given):
        raise refuse(
            400, "required", f"a condition is needed, as in {kind}?identifier=system|value"
        )
    now, base = service.store.clock(), service.base_url
    sees = service.seen_by(actor)
    asked = parse_search(kind, given, lenient=False, now=now, base_url=base, sees=sees)
    where, args = asked.where()
    if sees is not None:
        where, args = "r.pk IN (SELECT value FROM json_each(?))", [json.dumps(sees(where, args))]
    rows = service.store.query(
        "SELECT r.pk, r.type, r.id, v.version, v.updated, v.body FROM resource r "
        f"JOIN version v ON v.pk = r.pk AND v.version = r.version WHERE {where} "
        "ORDER BY r.pk LIMIT 2",
        args,
    )
    return [Stored(*row) for row in rows]


def the_match(
    service: Service, actor: str, kind: str, pairs: Iterable[tuple[str, str]]
) -> Stored | None:
    """Return the only match, or ``None``; 412 if there are several (R4 http.html#ccreate)."""
    given = list(pairs)
    found = matches(service, actor, kind, given)
    if len(found) > 1:
        criteria = "&".join(f"{name}={value}" for name, value in given)
        text = f"{kind}?{criteria} finds more than one resource; make the condition narrower"
        raise FhirError(412, [Issue("multiple-matches", text)])
    return found[0] if found else None


def match_version(before: Stored | None, if_match: str) -> None:
    """Refuse with 412 unless the current version is the one that `if_match` names."""
    if not if_match or (if_match.strip() == "*" and before and not before.deleted):
        return
    wanted = [tag.strip().removeprefix("W/").strip('"') for tag in if_match.split(",")]
    there = str(before.version) if before and not before.deleted else "no version"
    if there not in wanted:
        text = (
            f"If-Match asks for version {', '.join(wanted)}, but the current one is {there}; "
            "read it again"
        )
        raise refuse(412, "conflict", text)


def unchanged(stored: Stored, ask: Ask) -> bool:
    """Whether a conditional read is answered with 304 (R4 http.html#cread)."""
    if ask.if_none_match:
        tags = [tag.strip() for tag in ask.if_none_match.split(",")]
        return "*" in tags or f'W/"{stored.version}"' in tags or f'"{stored.version}"' in tags
    if ask.if_modified_since:
        try:
            since = parsedate_to_datetime(ask.if_modified_since)
            updated = datetime.fromisoformat(stored.updated.replace("Z", "+00:00"))
            return updated.replace(microsecond=0) <= since
        except (TypeError, ValueError):  # RFC 9110 13.1.3: a date that is none is ignored
            return False
    return False
