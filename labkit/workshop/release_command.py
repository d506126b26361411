"""``labkit workshop release``; thin."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from labkit.common.errors import UsageError
from labkit.lab.printing import print_json, print_table
from labkit.workshop.options import AsJson
from labkit.workshop.release import Release, Workshop, hints_of, read_release

TITLE = "Workshop"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("release")(release)


def release(
    folder: Annotated[Path, typer.Argument(metavar="DIR", show_default=False)],
    more: Annotated[
        list[str] | None,
        typer.Argument(metavar="[NOTEBOOK]...", help="More of them.", show_default=False),
    ] = None,
    notebooks: Annotated[
        list[str] | None,
        typer.Option(
            metavar="GLOB", help="Such as 'beginner/0[1-3]*'; again for more.", show_default=False
        ),
    ] = None,
    hints: Annotated[
        str | None,
        typer.Option(
            metavar="all|N|none",
            help="How many of each exercise. [default: all]",
            show_default=False,
        ),
    ] = None,
    solutions: Annotated[
        bool | None,
        typer.Option(
            "--solutions/--no-solutions", help="Whether solutions are shown.", show_default=False
        ),
    ] = None,
    title: Annotated[
        str | None, typer.Option(help="What the workshop is called.", show_default=False)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Choose what learners get. Again: change it, also while they work."""
    from labkit.workshop.handing import chosen, furnish, hand_out, titles

    workshop = Workshop(folder.expanduser())
    patterns = [*(notebooks or ()), *(more or ())]
    before = read_release(workshop.folder) if workshop.file.exists() else None
    if before is None and not patterns:
        raise UsageError(
            "A new workshop needs notebooks.",
            remedy=f"labkit workshop release {folder} --notebooks 'beginner/*'",
        )
    made = before or Release(TITLE, ())
    if patterns:
        made = replace(made, notebooks=chosen(patterns))
    if hints is not None:
        made = replace(made, hints=hints_of(hints))
    if solutions is not None:
        made = replace(made, solutions=solutions)
    if title is not None and not title.strip():
        raise UsageError("The title is empty.", remedy="Say what the workshop is called.")
    made = replace(made, title=title.strip() if title else made.title)
    hand_out(workshop, made)
    if made != before:
        workshop.file.write_text(made.to_toml(), encoding="utf-8")
    learners = workshop.names()
    for name in learners:
        furnish(workshop, name, made)
    if as_json:
        said = {"title": made.title, "notebooks": made.notebooks, "hints": made.hints}
        print_json({**said, "solutions": made.solutions, "updated": learners})
        return
    names = made.notebooks
    print_table(("notebook", "title"), zip(names, titles(names), strict=True))
    most = {None: "all", 0: "none"}.get(made.hints, f"at most {made.hints} of each exercise")
    shown = "shown" if made.solutions else "kept back"
    typer.echo(f"{made.title}: {len(names)} notebooks; hints: {most}; solutions: {shown}.")
    if learners:
        typer.echo(f"{len(learners)} learners have it at once; what they wrote is not touched.")
    else:
        typer.echo(f"Start the labs: labkit workshop start --workshop {folder} --learners N")
