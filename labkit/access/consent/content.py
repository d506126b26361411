"""What consents compare with, read from a FHIR resource: references, codes, labels, dates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from labkit.access.references import reference_of
from labkit.fhir.dates import date_range

# When the data are of, by the names that R4 resources have for it; the first that is there counts.
_WHEN = (
    "started", "effectiveDateTime", "effectivePeriod", "performedDateTime", "performedPeriod",
    "occurrenceDateTime", "occurrencePeriod", "onsetDateTime", "onsetPeriod", "period",
    "authoredOn", "date", "created", "issued", "recorded",
)  # fmt: skip


def references(value: Any, base_url: str = "") -> frozenset[str]:
    """Return every reference in a resource, one within another too."""
    return frozenset(
        name for part in _objects(value) if (name := reference_of(part, base_url))
    )  # fmt: skip


def codes(resource: Mapping[str, Any]) -> frozenset[tuple[str, str]]:
    """Return every code in a resource, but for what ``meta`` says of it."""
    body = {name: value for name, value in resource.items() if name != "meta"}
    return frozenset(
        (str(part["system"]), str(part["code"]))
        for part in _objects(body)
        if "system" in part and "code" in part
    )


def labels(resource: Mapping[str, Any]) -> frozenset[tuple[str, str]]:
    """Return the security labels: ``meta.security`` (R4 security-labels.html)."""
    meta = resource.get("meta")
    found = meta.get("security", []) if isinstance(meta, Mapping) else []
    return frozenset((str(each.get("system")), str(each.get("code"))) for each in found)


def dates(resource: Mapping[str, Any]) -> tuple[float, float] | None:
    """Return when the data are of, in seconds since the epoch; ``None`` if they do not say."""
    for name in _WHEN:
        value = resource.get(name)
        try:
            if isinstance(value, str):
                low, high = date_range(value)
                return low / 1e6, high / 1e6
            if isinstance(value, Mapping) and value.get("start"):
                low = date_range(str(value["start"]))[0]
                end = value.get("end")
                return low / 1e6, date_range(str(end))[1] / 1e6 if end else float("inf")
        except ValueError:
            return None
    return None


def _objects(value: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, Mapping):
        yield value
        for part in value.values():
            yield from _objects(part)
    elif isinstance(value, list):
        for part in value:
            yield from _objects(part)
