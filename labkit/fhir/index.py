"""From a resource to the rows it is found by (R4 search.html).

Five kinds of row, one table each; a search parameter of the tables says where in the resource its
values are and of which datatype.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from labkit.fhir.dates import OPEN_HIGH, OPEN_LOW, date_range
from labkit.fhir.definitions import Path, definitions
from labkit.fhir.references import split_reference

#: What a string parameter looks at in a composed datatype (R4 search.html#string: any part of it).
_NAME_PARTS = ("text", "family", "given", "prefix", "suffix")
_ADDRESS_PARTS = ("text", "line", "city", "district", "state", "postalCode", "country")
_ACCENTS = re.compile("[\u0300-\u036f]")


@dataclass
class Rows:
    """Index rows of one resource; the first field of each is the search parameter's code."""

    token: list[tuple[str, str, str]] = field(default_factory=list)  # code, system, value
    #: code, type, id, url, system and value of a logical reference's identifier
    reference: list[tuple[str, str, str, str, str, str]] = field(default_factory=list)
    date: list[tuple[str, int, int]] = field(default_factory=list)  # code, low, high in µs
    string: list[tuple[str, str, str]] = field(default_factory=list)  # code, folded, exact
    uri: list[tuple[str, str]] = field(default_factory=list)  # code, value


def fold(text: str) -> str:
    """Spell a string so that case and accents do not count (R4 search.html#string)."""
    return _ACCENTS.sub("", unicodedata.normalize("NFKD", text)).casefold()


def index_rows(resource: Mapping[str, Any], base_url: str = "") -> Rows:
    """Return the rows of a valid resource; `base_url` makes own absolute references relative."""
    rows = Rows()
    for code, parameter in definitions().search[resource["resourceType"]].items():
        add = getattr(_Adder, parameter.type)
        if parameter.paths[0].exists:
            there = any(v is not False for p in parameter.paths for v in _values(resource, p.names))
            rows.token.append((code, "", "true" if there else "false"))
            continue
        for path in parameter.paths:
            for value in _values(_extended(resource, path), path.names):
                if all(value.get(name) == wanted for name, wanted in path.where):
                    add(rows, code, value, path, base_url)
    return rows


def _extended(resource: Mapping[str, Any], path: Path) -> Mapping[str, Any]:
    """Return the resource, of its extensions only the one that the path is about."""
    if not path.extension:
        return resource
    own = [e for e in resource.get("extension", []) if e.get("url") == path.extension]
    return {**resource, "extension": own}


def _values(value: Any, names: tuple[str, ...]) -> Iterator[Any]:
    if isinstance(value, list):
        for item in value:
            yield from _values(item, names)
    elif not names:
        if value is not None:
            yield value
    elif isinstance(value, dict) and names[0] in value:
        yield from _values(value[names[0]], names[1:])


class _Adder:
    """One function a kind of search parameter; all have the same arguments."""

    @staticmethod
    def token(rows: Rows, code: str, value: Any, path: Path, base_url: str) -> None:
        if path.type == "CodeableConcept":
            for coding in value.get("coding", []):
                rows.token.append((code, coding.get("system", ""), coding.get("code", "")))
        elif path.type == "Coding":
            rows.token.append((code, value.get("system", ""), value.get("code", "")))
        elif path.type == "Identifier":
            rows.token.append((code, value.get("system", ""), value.get("value", "")))
        elif path.type == "ContactPoint":  # its system ("phone") is not a code system
            rows.token.append((code, "", value.get("value", "")))
        elif isinstance(value, bool):
            rows.token.append((code, "", "true" if value else "false"))
        else:
            rows.token.append((code, path.system, str(value)))

    @staticmethod
    def reference(rows: Rows, code: str, value: Any, path: Path, base_url: str) -> None:
        if isinstance(value, str):  # canonical, uri
            rows.reference.append((code, "", "", value.split("|")[0], "", ""))
            return
        text = value.get("reference", "")
        identifier = value.get("identifier", {})
        kind, id_, url = ("", "", "")
        if text and not text.startswith("#"):
            kind, id_, url = split_reference(text, base_url)
        kind = kind or value.get("type", "")
        if path.target and kind and kind != path.target:
            return
        if id_ or url or identifier:
            system, logical = identifier.get("system", ""), identifier.get("value", "")
            rows.reference.append((code, kind, id_, url, system, logical))

    @staticmethod
    def date(rows: Rows, code: str, value: Any, path: Path, base_url: str) -> None:
        if path.type == "Period":
            low = date_range(value["start"])[0] if "start" in value else OPEN_LOW
            high = date_range(value["end"])[1] if "end" in value else OPEN_HIGH
        else:
            low, high = date_range(value)
        rows.date.append((code, low, high))

    @staticmethod
    def string(rows: Rows, code: str, value: Any, path: Path, base_url: str) -> None:
        if isinstance(value, str):
            rows.string.append((code, fold(value), value))
            return
        for part in _NAME_PARTS if path.type == "HumanName" else _ADDRESS_PARTS:
            for text in _values(value, (part,)):
                rows.string.append((code, fold(text), text))

    @staticmethod
    def uri(rows: Rows, code: str, value: Any, path: Path, base_url: str) -> None:
        rows.uri.append((code, value))
