"""Rules for who hears a notebook, or walks it by its headings and links (docs/accessibility.md)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

#: In the metadata of a cell: what its picture shows. nbconvert makes it the picture's alt.
ALT = "alt"
#: Words at least that say what a picture shows.
LEAST = 4

_CODE = re.compile(r"^(```|~~~).*?^\1|`[^`\n]*`", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^(#{1,6})\s+\S", re.MULTILINE)
_LINK = re.compile(r"(?<!!)\[([^\]]*)\]\([^)]*\)")
_PICTURE = re.compile(r"!\[([^\]]*)\]\(|(<img\b[^>]*>)")
_TABLE = re.compile(r"^[ \t]*\|(.*)\|[ \t]*\n[ \t]*\|[-:| \t]+\|[ \t]*$", re.MULTILINE)
_NO_NAMES = ("", "here", "click here", "this", "this page", "link", "more", "read more", "page")


def problems(cells: list[Any]) -> Iterator[str]:
    """Yield what stands in the way of a reader who does not see the page as a whole."""
    level = 0
    for number, cell in enumerate(cells, 1):
        if cell.cell_type == "code":
            yield from _shown(number, cell)
            continue
        text = _CODE.sub("", cell.source)
        for marks in _HEADING.findall(text):
            if len(marks) > level + 1:
                yield f"cell {number}: a heading of level {len(marks)} below one of level {level}"
            level = len(marks)
        for name in _LINK.findall(text):
            if name.strip(" .*_").lower() in _NO_NAMES:
                yield f"cell {number}: a link called {name!r} does not say where it leads"
        for words, tag in _PICTURE.findall(text):
            if not (words or re.search(r'\balt="[^"]+"', tag)):
                yield f"cell {number}: a picture without a text alternative: ![what it shows](file)"
        for head in _TABLE.findall(text):
            if not all(name.strip() for name in head.split("|")[1:]) or not head.strip(" |"):
                yield f"cell {number}: a table with a column that has no name"


def _shown(number: int, cell: Any) -> Iterator[str]:
    """Hold the pictures that a cell shows to having words."""
    kinds = {kind for output in cell.get("outputs", []) for kind in output.get("data", {})}
    words = str(cell.metadata.get(ALT, ""))
    if any(kind.startswith("image/") for kind in kinds):
        if len(words.split()) < LEAST:
            yield f"cell {number} shows a picture: say in its metadata, as {ALT!r}, what is on it"
    elif words:
        yield f"cell {number} has a text for a picture, and shows none"
