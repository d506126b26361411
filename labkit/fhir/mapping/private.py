"""Rows that a site adds: its private elements."""

from __future__ import annotations

from labkit.fhir.mapping.conditions import OTHERWISE
from labkit.fhir.mapping.site import Site
from labkit.fhir.mapping.table import MappingTable, Row


def with_private(table: MappingTable, site: Site) -> MappingTable:
    """Add a row for each private element of the site file.

    Each is an alternative behind the standard's own rows of the same path: what the standard says
    goes first. The level follows from the path.

    Raises
    ------
    UsageError
        A source, path or transform that there is not.
    """
    for number, private in enumerate(site.private, 1):
        path = private["path"]
        row = Row(
            f"private.{number}", path, path, private["source"], _level(path),
            private.get("transform", "string"), section="PS3.5 7.8.1",
            note="A private element, named by the site file.",
        )  # fmt: skip
        last = [r.id for r in table if path in (r.r4, r.r5) and r.condition == OTHERWISE]
        table = table.added(row, before=last[0] if last else "")
    return table


def _level(path: str) -> str:
    """Return whose instances are asked for a path."""
    for start, level in (
        ("ImagingStudy.series.instance.", "instance"), ("ImagingStudy.series.", "series"),
        ("Patient.", "patient"), ("Device.", "device"),
    ):  # fmt: skip
        if path.startswith(start):
            return level
    return "study"
