"""Is this resource valid FHIR R5? The same walk as for R4, over R5's tables."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from functools import lru_cache
from importlib.resources import files
from typing import Any

from labkit.fhir.definitions import Definitions, Rule
from labkit.fhir.outcome import Issue
from labkit.fhir.validation import Walk


@lru_cache(maxsize=1)
def definitions_r5() -> Definitions:
    """Return R5's tables of the types that a mapping writes; without search parameters."""
    text = (files("labkit.fhir.mapping") / "tables" / "structure_r5.json").read_text("utf-8")
    table = json.loads(text)
    return Definitions(
        primitives={
            k: re.compile(v or r"(?s).*", re.ASCII) for k, v in table["primitives"].items()
        },
        codes={
            url: {system: frozenset(codes) for system, codes in systems.items()}
            for url, systems in table["codes"].items()
        },
        types={
            name: {
                leaf: Rule(**{**row, "type": _type(row), "target": tuple(row.get("target", ()))})
                for leaf, row in rows.items()
            }
            for name, rows in table["types"].items()
        },
        search={},
        all_types=frozenset(table["resources"]),
    )


def _type(row: dict[str, Any]) -> str:
    """R5 json.html: an integer64 is written as a string."""
    return "string" if row["type"] == "integer64" else str(row["type"])


def validate_r5(resource: dict[str, Any]) -> list[Issue]:
    """Check a resource against R5; see `labkit.fhir.validate`, which is R4's."""
    kind = resource.get("resourceType")
    table = definitions_r5()
    if kind not in table.types or kind not in table.all_types:
        return [Issue("structure", f"R5's tables here have no type {kind!r}", "resourceType")]
    found = Walk(table, resource).resource(resource, str(kind))
    return [replace(i, diagnostics=i.diagnostics.replace(" in R4", " in R5")) for i in found]
