"""A table made ready for walking: paths, functions and tags looked up once, not per instance."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from pydicom.dataset import Dataset

from labkit.common.errors import UsageError
from labkit.fhir.mapping.conditions import OTHERWISE, Test, parse_condition
from labkit.fhir.mapping.elements import WHOLE, Field, Source, fingerprint, parse_source, read
from labkit.fhir.mapping.table import MappingTable, Row
from labkit.fhir.mapping.transforms import TRANSFORMS, Transform

#: Level → whose header its rows read. ``person`` and ``request`` read what their link carries.
SCOPE = {
    "study": "study", "patient": "study", "series": "series", "device": "series",
    "instance": "instance", "person": "person", "request": "request", "endpoint": "endpoint",
    "object": "object",
}  # fmt: skip
#: Where the rows of these levels write, below the resource.
_BASE = {"series": ["series"], "instance": ["series", "instance"]}
_STEP = re.compile(r"(\w+)(\[[a-z0-9-]*\])?")


@dataclass(frozen=True)
class Step:
    """One name of a path, and whether it is an array."""

    name: str
    array: bool


@dataclass(frozen=True)
class Ready:
    """One row, ready to run."""

    row: Row
    path: str
    steps: tuple[Step, ...]
    sources: tuple[Source, ...]
    transform: Transform
    tests: tuple[Test, ...]
    otherwise: bool

    @property
    def needs(self) -> tuple[Source, ...]:
        """All sources, those of the condition too."""
        return (*self.sources, *(test.source for test in self.tests))


@dataclass
class Variant:
    """What one or more instances say alike: source → field."""

    values: Mapping[str, Field]
    origin: str


@dataclass
class Scope:
    """The sources that are read together, and what tells two headers apart in them."""

    sources: dict[str, Source] = field(default_factory=dict)

    def finish(self) -> Scope:
        """Work out the first steps of all sources."""
        self.steps = tuple(dict.fromkeys(s.steps[0] for s in self.sources.values() if s.steps))
        return self

    def fingerprint(self, ds: Dataset) -> tuple[Any, ...]:
        """Return a value that is the same where all sources are."""
        return fingerprint(ds, self.steps)

    def read(self, ds: Dataset, origin: str) -> Variant:
        """Decode all sources of one header."""
        return Variant({text: read(ds, source) for text, source in self.sources.items()}, origin)


class Compiled:
    """A table for one FHIR version.

    Attributes
    ----------
    groups
        (resource type, level) → alternatives in order; of each group the first value counts.
    scopes
        Scope → its sources.
    """

    def __init__(self, table: MappingTable, fhir: str) -> None:
        if fhir not in ("R4", "R5"):
            raise UsageError(f"no mapping to FHIR {fhir!r}", remedy="fhir='R4' or fhir='R5'")
        self.fhir = fhir
        self.scopes = {name: Scope() for name in dict.fromkeys(SCOPE.values())}
        self.groups: dict[tuple[str, str], list[list[Ready]]] = {}
        self._slots: dict[tuple[str, str], list[Ready]] = {}
        for row in table:
            if row.path(fhir):
                self._add(_ready(row, fhir))
        for scope in self.scopes.values():
            scope.finish()

    def _add(self, ready: Ready) -> None:
        kind = ready.path.split(".")[0].split("[")[0]
        scope = self.scopes[SCOPE[ready.row.level]]
        for source in ready.needs:
            if source.steps or source.text == WHOLE:
                scope.sources.setdefault(source.text, source)
        group = self._slots.setdefault((ready.row.level, ready.path), [])
        if "[]" in ready.path or not group:  # a[] takes the values of all its rows
            group = self._slots[ready.row.level, ready.path] = []
            self.groups.setdefault((kind, ready.row.level), []).append(group)
        group.append(ready)

    def of(self, kind: str, level: str) -> list[list[Ready]]:
        """Return the groups of a resource type at a level."""
        return self.groups.get((kind, level), [])

    def kinds(self, level: str) -> list[str]:
        """Return the resource types that have rows at a level, in the table's order."""
        return [kind for kind, its in self.groups if its == level]


@lru_cache(maxsize=8)
def compiled(table: MappingTable, fhir: str) -> Compiled:
    """Make a table ready; of the same one there is one, which nobody changes.

    Raises
    ------
    UsageError
        Another FHIR version, or a row that writes where its level does not.
    """
    return Compiled(table, fhir)


def _ready(row: Row, fhir: str) -> Ready:
    path = row.path(fhir)
    names = [_step(part) for part in path.split(".")]
    base = _BASE.get(row.level, [])
    inner = names[1:]
    if [s.name for s in inner[: len(base)]] != base:
        raise UsageError(
            f"row {row.id!r}: a row of level {row.level} writes to ImagingStudy.{'.'.join(base)}",
            remedy=f"change its level, or its path {path}",
        )
    whole = [names[0]] if not inner else []
    return Ready(
        row, path, tuple(whole or inner[len(base) :]), tuple(map(parse_source, row.sources)),
        TRANSFORMS[row.transform], parse_condition(row.condition), row.condition == OTHERWISE,
    )  # fmt: skip


def _step(text: str) -> Step:
    found = _STEP.fullmatch(text)
    assert found is not None, text  # Row has checked it
    return Step(found[1], found[2] is not None)
