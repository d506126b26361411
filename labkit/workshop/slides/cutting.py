"""Cut a notebook into slides: a section is an idea, its code and outputs are below it.

What gives an exercise away is never on a slide: outputs of exercises, cells that are folded in the
notebook, and calls of `solution` and `hint`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from labkit.exercises.cells import slug_of
from labkit.exercises.notebook_file import FOLDED, read

_HEADING = re.compile(r"^(#{1,2}) (.+)$")
_GIVES_AWAY = re.compile(r"^\s*(solution|hint|progress)\(", re.MULTILINE)
_SET_UP = re.compile(r"^from labkit import .*\bopen_lab\b", re.MULTILINE)
_MOST = 620
"""Characters of text on a slide, more or less: a paragraph is never cut."""
_LEAD = 330
"""A text that is no longer stands above the code that follows it."""
_TOGETHER = 15
"""Lines of code and output that stand on one slide."""


@dataclass(frozen=True)
class Slide:
    """One slide.

    Attributes
    ----------
    text
        Markdown, above everything else.
    code
        Source, or ``""``.
    outputs
        As the notebook file has them.
    exercise
        Its slug; ``""`` where it is none.
    """

    text: str = ""
    code: str = ""
    outputs: tuple[Any, ...] = ()
    exercise: str = ""


@dataclass
class Section:
    """One idea.

    Attributes
    ----------
    title
        Of its heading.
    slides
        The first, and those below it.
    notes
        For the speaker: the whole section as the notebook has it, without what gives an exercise
        away.
    """

    title: str
    slides: list[Slide] = field(default_factory=list)
    notes: str = ""


def cut(path: Path) -> list[Section]:
    """Return the sections of a notebook; the first is its title.

    Raises
    ------
    UsageError
        It cannot be read as a notebook.
    """
    sections = [Section(path.stem)]
    held = ""
    for cell in read(path).cells:
        source = str(cell.source).strip()
        if cell.cell_type == "markdown":
            for level, title, text in _headed(source):
                if level:
                    _flush(sections[-1], held)
                    held = ""
                    if level == 2 or sections[-1].slides:
                        sections.append(Section(title))
                    sections[-1].title = title
                held = f"{held}\n\n{text}".strip()
                sections[-1].notes += f"{title}\n\n{text}\n\n" if level else f"{text}\n\n"
        elif cell.cell_type == "code" and source and not _hidden(cell, source):
            _code(sections[-1], held, source, cell)
            sections[-1].notes += f"{source}\n\n"
            held = ""
    _flush(sections[-1], held)
    return [section for section in sections if section.slides]


def _hidden(cell: Any, source: str) -> bool:
    tags = cell.metadata.get("tags", ())
    return FOLDED in tags or bool(_GIVES_AWAY.search(source) or _SET_UP.search(source))


def _headed(source: str) -> Iterator[tuple[int, str, str]]:
    """Give level, title and text of each part; level 0 for what has no heading of its own."""
    level, title, fenced = 0, "", False
    lines: list[str] = []
    for line in source.splitlines():
        fenced ^= line.startswith("```")
        found = None if fenced else _HEADING.match(line)
        if found:
            if title or any(lines):
                yield level, title, "\n".join(lines).strip()
            level, title, lines = len(found[1]), found[2], []
        else:
            lines.append(line)
    yield level, title, "\n".join(lines).strip()


def _flush(section: Section, text: str) -> None:
    section.slides += [Slide(part) for part in _parts(text)]


def _code(section: Section, text: str, source: str, cell: Any) -> None:
    """Add a cell: with the last of the text before it, and its outputs where there is room."""
    *before, lead = _parts(text) or [""]
    if len(lead) > _LEAD:
        before, lead = [*before, lead], ""
    section.slides += [Slide(part) for part in before]
    slug = slug_of(source)
    if slug is not None:
        section.slides.append(Slide(lead, source, exercise=slug))
        return
    outputs = tuple(cell.get("outputs", ()))
    room = source.count("\n") + 1 + _lines(outputs) <= _TOGETHER
    section.slides.append(Slide(lead, source, outputs if room else ()))
    if outputs and not room:
        section.slides.append(Slide(outputs=outputs))


def _lines(outputs: Iterable[Any]) -> int:
    """Guess how high outputs are, in lines of code."""
    total = 0
    for output in outputs:
        data = output.get("data", {})
        if any(media.startswith("image/") for media in data):
            return _TOGETHER
        html = "".join(data.get("text/html", ""))
        plain = "".join(output.get("text", "") or data.get("text/plain", ""))
        total += 2 * html.count("<tr") if "<tr" in html else plain.count("\n") + 1
    return total


def _parts(text: str) -> list[str]:
    """Divide a text between its blocks so that each part fits on a slide."""
    parts: list[str] = []
    for block in _blocks(text):
        if parts and len(parts[-1]) + len(block) <= _MOST:
            parts[-1] += f"\n\n{block}"
        else:
            parts.append(block)
    return parts


def _blocks(text: str) -> Sequence[str]:
    """Divide Markdown at its empty lines, but not within a fence."""
    blocks: list[str] = []
    fenced = False
    for piece in re.split(r"\n{2,}", text.strip()):
        if fenced:
            blocks[-1] += f"\n\n{piece}"
        elif piece.strip():
            blocks.append(piece)
        fenced ^= piece.count("```") % 2 == 1
    return blocks
