"""What one form of a manifest says and the other cannot: found by going there and back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any

from labkit.exchange.manifests.fhir.reading import from_fhir
from labkit.exchange.manifests.fhir.values import Json, Systems
from labkit.exchange.manifests.fhir.writing import to_fhir
from labkit.exchange.manifests.model import Manifest, Problem

#: Where a difference is known to come from, by the attribute of `Manifest`.
_WHY = {
    "title": "a FHIR manifest has one title: it is one with description",
    "ae_titles": "no Endpoint connection type of R4 is DIMSE",
    "identical": "a FHIR manifest is of one study",
    "study_uid": "a FHIR manifest is of one study",
    "series_uid": "a document is in no series",
    "series_number": "a document is in no series",
    "series_description": "a document is in no series",
    "description": "MADO maps no Key Object Description of the manifest itself",
    "study_time": "a time needs a zone and minutes (R4 datatypes dateTime)",
    "created_time": "a time needs a zone and minutes (R4 datatypes dateTime)",
    "time": "a time needs a zone and minutes (R4 datatypes dateTime)",
    "timezone": "only a date with a time has a zone",
    "others": "the Patient ID is among the patient's identifiers (MADO 6.X.2.5.1.1.2)",
    "accession": "orders have accession numbers; one that is empty beside a single one is not said",
    "codes": "no FHIR system is known for the coding scheme",
    "procedures": "no FHIR system is known for the coding scheme",
    "region": "no FHIR system is known for the coding scheme",
    "regions": "no FHIR system is known for the coding scheme",
}
#: Parts of a document that are names within it, or words for people.
_WITHIN = {"id", "meta", "text", "fullUrl", "reference", "display", "type", "section", "title"}


def unsaid(manifest: Manifest, *, systems: Systems | None = None) -> tuple[Problem, ...]:
    """Tell what of a manifest its FHIR form does not say."""
    again = from_fhir(to_fhir(manifest, systems=systems), systems=systems)
    return tuple(_differences(manifest, again, ""))


def unread(bundle: Json, *, systems: Systems | None = None) -> tuple[Problem, ...]:
    """Tell what of a FHIR manifest its key object selection does not say.

    What only names things within the document, or is text for people, is not looked at.
    """
    again = to_fhir(from_fhir(bundle, systems=systems), systems=systems)
    here, there = _by_type(bundle), _by_type(again)
    found: list[Problem] = []
    for kind, resources in here.items():
        kept = [path for resource in there.get(kind, []) for path in _paths(resource, kind)]
        said = [path for resource in resources for path in _paths(resource, kind)]
        for path in dict.fromkeys(said):
            if path not in kept:
                found.append(Problem(path[0], f"{path[1]!r} is not kept"))
    return tuple(found)


def _by_type(bundle: Json) -> dict[str, list[Json]]:
    found: dict[str, list[Json]] = {}
    for entry in bundle.get("entry") or ():
        resource = entry.get("resource") or {}
        found.setdefault(str(resource.get("resourceType")), []).append(resource)
    return found


def _paths(value: Any, at: str) -> Iterator[tuple[str, Any]]:
    """Yield each primitive with its path; positions in lists do not count."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if name not in _WITHIN:
                yield from _paths(inner, f"{at}.{name}")
    elif isinstance(value, list):
        for inner in value:
            yield from _paths(inner, at)
    else:
        yield at, value


def _differences(one: Any, two: Any, at: str) -> Iterator[Problem]:
    if is_dataclass(one) and type(one) is type(two):
        for field in fields(one):
            if field.compare:
                where = f"{at}.{field.name}" if at else field.name
                yield from _differences(getattr(one, field.name), getattr(two, field.name), where)
    elif isinstance(one, tuple) and hasattr(one, "_fields") and type(one) is type(two):
        for name in one._fields:
            yield from _differences(getattr(one, name), getattr(two, name), f"{at}.{name}")
    elif isinstance(one, tuple) and isinstance(two, tuple) and len(one) == len(two):
        for number, (left, right) in enumerate(zip(one, two, strict=True)):
            yield from _differences(left, right, f"{at}[{number}]")
    elif one != two:
        names = [part.partition("[")[0] for part in at.split(".")]
        yield Problem(at, f"{one!r} comes back as {two!r}",
                      next((_WHY[name] for name in names if name in _WHY), ""))  # fmt: skip
