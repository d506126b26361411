"""The rows of a HeaderBrowser as plain data for the view, and as HTML for pages without it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydicom.dataset import Dataset

from labkit.common.errors import LabkitError
from labkit.common.wording import counted
from labkit.dicom.compare import Difference
from labkit.dicom.explain import explain
from labkit.dicom.layout import element_bytes
from labkit.dicom.paths import ancestors
from labkit.widgets.base.fallback import table

EAGER = 20_000
"""Rows sent at once; of more, items of sequences follow when they are opened or searched."""

FOUND = 2_000
"""Most rows sent in answer to one search of rows that were not sent."""

STATIC = 40
"""Most rows of a page without widgets."""

COLUMNS = [
    "id", "path", "depth", "tag", "keyword", "name", "vr", "vm", "dictionary_vm", "creator",
    "children", "status", "left", "right", "problem",
]  # fmt: skip


class Table:
    """All rows, in the order of the tree.

    Parameters
    ----------
    differences
        One a row; with one data set, compared with itself.
    titles
        Of the value columns: one, or two to show side by side.
    """

    def __init__(self, differences: list[Difference], titles: list[str]) -> None:
        self.differences = differences
        self.titles = titles
        self.by_path = {row.path: row for row in differences}

    def found(self, search: str) -> list[Difference]:
        """List the rows that match on either side, and those that lead to them."""
        if not search.strip():
            return self.differences
        kept: set[str] = set()
        for row in self.differences:
            if any(side is not None and side.matches(search) for side in (row.left, row.right)):
                kept |= {row.path, *ancestors(row.path)}
        return [row for row in self.differences if row.path in kept]

    def payload(self) -> dict[str, Any]:
        """Return what the view starts with: titles, columns, rows, and whether that is all."""
        complete = len(self.differences) <= EAGER
        rows = [
            self._values(number, row)
            for number, row in enumerate(self.differences)
            if complete or row.row.depth == 0
        ]
        return {"titles": self.titles, "columns": COLUMNS, "rows": rows, "complete": complete,
                "total": len(self.differences)}  # fmt: skip

    def below(self, path: str, search: str) -> list[list[Any]]:
        """Return rows that `payload` left out: the direct children of a path, or a search's."""
        if path:
            depth = self.by_path[path].row.depth if path in self.by_path else -2
            wanted = {
                row.path
                for row in self.differences
                if row.path.startswith(path) and row.row.depth == depth + 1
            }
        else:
            wanted = {row.path for row in self.found(search)[:FOUND]}
        return [
            self._values(number, row)
            for number, row in enumerate(self.differences)
            if row.path in wanted
        ]

    def _values(self, number: int, difference: Difference) -> list[Any]:
        row = difference.row
        left = difference.left.value if difference.left else None
        right = difference.right.value if difference.right else None
        return [
            number, row.path, row.depth, row.tag, row.keyword, row.name, row.vr, row.vm,
            row.dictionary_vm, row.creator, row.children, difference.status, left,
            right if len(self.titles) == 2 else None, row.problem,
        ]  # fmt: skip


def detail(
    row: Difference, sides: list[tuple[str, Dataset, Dataset | Path | str]], *, editable: bool
) -> dict[str, Any]:
    """Return what the lower half shows: notes, and for each side the value and its bytes.

    Parameters
    ----------
    sides
        Title, data set, and where its bytes come from.
    """
    explanation = explain(sides[0][1], row.path)
    shown = []
    for title, ds, source in sides:
        side: dict[str, Any] = {"title": title, "value": explain(ds, row.path).value}
        try:
            found = element_bytes(source, row.path, limit=2048)
        except LabkitError as error:
            side["hex"] = {"problem": str(error)}
        else:
            where = f"{found.source}, offset {found.offset}" if found.from_file else found.source
            side["hex"] = {
                "bytes": found.data, "offset": found.offset, "total": found.total,
                "caption": f"{where}, {found.total} bytes",
                "parts": [{**vars(part), "kind": part.name.lower()} for part in found.parts],
            }  # fmt: skip
        shown.append(side)
    return {
        "path": row.path, "tag": row.row.tag, "keyword": row.row.keyword, "name": row.row.name,
        "notes": [vars(note) for note in explanation.notes], "sides": shown, "editable": editable,
    }  # fmt: skip


def html_table(content: Table, search: str, only_differences: bool) -> str:
    """Return a page's stand-in for the widget, at most `STATIC` rows."""
    rows = content.found(search)
    two = len(content.titles) == 2
    if two:
        rows = [row for row in rows if row.status != "same"] if only_differences or two else rows
    elif not search:
        rows = [row for row in rows if row.row.depth == 0]
    cells = []
    for row in rows[:STATIC]:
        label = row.row.keyword or row.row.name
        values = [_short(side.value) if side else "" for side in (row.left, row.right)]
        status = [row.status] if two else []
        cells.append(
            ["  " * row.row.depth + row.row.tag, label, row.row.vr, *status,
             *values[: len(content.titles)]]
        )  # fmt: skip
    left_out = len(rows) - len(cells)
    more = counted(left_out, "more row")
    note = f"{more}. Run the cell to search, explain and edit." if left_out else ""
    if two and not rows:
        note = "No differences."
    titles = ["difference", *content.titles] if two else content.titles
    return table(["tag", "keyword", "VR", *titles], cells, note=note)


def _short(value: str) -> str:
    return value if len(value) <= 64 else value[:61] + "…"
