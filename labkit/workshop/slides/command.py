"""``labkit workshop slides``; thin."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from labkit.common.errors import UsageError
from labkit.lab.printing import print_json
from labkit.workshop.options import AsJson


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("slides")(slides)


def slides(
    notebooks: Annotated[
        list[str],
        typer.Argument(
            metavar="NOTEBOOK...", show_default=False,
            help="As for release: 'beginner/0[1-3]*', beginner/07_send; or a file of your own.",
        ),
    ],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="May exist.")],
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """Make a deck of each notebook: one HTML file, for any browser, without a network.

    Solutions and outputs of exercises are never on a slide.
    """
    from labkit.workshop.handing import WORKBOOK, chosen
    from labkit.workshop.slides.cutting import cut
    from labkit.workshop.slides.page import page

    made = []
    for name in notebooks:
        own = Path(name).expanduser()
        paths = [own] if own.is_file() else [WORKBOOK / one for one in chosen([name])]
        for path in paths:
            target = out / f"{path.stem}.html"
            if path.parent != WORKBOOK and path.parent.parent == WORKBOOK:
                target = out / f"{path.parent.name}_{path.stem}.html"
            sections = cut(path)
            _write(target, page(sections))
            made.append((target, len(sections), sum(len(one.slides) for one in sections)))
    if as_json:
        rows = [{"file": str(f), "sections": a, "slides": b} for f, a, b in made]
        print_json(rows)
        return
    for file, across, count in made:
        typer.echo(f"{file}  {count} slides in {across} sections")
    typer.echo("Open one in a browser. Space: on. s: notes. o: all slides. Print: a page a slide.")


def _write(target: Path, text: str) -> None:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, "utf-8", newline="\n")
    except OSError as error:
        raise UsageError(
            f"{target} cannot be written: {error.strerror}", remedy="Name another folder."
        ) from error
