"""``labkit exercises …`` and ``labkit notebooks …``: thin, for the command line to add."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from labkit.exercises import translating_commands
from labkit.exercises.find import catalogue

exercises_app = typer.Typer(help="The exercises: list them, prove them.", no_args_is_help=True)
notebooks_app = typer.Typer(help="For authors: make and check notebooks.", no_args_is_help=True)
notebooks_app.command("strings")(translating_commands.strings)
notebooks_app.command("translate")(translating_commands.translate)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")]
Files = Annotated[list[Path], typer.Argument(metavar="NOTEBOOK...", show_default=False)]


@exercises_app.command("list")
def list_exercises(as_json: AsJson = False) -> None:
    """List every exercise: slug, track, notebook, title."""
    rows = [
        {"slug": e.slug, "track": e.track, "notebook": e.notebook, "title": e.title}
        for e in catalogue()
    ]
    if as_json:
        _print_json(rows)
        return
    for row in rows:
        typer.echo(f"{row['track']:13}{row['notebook']:28}{row['slug']:36}{row['title']}")
    typer.echo(f"{len(rows)} exercises")


@exercises_app.command("verify")
def verify_exercises(
    slugs: Annotated[
        list[str] | None, typer.Argument(metavar="[SLUG]...", show_default=False)
    ] = None,
    track: Annotated[str, typer.Option(help="Only this track.")] = "",
    notebook: Annotated[str, typer.Option(help="Only this notebook's: nb07_send.")] = "",
    jobs: Annotated[int, typer.Option(help="How many at a time, each in its own lab.")] = 1,
    as_json: AsJson = False,
) -> None:
    """Prove each exercise: the blank fails, the reference passes, mistakes are recognised."""
    from labkit.exercises.proof import verify

    report = verify(slugs or (), track=track, notebook=notebook, quiet=as_json, jobs=jobs)
    if as_json:
        _print_json(report.to_json())
    else:
        typer.echo(repr(report))
    raise typer.Exit(0 if report.ok else 1)


@notebooks_app.command("build")
def build_notebook(
    source: Annotated[Path, typer.Argument(metavar="DRAFT", show_default=False)],
    target: Annotated[Path | None, typer.Argument(metavar="[NOTEBOOK]", show_default=False)] = None,
) -> None:
    """Make a notebook from a draft (.md, .py), or refresh the exercise cells of a notebook."""
    from labkit.exercises.notebooks import build

    typer.echo(f"built {build(source, target)}")


@notebooks_app.command("run")
def run_notebooks(
    files: Files,
    reference: Annotated[
        bool, typer.Option(help="With every blank solved; stores nothing.")
    ] = False,
) -> None:
    """Execute notebooks, each in a new lab of its own, and store what they show."""
    from labkit.exercises.notebooks import run

    for path in files:
        run(path, reference=reference)
        typer.echo(f"ran {path}")


@notebooks_app.command("check")
def check_notebooks(files: Files) -> None:
    """Hold notebooks to the rules of docs/authoring.md."""
    from labkit.exercises.notebook_rules import check

    bad = 0
    for path in files:
        problems = check(path)
        bad += bool(problems)
        for problem in problems:
            typer.echo(f"{path}: {problem}")
    typer.echo(f"{len(files) - bad} of {len(files)} notebooks keep the rules")
    raise typer.Exit(1 if bad else 0)


@notebooks_app.command("clean")
def clean_notebooks(
    files: Files,
    private: Annotated[
        bool | None,
        typer.Option(
            "--private/--public",
            help="Mark it, so that the workbook never saves its outputs; or take the mark away.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Take every output out of notebooks: before one is passed on that showed real data."""
    import nbformat

    from labkit.exercises import notebook_file
    from labkit.lab.own.privacy import clean

    for path in files:
        notebook = notebook_file.read(path)
        clean(notebook, private=private)
        path.write_text(nbformat.writes(notebook) + "\n", encoding="utf-8", newline="\n")
        typer.echo(f"cleaned {path}")


def _print_json(value: Any) -> None:
    typer.echo(json.dumps(value, indent=2, ensure_ascii=True))
