"""A compact answer on screen and on paper: a word, a title, and a few labelled rows.

It carries no time, no count that depends on history, and no meaning in colour alone, so that the
stored output of a notebook stays true on every machine, in dark and light, and in black and white.
"""

from __future__ import annotations

import html
import re
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from labkit.common import Citation
from labkit.exercises.languages import Catalogue, current
from labkit.exercises.words import words

#: Characters a line in a terminal; the width of a page in a fixed-width font.
WIDTH = 92
#: Characters a value may take up before it is cut.
LONGEST = 300

_ADDRESS = re.compile(r"\bat 0x[0-9a-fA-F]{6,}")


def cut(text: str, longest: int) -> str:
    """Return `text`, cut to `longest` characters with a sign that it was."""
    return text if len(text) <= longest else text[: longest - 2] + " …"


def show(value: Any) -> str:
    """Write `value` for a learner: short, one type name, the same in every run.

    Text given by a check (``str``) is for :class:`Row`; this is for values found in an answer.
    """
    if value is ...:
        return words("got.nothing")
    if value is None:
        return "None"
    try:
        text = repr(value)
    except Exception as error:  # a learner's own class may have a broken __repr__
        text = f"(cannot be shown: {type(error).__name__})"
    text = cut(_ADDRESS.sub("", text[: 2 * LONGEST]).replace(" >", ">"), LONGEST)
    name = type(value).__name__
    return text if text.startswith((name, "<")) else f"{text} ({name})"


@dataclass(frozen=True)
class Row:
    """One line of a panel.

    Attributes
    ----------
    label
        What the line is: ``"expected"``, ``"got"``, ``"rule"``, ``"hint"`` …
    text
        What it says; line ends are kept.
    cites
        Places in the standards, written after the text, as links where links work.
    code
        Whether the text is source, kept in its own font and never wrapped.
    """

    label: str
    text: str = ""
    cites: tuple[Citation, ...] = ()
    code: bool = False


@dataclass(frozen=True)
class Panel:
    """What `check`, `hint`, `solution` and `progress` show.

    Attributes
    ----------
    word
        The verdict in a word or two: ``"Passed"``, ``"Not yet"`` …
    title
        What it is about.
    rows
        The lines below.
    table
        Column heads and rows of text, where lines are not enough (``progress``).
    """

    word: str
    title: str
    rows: tuple[Row, ...] = ()
    table: Sequence[Sequence[str]] = field(default=())

    def __repr__(self) -> str:
        return self.said_in(current())._as_text()

    def _repr_html_(self) -> str:
        return self.said_in(current())._as_html()

    def said_in(self, language: Catalogue) -> Panel:
        """Return the panel in another language, as far as there are words for it."""
        say = language.say
        rows = [
            replace(row, label=say(row.label), text=row.text if row.code else say(row.text))
            for row in self.rows
        ]
        if language.trouble:
            rows.append(Row(words("row.language"), language.trouble))
        table = [[say(cell) for cell in cells] for cells in self.table]
        return Panel(say(self.word), say(self.title), tuple(rows), table)

    def _as_text(self) -> str:
        lines = [f"[{self.word.upper()}] {self.title}"]
        indent = 2 + max((len(row.label) for row in self.rows), default=0) + 2
        for row in self.rows:
            lines += _lines(row, indent)
        if self.table:
            widths = [max(map(len, column)) for column in zip(*self.table, strict=True)]
            for cells in self.table:
                padded = (cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
                lines.append("  " + "  ".join(padded).rstrip())
        return "\n".join(lines)

    def _as_html(self) -> str:
        parts = [
            f'<div style="{_BOX}" role="note" aria-live="polite">'
            f"<div><strong>{_text(self.word)}</strong> &middot; {_text(self.title)}</div>"
        ]
        if self.rows:
            body = "".join(_html_row(row) for row in self.rows)
            parts.append(f'<table style="{_TABLE}"><tbody>{body}</tbody></table>')
        if self.table:
            head, *rest = self.table
            heads = "".join(f'<th scope="col" style="{_CELL}">{_text(c)}</th>' for c in head)
            body = "".join(
                f"{_TR}" + "".join(f'<td style="{_CELL}">{_text(c)}</td>' for c in cells) + "</tr>"
                for cells in rest
            )
            parts.append(
                f'<table style="{_TABLE}"><thead>{_TR}{heads}</tr></thead>'
                f"<tbody>{body}</tbody></table>"
            )
        return "".join(parts) + "</div>"


# Colours come from the page, so the panel is right on any; it is told by its word and its border.
_BOX = (
    "border:1px solid currentColor;border-left-width:4px;border-radius:2px;padding:6px 10px;"
    "margin:4px 0;max-width:60em;line-height:1.4;break-inside:avoid"
)
_TABLE = "border-collapse:collapse;margin:4px 0 0 0;background:transparent;font:inherit"
_CELL = "text-align:left;vertical-align:top;padding:1px 12px 1px 0;background:transparent"
# A UID is wider than a narrow page.
_LONG = "overflow-wrap:anywhere"
_LABEL = "font-weight:normal;opacity:.8"
# JupyterLab stripes the rows of tables; four rows of one thing are not four things.
_TR = '<tr style="background:transparent">'
_PRE = (
    "margin:0;white-space:pre-wrap;word-break:normal;overflow-wrap:anywhere;text-align:left;"
    "background:transparent;color:inherit"
)


def _text(text: str) -> str:
    return html.escape(text)


def _lines(row: Row, indent: int) -> list[str]:
    """Return `row` as lines of a terminal, its text in a column of its own."""
    text = row.text
    if row.cites:
        text = "; ".join(filter(None, [text, *(str(cite) for cite in row.cites)]))
    lines: list[str] = []
    for line in text.splitlines() or [""]:
        if row.code:
            lines.append(line)
        else:
            # A word longer than the line (a UID, a URL) stays whole, or it could not be copied.
            lines += textwrap.wrap(
                line, WIDTH - indent, break_long_words=False, break_on_hyphens=False
            ) or [""]
    first = f"  {row.label}".ljust(indent)
    return [
        (first if at == 0 else " " * indent) + line if line else ("" if at else first.rstrip())
        for at, line in enumerate(lines)
    ]


def _html_row(row: Row) -> str:
    # `_repr_html_` of a citation is its link.
    links = "; ".join(cite._repr_html_() for cite in row.cites)
    if row.code:
        text = f'<pre style="{_PRE}">{_text(row.text)}</pre>'
    else:
        text = "<br>".join(_text(line) for line in row.text.splitlines())
    between = "; " if text and links else ""
    return (
        f'{_TR}<th scope="row" style="{_CELL};{_LABEL}">{_text(row.label)}</th>'
        f'<td style="{_CELL};{_LONG}">{text}{between}{links}</td></tr>'
    )
