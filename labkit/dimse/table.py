"""Matches as a small table, in text and in HTML, of the keys that were asked for."""

from __future__ import annotations

import html
from collections.abc import Sequence

from pydicom.datadict import dictionary_VR, keyword_for_tag, tag_for_keyword
from pydicom.dataset import Dataset

from labkit.common import html_table as tables

_LONGEST, _MOST = 30, 25  # characters of a cell, rows, in text
_WIDEST, _UPRIGHT = 8, 3  # columns that fit a page; matches that stand beside each other
_NUMBERS = {"DS", "FD", "FL", "IS", "SL", "SS", "UL", "US"}
_UNSHOWN = {"SpecificCharacterSet", "QueryRetrieveLevel"}

Column = tuple[str, ...]  # keywords from the data set down through sequences


def columns_of(asked: Dataset) -> list[Column]:
    """List the attributes of an identifier in tag order, those inside sequences with their path."""
    columns: list[Column] = []
    for element in asked:
        keyword = keyword_for_tag(element.tag) or str(element.tag)
        if keyword in _UNSHOWN:
            continue
        if element.VR == "SQ" and element.value and len(element.value[0]):
            columns += [(keyword, *rest) for rest in columns_of(element.value[0])]
        else:
            columns.append((keyword,))
    return columns


def cell(ds: Dataset, column: Column) -> str:
    """Give the value at a path as text; the first item counts where there are more."""
    for keyword in column[:-1]:
        items = ds.get(keyword)
        if not items:
            return ""
        ds = items[0]
    value = ds.get(column[-1])
    if value is None:
        return ""
    if isinstance(value, Sequence) and not isinstance(value, str):
        if value and isinstance(value[0], Dataset):
            return f"{len(value)} item" + ("" if len(value) == 1 else "s")
        return "\\".join(map(str, value))
    return str(value)


def text_table(rows: Sequence[Dataset], columns: Sequence[Column]) -> list[str]:
    """Give the lines of a plain table, long values cut in their middle."""
    if not rows or not columns:
        return []
    table = [[column[-1] for column in columns]]
    table += [[_short(cell(ds, column)) for column in columns] for ds in rows[:_MOST]]
    widths = [max(len(row[i]) for row in table) for i in range(len(columns))]
    lines = [
        "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip()
        for row in table
    ]
    if len(rows) > _MOST:
        lines.append(f"… and {len(rows) - _MOST} more")
    return lines


def html_table(heading: str, rows: Sequence[Dataset], columns: Sequence[Column]) -> str:
    """Give the same as HTML, with whole values; few matches of many attributes stand upright."""
    numbers: list[int] = [n for n, column in enumerate(columns) if _is_number(column[-1])]
    shown = [[cell(ds, column) for column in columns] for ds in rows[:_MOST]]
    head = [column[-1] for column in columns]
    if len(columns) > _WIDEST and len(rows) <= _UPRIGHT:
        shown = [list(row) for row in zip(head, *shown, strict=True)]
        head = ["attribute", *(f"match {n}" for n in range(1, len(rows) + 1))]
        numbers = []
    table = tables.html_table(head, shown, numbers=numbers) if rows and columns else ""
    more = f"<p>… and {len(rows) - _MOST} more</p>" if len(rows) > _MOST else ""
    return f"<div><p>{html.escape(heading)}</p>{table}{more}</div>"


def _is_number(keyword: str) -> bool:
    tag = tag_for_keyword(keyword)
    return tag is not None and dictionary_VR(tag) in _NUMBERS


def _short(text: str) -> str:
    if len(text) <= _LONGEST:
        return text
    half = (_LONGEST - 1) // 2
    return f"{text[:half]}…{text[-half:]}"
