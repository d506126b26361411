"""What FHIR R4 says, as data: elements, required bindings and search parameters.

The tables are generated from HL7's definitions (see ``tables/README.md``); nothing here or in the
server names an element or a search parameter of a resource.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

FHIR_VERSION = "4.0.1"


@dataclass(frozen=True)
class Rule:
    """One element of a type (R4 elementdefinition).

    Attributes
    ----------
    type
        Datatype, backbone path (``"ImagingStudy.series"``), or ``"Resource"`` for contained ones.
    min, max
        Cardinality; `max` is ``None`` for ``*``.
    choice
        ``"effective"`` for ``effectiveDateTime``: of one choice, one may be present.
    codes
        Canonical URL of the value set of a required binding, or ``""``.
    target
        Resource types that a Reference may point to; empty for any.
    """

    type: str
    min: int = 0
    max: int | None = 1
    choice: str = ""
    codes: str = ""
    target: tuple[str, ...] = ()

    @property
    def repeats(self) -> bool:
        """Whether JSON shows the element as an array."""
        return self.max != 1


@dataclass(frozen=True)
class Path:
    """Where the values of a search parameter are found.

    Attributes
    ----------
    names
        JSON names from the resource down; arrays are walked through.
    type
        Datatype at the end of the path.
    target
        Only references to this resource type count (``.where(resolve() is Patient)``).
    where
        Only elements that have these values count (``.where(system='email')``).
    exists
        The value is whether anything but ``false`` is there.
    system
        The code system that a bare code of this element belongs to, or ``""``.
    extension
        URL of the extension of the resource whose value it is; the path begins with it.
    """

    names: tuple[str, ...]
    type: str
    target: str = ""
    system: str = ""
    where: tuple[tuple[str, str], ...] = ()
    exists: bool = False
    extension: str = ""


@dataclass(frozen=True)
class SearchParameter:
    """One search parameter of one resource type (R4 searchparameter), of R4's or of a profile's."""

    code: str
    type: str
    url: str
    paths: tuple[Path, ...]


@dataclass(frozen=True)
class Definitions:
    """All tables, read once.

    Attributes
    ----------
    primitives
        Regular expression of each primitive type.
    codes
        Value set → code system → its codes.
    types
        Type or backbone path → JSON name → rule.
    search
        Resource type → code → search parameter; its keys are the supported resource types.
    all_types
        Every resource type of R4, supported or not.
    """

    primitives: Mapping[str, re.Pattern[str]]
    codes: Mapping[str, Mapping[str, frozenset[str]]]
    types: Mapping[str, Mapping[str, Rule]]
    search: Mapping[str, Mapping[str, SearchParameter]]
    all_types: frozenset[str]

    @property
    def resources(self) -> list[str]:
        """The resource types that the server knows, sorted."""
        return sorted(self.search)

    def targets(self, kind: str, parameter: SearchParameter) -> list[str]:
        """Return the supported resource types that a reference parameter of `kind` may lead to."""
        found: set[str] = set()
        for path in parameter.paths:
            at, allowed = kind, frozenset[str]()
            for name in path.names:
                rule = self.types[at][name]
                at, allowed = rule.type, frozenset(rule.target)
            if at == "Reference":
                found |= {path.target} if path.target else allowed or self.all_types
        return [name for name in self.resources if name in found]


def _rule(row: Mapping[str, Any]) -> Rule:
    return Rule(**{**row, "target": tuple(row.get("target", ()))})


def _path(row: Mapping[str, Any]) -> Path:
    return Path(
        names=tuple(row["path"]),
        type=row["type"],
        target=row.get("target", ""),
        system=row.get("system", ""),
        where=tuple(row.get("where", {}).items()),
        exists=row.get("exists", False),
        extension=row.get("extension", ""),
    )


def _table(name: str) -> dict[str, Any]:
    text = (files("labkit.fhir") / "tables" / name).read_text(encoding="utf-8")
    table: dict[str, Any] = json.loads(text)
    return table


@lru_cache(maxsize=1)
def definitions() -> Definitions:
    """Return the tables; read at the first call, the same object ever after."""
    structure, search = _table("structure.json"), _table("search.json")
    # What IHE's MHD has beyond R4: a document is found by when it was made, a list by its source.
    more = _table("search_mhd.json")["resources"]
    return Definitions(
        all_types=frozenset(structure["resources"]),
        primitives={
            name: re.compile(regex or r"(?s).*", re.ASCII)
            for name, regex in structure["primitives"].items()
        },
        codes={
            url: {system: frozenset(codes) for system, codes in systems.items()}
            for url, systems in structure["codes"].items()
        },
        types={
            name: {leaf: _rule(row) for leaf, row in rows.items()}
            for name, rows in structure["types"].items()
        },
        search={
            name: {
                code: SearchParameter(
                    code, row["type"], row["url"], tuple(_path(p) for p in row["paths"])
                )
                for code, row in (rows | more.get(name, {})).items()
            }
            for name, rows in search["resources"].items()
        },
    )
