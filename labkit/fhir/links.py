"""Links between the entries of a transaction, found by type and rewritten (R4 http.html#trules)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from labkit.fhir.definitions import definitions
from labkit.fhir.messages import Resource

#: The types that the standard has rewritten, besides Reference.reference and links in a narrative.
_LINKS = ("uri", "url", "oid", "uuid", "canonical")


def rewritten(resource: Resource, new: Mapping[str, str]) -> Resource:
    """Return a copy in which every link that is a key of `new` is its value."""

    def change(kind: str, text: str) -> str:
        if kind != "xhtml":
            return new.get(text, text)
        for old, to in new.items():
            text = text.replace(f'"{old}"', f'"{to}"')
        return text

    out: Resource = _walk(resource, resource["resourceType"], change)
    return out


def conditional_references(resource: Resource) -> Iterator[str]:
    """Yield the references that are searches, as ``Patient?identifier=a|b``."""
    found: list[str] = []

    def look(kind: str, text: str) -> str:
        head, mark, _ = text.partition("?")
        if kind == "reference" and mark and head in definitions().all_types:
            found.append(text)
        return text

    _walk(resource, resource["resourceType"], look)
    yield from dict.fromkeys(found)


def unresolved(resource: Resource) -> list[str]:
    """Return the references that only a transaction could resolve: ``urn:uuid:…``."""
    found: list[str] = []

    def look(kind: str, text: str) -> str:
        if kind == "reference" and text.startswith("urn:uuid:"):
            found.append(text)
        return text

    _walk(resource, resource["resourceType"], look)
    return found


def _walk(value: Any, kind: str, change: Callable[[str, str], str]) -> Any:
    """Copy a value of type `kind`, with `change` applied to each link in it."""
    if isinstance(value, list):
        return [_walk(item, kind, change) for item in value]
    if isinstance(value, str):
        return change(kind, value) if kind in (*_LINKS, "reference", "xhtml") else value
    if not isinstance(value, dict):
        return value
    if kind == "Resource":
        kind = str(value.get("resourceType", ""))
    rules = definitions().types.get(kind, {})
    out = {}
    for name, item in value.items():
        rule = rules.get(name)
        type_ = rule.type if rule else ""
        if (kind, name) == ("Reference", "reference"):
            type_ = "reference"  # a string by type, and a link by meaning
        out[name] = _walk(item, type_, change)
    return out
