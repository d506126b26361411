"""HTML that needs no script and survives the sanitisers of GitHub and nbconvert."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence

from labkit.common.html_table import html_table


def table(
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
    caption: str = "",
    note: str = "",
) -> str:
    """Return a plain table; every cell is escaped.

    Parameters
    ----------
    caption, note
        A line above and one below.
    """
    above = f"<p><strong>{html.escape(caption)}</strong></p>" if caption else ""
    below = f"<p><em>{html.escape(note)}</em></p>" if note else ""
    return f"{above}{html_table(columns, rows)}{below}"
