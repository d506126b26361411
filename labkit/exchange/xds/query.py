"""A stored query: which one, with which parameters, written and read (ITI TF-2 3.18.4.1.2).

A parameter is a Slot. A text is in quotes, a number is not, alternatives are a list:
``'1001234^^^&2.25.7&ISO'``, ``20260115``, ``('a','b')``. A quote in a text is doubled, ``'it''s'``.
Alternatives in one Slot are joined by OR; the same Slot twice is joined by AND.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from labkit.exchange.soap import xml
from labkit.exchange.xds.definitions import MANY, ONE, TIME, kind_of
from labkit.exchange.xds.names import NSMAP, QUERY, rim, table
from labkit.exchange.xds.problems import refuse

LEAF_CLASS = "LeafClass"
OBJECT_REF = "ObjectRef"
_ITEM = re.compile(r"\s*(?:'((?:[^']|'')*)'|(\d{1,20}))\s*")
_MOST_VALUES = 10_000

Groups = tuple[tuple[str, ...], ...]
"""Alternatives (OR) of each Slot; Slots of one name are all to be met (AND)."""


@dataclass(frozen=True)
class StoredQuery:
    """A stored query.

    Attributes
    ----------
    name
        ``"FindDocuments"``; the message has its UUID.
    parameters
        By name with ``$``, each a group of alternatives a Slot.
    returns
        ``"LeafClass"``, the metadata, or ``"ObjectRef"``, the entryUUIDs only.
    home
        homeCommunityId of the community asked, ``""`` where none is said.
    """

    name: str
    parameters: Mapping[str, Groups] = field(default_factory=dict)
    returns: str = LEAF_CLASS
    home: str = ""

    def one(self, name: str) -> str:
        """Return the value of a parameter that has one, ``""`` where it is not there.

        Raises
        ------
        XdsError
            XDSStoredQueryParamNumber: it has several.
        """
        groups = self.parameters.get(name, ())
        if len(groups) > 1 or (groups and len(groups[0]) != 1):
            raise refuse("XDSStoredQueryParamNumber", f"{name} may have one value")
        return groups[0][0] if groups else ""

    def any(self, name: str) -> tuple[str, ...]:
        """Return the alternatives of a parameter that may have several, in one Slot.

        Raises
        ------
        XdsError
            XDSStoredQueryParamNumber: the Slot is there more than once.
        """
        groups = self.parameters.get(name, ())
        if len(groups) > 1:
            raise refuse("XDSStoredQueryParamNumber", f"the Slot {name} may be there once")
        return groups[0] if groups else ()

    def all(self, name: str) -> Groups:
        """Return the groups of a parameter whose Slot may be there several times."""
        return self.parameters.get(name, ())


def write_query(query: StoredQuery) -> xml.Element:
    """Write ``query:AdhocQueryRequest``."""
    request = xml.make(f"{{{QUERY}}}AdhocQueryRequest", NSMAP)
    xml.add(
        request,
        f"{{{QUERY}}}ResponseOption",
        returnComposedObjects="true",
        returnType=query.returns,
    )
    asked = xml.add(request, rim("AdhocQuery"), id=table()["queries"][query.name])
    if query.home:
        asked.set("home", xml.writable(query.home))
    for name, groups in query.parameters.items():
        for group in groups:
            slot = xml.add(asked, rim("Slot"), name=name)
            xml.add(
                xml.add(slot, rim("ValueList")), rim("Value"), _written(query.name, name, group)
            )
    return request


def read_query(request: xml.Element | None) -> StoredQuery:
    """Read ``query:AdhocQueryRequest``.

    Raises
    ------
    XdsError
        It is no query, or not one that XDS has, or a parameter is not written as it must be.
    """
    if request is None or request.tag != f"{{{QUERY}}}AdhocQueryRequest":
        raise refuse("XDSRegistryError", "the request is no AdhocQueryRequest")
    option = request.find(f"{{{QUERY}}}ResponseOption")
    returns = LEAF_CLASS if option is None else option.get("returnType", "")
    if returns not in (LEAF_CLASS, OBJECT_REF):
        raise refuse("XDSRegistryError", f"the returnType {returns[:40]!r} is not offered")
    asked = request.find(rim("AdhocQuery"))
    names = {uuid: name for name, uuid in table()["queries"].items()}
    id_ = "" if asked is None else str(asked.get("id", "")).strip().lower()
    if asked is None or id_ not in names:
        raise refuse("XDSUnknownStoredQuery", f"no stored query has the id {id_[:80]!r}")
    found: dict[str, list[tuple[str, ...]]] = {}
    for slot in asked.iterchildren(rim("Slot")):
        name = str(slot.get("name", "")).strip()
        values: list[str] = []
        for element in slot.iterfind(f"{rim('ValueList')}/{rim('Value')}"):
            values += parse_value(name, xml.text_of(element))
        if values:
            found.setdefault(name, []).append(tuple(values))
    parameters = {name: tuple(groups) for name, groups in found.items()}
    return StoredQuery(names[id_], parameters, returns, str(asked.get("home", "")))


def parse_value(name: str, text: str) -> list[str]:
    """Read one value of a parameter: a text, a number, or a list of them.

    Raises
    ------
    XdsError
        XDSRegistryError: it is not written so.
    """
    text = text.strip()
    listed = text.startswith("(") and text.endswith(")") and len(text) > 1
    at, end = (1, len(text) - 1) if listed else (0, len(text))
    values: list[str] = []
    while (item := _ITEM.match(text, at, end)) and len(values) < _MOST_VALUES:
        values.append(item.group(1).replace("''", "'") if item.group(2) is None else item.group(2))
        at = item.end()
        if not listed or at >= end or text[at] != ",":
            break
        at += 1
        end = end if at < end else end + 1  # a comma before the bracket: the bracket is no value
    if at != end or not values:
        raise refuse(
            "XDSRegistryError",
            f"{name[:60]} has the value {text[:60]!r}: a text is 'in quotes', a list ('a','b')",
        )
    return values


def quoted(text: str) -> str:
    """Write a text as a parameter's value."""
    return "'" + text.replace("'", "''") + "'"


def _written(query: str, name: str, group: Sequence[str]) -> str:
    # A parameter that may have one value is written without brackets (3.18.4.1.2.3.5).
    how = kind_of(query, name) if len(group) == 1 else MANY
    if how == TIME:
        return group[0]
    if how == ONE:
        return quoted(group[0])
    return "(" + ",".join(quoted(each) for each in group) + ")"
