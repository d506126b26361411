"""Where in the lessons an exercise is: what to read again."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import nbformat

from labkit.exercises.cells import slug_of


@dataclass(frozen=True)
class Lesson:
    """A section of a notebook.

    Attributes
    ----------
    title, section
        Of the notebook, and the heading above the exercise; ``""`` where there is none.
    """

    title: str
    section: str = ""

    def link(self, base: str, notebook: str) -> str:
        """Return the address of the section, below `base`; Jupyter's own form of an anchor."""
        anchor = f"#{quote(self.section.replace(' ', '-'))}" if self.section else ""
        return f"{base.rstrip('/')}/{quote(notebook)}{anchor}"


def lessons(path: Path) -> Mapping[str, Lesson]:
    """Return where each exercise of a notebook is, by slug; ``""`` is the notebook itself."""
    cells = nbformat.read(path, as_version=4).cells
    title, section = path.stem, ""
    found: dict[str, Lesson] = {}
    for cell in cells:
        if cell.cell_type == "markdown":
            for level, heading in re.findall(r"^(#{1,3}) +(.+?) *$", cell.source, re.MULTILINE):
                plain = re.sub(r"\[([^\]]*)\]\([^)]*\)|[`*]", r"\1", heading)
                if level == "#":
                    title, section = plain, ""
                else:
                    section = plain
        elif slug := slug_of(cell.source):
            found[slug] = Lesson(title, section)
    found[""] = Lesson(title)
    return found
