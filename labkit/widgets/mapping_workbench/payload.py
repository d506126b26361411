"""What the view draws: the header, the table and the resources as rows that know each other."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from pydicom.dataset import Dataset

from labkit.dicom.header import HeaderRow, iter_rows
from labkit.fhir.mapping import Entry, MappedStudy, MappingTable, Omission
from labkit.fhir.mapping.elements import parse_source
from labkit.fhir.mapping.trail import plain

HEADER = ["tag", "name", "value", "depth", "links", "path", "children"]
ROWS = ["id", "path", "short", "source", "level", "transform", "condition", "section", "note",
        "state", "edited", "keys"]  # fmt: skip
LINES = ["text", "path", "links", "depth", "children"]
INSTANCES = 3
"""Instances of a series that are written out; the others are alike and are counted."""
DEEPEST = 6
_INDEX = re.compile(r"\[\d+\]")

Rows = dict[str, Any]


def header_payload(ds: Dataset, table: MappingTable, fhir: str) -> Rows:
    """Return the rows of a header, each with the ids of the table's rows that read it."""
    readers: dict[str, list[str]] = defaultdict(list)
    for row in table:
        if row.path(fhir):
            for key in _keys(row.sources):
                readers[key].append(row.id)
    rows = []
    for each in iter_rows(ds):
        if each.is_item or each.depth > DEEPEST:
            continue
        key, name = _key_of(each), each.keyword or each.name
        depth, value = each.path.count("."), each.problem or each.value
        rows.append([each.tag, name, value, depth, readers.get(key, []), key, 0])
    return {"columns": HEADER, "rows": rows}


def _key_of(row: HeaderRow) -> str:
    """Return the path of a row as a source of the table has it: without item numbers."""
    parts = _INDEX.sub("", row.path).split(".")
    if row.creator:
        group, element = parts[-1][1:5], parts[-1][-3:-1]
        parts[-1] = f'({group},"{row.creator}",{element})'
    return ">".join(parts)


def _keys(sources: Iterable[str]) -> list[str]:
    """Return what the sources read: of a path through sequences, each of its steps too."""
    found = []
    for source in sources:
        steps = parse_source(source).tags.replace(" > ", ">").split(">")
        if steps[0].startswith("("):
            found += [">".join(steps[: n + 1]) for n in range(len(steps))]
    return list(dict.fromkeys(found))


def table_payload(
    table: MappingTable, first: MappingTable, study: MappedStudy | None, fhir: str
) -> Rows:
    """Return the rows of the table that write to this version of FHIR, and how they fared."""
    states = states_of(study)
    known = {row.id: row for row in first}
    rows = []
    for row in table:
        path = row.path(fhir)
        if not path and known.get(row.id) == row:
            continue
        keys = " ".join(k for s in row.sources for k in (parse_source(s).tags,))
        rows.append([
            row.id, path, path.replace("ImagingStudy.", ""), row.source, row.level, row.transform,
            row.condition, row.section, row.note, states.get(row.id, "unused"),
            known.get(row.id) != row, keys,
        ])  # fmt: skip
    return {"columns": ROWS, "rows": rows}


def states_of(study: MappedStudy | None) -> dict[str, str]:
    """Say of each row whether it gave a value, or left an element empty that no other row fills."""
    if study is None:
        return {}
    filled = {e.path for e in study.trail.entries} | {_base(e.path) for e in study.trail.entries}
    states = {o.row: "empty" for o in study.trail.omissions if o.path not in filled}
    return {**states, **{entry.row: "value" for entry in study.trail.entries}}


def _base(path: str) -> str:
    """Leave out a last index: an omission in an array names the array."""
    return re.sub(r"\[\d+\]$", "", path)


def resource_payload(study: MappedStudy | None, series_uid: str) -> Rows:
    """Return the resources of a study as lines of JSON, each with the rows that wrote it.

    Of the series only the one with `series_uid` is written out.
    """
    lines: list[list[Any]] = []
    if study is not None:
        writers: dict[tuple[str, str], list[str]] = defaultdict(list)
        for entry in study.trail.entries:
            writers[entry.resource, entry.path].append(entry.row)
        for resource in study.resources:
            name = f"{resource['resourceType']}/{resource['id']}"
            of_resource = {path: rows for (at, path), rows in writers.items() if at == name}
            shown = _shortened(resource, series_uid)
            lines += _lines(shown, "", resource["resourceType"], 0, "", of_resource, ())
    return {"columns": LINES, "rows": lines}


class _More(str):
    """Stands for parts that are left out."""


def _shortened(resource: Rows, series_uid: str) -> Rows:
    series = resource.get("series")
    if not isinstance(series, list):
        return resource
    return {**resource, "series": [_series(one, one.get("uid") == series_uid) for one in series]}


def _series(series: Rows, wanted: bool) -> Any:
    instances = series.get("instance", [])
    if wanted and len(instances) > INSTANCES:
        rest = _More(f"… {len(instances) - INSTANCES} more instances")
        return {**series, "instance": [*instances[:INSTANCES], rest]}
    if wanted:
        return series
    words = f"… {len(instances)} instances" if len(instances) != 1 else "… 1 instance"
    return {**series, "instance": _More(words)} if instances else series


def _lines(
    value: Any, name: str, path: str, depth: int, end: str,
    writers: dict[str, list[str]], above: tuple[str, ...],
) -> Iterator[list[Any]]:  # fmt: skip
    links = (*writers.get(path, ()), *above)
    start = "  " * depth + (f'"{name}": ' if name else "")
    opening, closing = ("{", "}") if isinstance(value, dict) else ("[", "]")
    if isinstance(value, (dict, list)):
        yield [start + opening, path, list(links), 0, 0]
        members = list(value.items()) if isinstance(value, dict) else [("", v) for v in value]
        for number, (key, inner) in enumerate(members):
            below = f"{path}.{key}" if key else f"{path}[{number}]"
            comma = "," if number < len(members) - 1 else ""
            yield from _lines(inner, key, below, depth + 1, comma, writers, links)
        yield ["  " * depth + closing + end, path, list(links), 0, 0]
    else:
        text = value if isinstance(value, _More) else json.dumps(value, ensure_ascii=False)
        yield [start + text + end, path, list(links), 0, 0]


def detail_of(study: MappedStudy | None, row_id: str) -> list[dict[str, Any]]:
    """Say what became of a row: where each value comes from, or why there is none."""
    if study is None:
        return []
    both: list[Entry | Omission] = [*study.trail.entries, *study.trail.omissions]
    found = [item for item in both if item.row == row_id]
    counted = Counter((isinstance(item, Omission), _said(item)) for item in found)
    if not counted:
        return [{"text": "no instance here gives this row anything to do: another row came first, "
                         "or no resource needs it", "empty": True, "times": 1}]  # fmt: skip
    return [{"text": text, "empty": empty, "times": n} for (empty, text), n in counted.items()]


def _said(item: Entry | Omission) -> str:
    if isinstance(item, Omission):
        return f"{plain(item.path)} is empty: {item.words} ({item.reason}; {item.section})"
    tags = " + ".join(item.told_by) or "the site file"
    raw = " + ".join("\\".join(map(str, values)) for values in item.raw if values)
    several = ".instance[" in item.path
    return f"{plain(item.path)} ← {tags}" + ("" if several or not raw else f" = {raw[:120]}")
