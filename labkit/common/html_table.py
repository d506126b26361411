"""One table for all that labkit shows in a notebook: text to the left, numbers to the right.

JupyterLab's style sheet sets every cell to the right unless the cell itself says otherwise, and
sites that show notebooks drop ``style``; so each cell says it twice, by attribute and by style.
"""

from __future__ import annotations

import html
from collections.abc import Collection, Iterable, Sequence


class Markup(str):
    """HTML that is shown as it stands; every other cell is escaped."""

    __slots__ = ()


def html_table(
    head: Sequence[object],
    rows: Iterable[Sequence[object]],
    *,
    caption: str = "",
    numbers: Collection[int] = (),
) -> str:
    """Return a table in HTML.

    Parameters
    ----------
    head
        The names of the columns; none where the table has no head.
    rows
        The cells; escaped unless `Markup`. Blanks at the beginning are an indent, and stay.
    caption
        The table's name; ``""`` for none.
    numbers
        Which columns, from 0, are numbers.
    """

    def row(cells: Sequence[object], tag: str) -> str:
        return f"<tr>{''.join(_cell(c, tag, n in numbers) for n, c in enumerate(cells))}</tr>"

    above = f"<caption>{html.escape(caption)}</caption>" if caption else ""
    heads = f"<thead>{row(head, 'th')}</thead>" if head else ""
    body = "".join(row(cells, "td") for cells in rows)
    return f"<table>{above}{heads}<tbody>{body}</tbody></table>"


def _cell(value: object, tag: str, number: bool) -> str:
    side = "right" if number else "left"
    where = f'align="{side}" style="text-align:{side};vertical-align:top"'
    return f"<{tag} {where}>{_text(value)}</{tag}>"


def _text(value: object) -> str:
    if isinstance(value, Markup):
        return value
    text = str(value)
    indent = len(text) - len(text.lstrip(" "))  # HTML would drop it
    return html.escape(text).replace(" ", "\u00a0", indent)


def preformatted(text: str) -> str:
    """Return text in HTML as a terminal shows it: each line whole, in a font of one width.

    JupyterLab sets a bare ``<pre>`` in the font of prose, and breaks its long lines in words.
    """
    style = (
        "font-family: var(--jp-code-font-family, monospace); "
        "white-space: pre-wrap; word-break: normal; overflow-wrap: anywhere"
    )
    return f'<pre style="{style}">{html.escape(text)}</pre>'
