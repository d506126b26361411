"""HTML that needs no script and survives the sanitisers of GitHub and nbconvert."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence


def table(
    columns: Sequence[str], rows: Iterable[Sequence[object]], caption: str = "", note: str = ""
) -> str:
    """Return a plain table; every cell is escaped.

    Parameters
    ----------
    caption, note
        A line above and one below.
    """
    head = "".join(f'<th align="left">{html.escape(name)}</th>' for name in columns)
    body = "".join(
        "<tr>" + "".join(f'<td align="left">{_cell(cell)}</td>' for cell in row) + "</tr>"
        for row in rows
    )
    above = f"<p><strong>{html.escape(caption)}</strong></p>" if caption else ""
    below = f"<p><em>{html.escape(note)}</em></p>" if note else ""
    return f"{above}<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{below}"


def _cell(value: object) -> str:
    return html.escape(str(value)).replace(" ", "\u00a0", _leading(str(value)))


def _leading(text: str) -> int:
    """Count leading blanks: they are an indent, and HTML would drop them."""
    return len(text) - len(text.lstrip(" "))
