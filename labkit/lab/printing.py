"""How the command line shows things: one JSON value, a table, a sentence."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import typer


def print_json(value: object) -> None:
    """Print one JSON value."""
    typer.echo(json.dumps(value, indent=2, ensure_ascii=True))


def print_done(result: dict[str, Any], sentence: str, as_json: bool) -> None:
    """Print what was done, as JSON or in words."""
    if as_json:
        print_json(result)
    else:
        typer.echo(sentence)


def print_table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> None:
    """Print a table."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table(*head, box=box.SIMPLE_HEAD, pad_edge=False)
    for row in rows:
        table.add_row(*row)
    Console().print(table)
