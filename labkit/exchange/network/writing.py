"""A design back into its file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

from labkit.exchange.network.design import Design, Head


def write_design(design: Design) -> str:
    """Return a design as the text of its file; what is as by default is left out.

    `read_design` of it gives the same design.
    """
    lines = list(_values(Head(design.name, design.style, design.protocol, design.note)))
    for part, rows in (
        ("community", design.communities),
        ("site", design.sites),
        ("link", design.links),
    ):
        for row in rows:
            lines += ["", f"[[{part}]]", *_values(row)]
    for part in ("security", "retention", "identity", "cloud"):
        values = list(_values(getattr(design, part)))
        if values:
            lines += ["", f"[{part}]", *values]
    return "\n".join(lines) + "\n"


def _values(row: Any) -> Iterator[str]:
    made = f"{row.from_}-{row.to}" if hasattr(row, "from_") else None
    for each in fields(row):
        value = getattr(row, each.name)
        if value != each.default and not (each.name == "name" and value == made):
            yield f"{each.name.rstrip('_')} = {_toml(value)}"


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, tuple):
        return f"[{', '.join(map(_toml, value))}]"
    if isinstance(value, Path):
        return _toml(str(value))
    return '"' + "".join(_ESCAPES.get(c, c) if c >= " " else _escape(c) for c in value) + '"'


_ESCAPES = {'"': '\\"', "\\": "\\\\", "\x7f": "\\u007f"}


def _escape(control: str) -> str:
    return f"\\u{ord(control):04x}"
