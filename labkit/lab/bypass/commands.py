"""``labkit bypass``: try every other way to see a denied study."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Annotated

import typer

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")]
Page = Annotated[
    Path | None,
    typer.Option("--page", metavar="FILE", help="Write the table into this page.",
                 show_default=False),
]  # fmt: skip
Open = Annotated[
    bool,
    typer.Option("--open", help="Try at an enterprise without consents: all have to succeed."),
]


def bypass(as_json: AsJson = False, page: Page = None, opened: Open = False) -> None:
    """Try to see a study whose patient has denied it. Exit code 0 if no attempt succeeds, else 1.

    An enterprise of its own is started for it, with real services on this machine, and taken down.
    """
    from labkit.lab.bypass import attempts, house, run
    from labkit.lab.bypass.report import into_page, table

    with (
        tempfile.TemporaryDirectory(prefix="labkit-bypass-") as folder,
        house(Path(folder) / "house", guarded=not opened) as doors,
    ):
        tried = run(doors, attempts())
    if page is not None:
        into_page(page, tried)
    through = [each for each in tried if each.succeeded]
    if as_json:
        typer.echo(json.dumps([each.to_dict() for each in tried], indent=1))
    else:
        typer.echo(table(tried))
        typer.echo(f"\n{len(tried)} attempts, {len(through)} succeeded.")
    raise typer.Exit(1 if through else 0)
