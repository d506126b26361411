"""``labkit notebooks strings`` and ``labkit notebooks translate``: thin."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from labkit.common.errors import UsageError

Files = Annotated[
    list[Path] | None, typer.Argument(metavar="[NOTEBOOK]...", show_default="all of notebooks/")
]
Language = Annotated[str, typer.Option(help="de, pt-BR; or `pseudo`, to try out.")]


def strings(
    files: Files = None,
    language: Annotated[str, typer.Option(help="Fill in what its catalogue has.")] = "",
    check: Annotated[bool, typer.Option("--check", help="Only say how far it is.")] = False,
) -> None:
    """Print every text that a translation needs, as a catalogue to fill in."""
    from labkit.exercises import strings as texts
    from labkit.exercises import translating

    if check and not language:
        raise UsageError("--check needs a language", remedy="Name one: --language de --check")
    found = texts.every(_paths(files))
    known = _known(language, needed=check)
    if not check:
        typer.echo(translating.as_text(translating.template(found, language, known)), nl=False)
        return
    state = translating.state(found, known)
    typer.echo(repr(state))
    raise typer.Exit(1 if state.stale or state.wrong else 0)


def translate(
    language: Language,
    to: Annotated[Path, typer.Option(help="The folder to write to.", show_default=False)],
    files: Files = None,
) -> None:
    """Write notebooks in another language; what has no translation stays English."""
    from labkit.exercises.languages import PSEUDO
    from labkit.exercises.translating import write_all

    known = {} if language == PSEUDO else _known(language, needed=True)
    for path in write_all(_paths(files), to, language, known):
        typer.echo(f"wrote {path}")


def _paths(files: list[Path] | None) -> list[Path]:
    """Return the notebooks that are named, else all of the workbook, in its order."""
    if files:
        return files
    root = Path(__file__).resolve().parents[2] / "notebooks"
    return sorted(p for p in root.rglob("*.ipynb") if ".ipynb_checkpoints" not in p.parts)


def _known(language: str, *, needed: bool) -> dict[str, tuple[str, str]]:
    from labkit.exercises.languages import FOLDER_VARIABLE, find, read

    if not language:
        return {}
    try:
        file = find(language, os.environ.get(FOLDER_VARIABLE, ""))
    except UsageError:
        if needed:
            raise
        return {}  # a new language begins with nothing
    return read(file)
