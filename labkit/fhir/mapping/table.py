"""The mapping as data: ``table.toml``, one row for one FHIR element from one source.

Columns, all text:

``id``         unique name of the row
``r4``, ``r5`` path in FHIR R4 and R5; ``""`` where that version has no such element. ``name[]``
               adds an element to an array for each value, ``identifier[acsn]`` is one with a name,
               ``Observation[]`` is whole resources, each value one
``source``     data elements joined by ``+``; without a value in the first there is none at all
``level``      whose instances are asked: see `LEVELS`
``transform``  a function of ``labkit.fhir.mapping.transforms``
``condition``  when the row counts, see ``conditions.py``; ``otherwise``: no row above gave a value
``differ``     instances that differ: ``conflict`` (no value), ``unite`` (all of them)
``section``    where the standard says so
``note``       for people

Rows with the same path are alternatives: the first that gives a value wins. Only rows that write to
an array without a name, ``performer[]``, all count.
"""

from __future__ import annotations

import difflib
import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, fields, replace
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from labkit.common.errors import UsageError
from labkit.fhir.mapping.conditions import parse_condition
from labkit.fhir.mapping.elements import parse_source
from labkit.fhir.mapping.textfile import parse_toml, read_text
from labkit.fhir.mapping.transforms import TRANSFORMS

#: Level → whose values its rows see.
LEVELS = {
    "study": "all instances of the study",
    "series": "all instances of one series",
    "instance": "one instance",
    "patient": "all instances of the study, for the Patient that it names",
    "device": "all instances of the series that one piece of equipment made",
    "person": "one item of an identification sequence, with PersonName",
    "request": "one requested procedure: an item of RequestAttributesSequence, or the study's own",
    "endpoint": "nothing of DICOM: the site file",
    "object": "one instance that becomes a resource of its own: a report, a document",
}
DIFFER = ("conflict", "unite")
_PATH = re.compile(r"[A-Z][A-Za-z]+((\.[a-z][A-Za-z0-9]*(\[[a-z0-9-]*\])?)+|\[\])")


@dataclass(frozen=True)
class Row:
    """One row; see the module for its columns."""

    id: str
    r4: str
    r5: str
    source: str
    level: str
    transform: str
    condition: str = ""
    differ: str = "conflict"
    section: str = ""
    note: str = ""

    def __post_init__(self) -> None:
        _check(self)

    def path(self, fhir: str) -> str:
        """Return the path in ``"R4"`` or ``"R5"``; ``""`` if there is none."""
        return self.r4 if fhir == "R4" else self.r5

    @property
    def sources(self) -> tuple[str, ...]:
        """The sources one by one, as written."""
        return tuple(s.strip() for s in _split(self.source)) if self.source else ()


def _split(text: str) -> list[str]:
    """Split at ``+`` outside quotes."""
    return re.findall(r"(?:'[^']*'|\"[^\"]*\"|[^+'\"])+", text)


def _check(row: Row) -> None:
    where = f"row {row.id!r} of the mapping table"
    if row.level not in LEVELS:
        raise UsageError(f"{where}: no level {row.level!r}", remedy=f"levels: {', '.join(LEVELS)}")
    if row.differ not in DIFFER:
        raise UsageError(f"{where}: differ = {row.differ!r}", remedy=f"one of {', '.join(DIFFER)}")
    if row.transform not in TRANSFORMS:
        near = difflib.get_close_matches(row.transform, list(TRANSFORMS), n=1)
        remedy = f"did you mean {near[0]}?" if near else f"one of {', '.join(sorted(TRANSFORMS))}"
        raise UsageError(f"{where}: no transform {row.transform!r}", remedy=remedy)
    for path in (row.r4, row.r5):
        if path and not _PATH.fullmatch(path):
            raise UsageError(
                f"{where}: {path!r} is no path", remedy="write it as ImagingStudy.series.modality"
            )
    try:
        for source in row.sources:
            parse_source(source)
        parse_condition(row.condition)
    except UsageError as error:
        raise UsageError(f"{where}: {error.message}", remedy=error.remedy) from error


class MappingTable:
    """All rows, in order; never changed: `replaced`, `added` and `removed` give another table."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self.rows = tuple(rows)
        seen: set[str] = set()
        for row in self.rows:
            if row.id in seen:
                raise UsageError(
                    f"two rows of the mapping table have the id {row.id!r}", remedy="rename one"
                )
            seen.add(row.id)

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, MappingTable) and self.rows == other.rows

    def __hash__(self) -> int:
        return hash(self.rows)

    def __getitem__(self, row_id: str) -> Row:
        for row in self.rows:
            if row.id == row_id:
                return row
        near = difflib.get_close_matches(row_id, [r.id for r in self.rows], n=3)
        raise UsageError(f"no row {row_id!r}", remedy=f"near it: {', '.join(near) or 'none'}")

    @property
    def frozen(self) -> str:
        """SHA-256 of the rows: two tables with the same one map alike."""
        text = json.dumps([asdict(row) for row in self.rows], ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()

    def replaced(self, row_id: str, **columns: str) -> MappingTable:
        """Return a table whose row `row_id` has other columns."""
        new = replace(self[row_id], **columns)
        return MappingTable(new if row.id == row_id else row for row in self.rows)

    def added(self, row: Row, *, before: str = "") -> MappingTable:
        """Return a table with one more row, last or before another (the first to give wins)."""
        rows = list(self.rows)
        rows.insert(rows.index(self[before]) if before else len(rows), row)
        return MappingTable(rows)

    def removed(self, row_id: str) -> MappingTable:
        """Return a table without a row."""
        gone = self[row_id]
        return MappingTable(row for row in self.rows if row is not gone)

    @classmethod
    def load(cls, path: str | Path | None = None) -> MappingTable:
        """Read a table.

        Parameters
        ----------
        path
            A TOML file; ``None`` for the one that comes with the package.

        Raises
        ------
        DataError
            No such file, or no TOML.
        UsageError
            A row that cannot be used: says which, and what to write.
        """
        if path is None:
            return _packaged()
        return cls.parse(read_text(path, "mapping table"), str(path))

    @classmethod
    def parse(cls, text: str, name: str = "the mapping table") -> MappingTable:
        """Read the text of a table."""
        return cls(_rows(parse_toml(text, name)))

    def save(self, path: str | Path) -> Path:
        """Write the table as TOML that `load` reads back to the same rows."""
        blocks = []
        for row in self.rows:
            lines = [f"{k} = {_quoted(v)}" for k, v in asdict(row).items() if v != _DEFAULT.get(k)]
            blocks.append("[[row]]\n" + "\n".join(lines) + "\n")
        Path(path).write_text("\n".join(blocks), "utf-8", newline="\n")
        return Path(path)


@cache
def _packaged() -> MappingTable:
    """Read the package's own table; once, since no table changes."""
    text = (files("labkit.fhir.mapping") / "table.toml").read_text("utf-8")
    return MappingTable.parse(text, "table.toml")


_DEFAULT = {f.name: f.default for f in fields(Row)}


def _quoted(text: str) -> str:
    """Write a TOML string (TOML 1.0: a basic string escapes as JSON does)."""
    if "'" not in text and '"' in text and text.isprintable():
        return f"'{text}'"
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007F")


def _rows(data: dict[str, Any]) -> Iterator[Row]:
    known = {f.name for f in fields(Row)}
    for number, raw in enumerate(data.get("row", []), 1):
        name = raw.get("id", f"number {number}") if isinstance(raw, dict) else f"number {number}"
        where = f"row {name!r} of the mapping table"
        if not isinstance(raw, dict) or not all(isinstance(v, str) for v in raw.values()):
            raise UsageError(f"{where}: columns are text in quotes", remedy="put it in quotes")
        if more := set(raw) - known:
            raise UsageError(
                f"{where}: no column {sorted(more)[0]!r}", remedy=f"columns: {', '.join(known)}"
            )
        if less := {"id", "source", "level", "transform"} - set(raw):
            raise UsageError(f"{where}: no {sorted(less)[0]}", remedy="every row needs it")
        yield Row(**{"r4": "", "r5": "", **raw})
