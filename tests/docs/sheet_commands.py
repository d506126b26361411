"""The cheat sheet's table of commands, read from the command line itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import typer.main

from labkit import cli
from labkit.fhir.mapping.commands import map_app

COMPLETION = {"--install-completion", "--show-completion"}
EVERYWHERE = {"--help", "--json", "--workspace", "--workshop", *COMPLETION}


def table(head: str, rows: Iterable[Iterable[object]]) -> str:
    names = head.split("|")
    lines = [" | ".join(names), " | ".join("---" for _ in names)]
    lines += [" | ".join(str(cell).replace("|", "\\|") for cell in row) for row in rows]
    return "\n".join(f"| {line} |" for line in lines)


def commands() -> str:
    """Every command, what it does, and its options."""
    rows = []
    for name, command in _walked(typer.main.get_command(cli.app), "labkit"):
        said = " ".join((command.help or "").split("\n\n")[0].split())
        rows.append((f"`{name}`", said, " ".join(f"`{option}`" for option in _options(command))))
    return table("command|what it does|options", rows)


def _walked(command: Any, name: str) -> Iterator[tuple[str, Any]]:
    inside = getattr(command, "commands", None)
    if inside is None:
        # Its words are handed on to an app that is only imported when it is called.
        yield name, typer.main.get_command(map_app) if name == "labkit map" else command
        return
    for word, each in inside.items():
        if not each.hidden:
            yield from _walked(each, f"{name} {word}")


def _options(command: Any) -> Iterator[str]:
    """Yield the long name of each option that is not the same everywhere."""
    for each in command.params:
        if each.param_type_name == "option" and not getattr(each, "hidden", False):
            long = [name for name in each.opts if name.startswith("--")]
            yield from (name for name in long[:1] if name not in EVERYWHERE)
