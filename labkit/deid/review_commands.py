"""``labkit review``; thin."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path
from typing import Annotated

import typer

from labkit.common.errors import UsageError


def review(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Of labkit deid --review.")],
    accept: Annotated[
        str, typer.Option(metavar="WHICH", help="A group, a picture's name, or all.")
    ] = "",
    reject: Annotated[str, typer.Option(metavar="WHICH", help="The same.")] = "",
    by: Annotated[str, typer.Option(metavar="NAME", help="Who looked.")] = "",
) -> None:
    """Look at what was held for review, and decide. Exit code 2 while something is open."""
    from labkit.deid.pixels.review import Review

    if accept and reject:
        raise UsageError("accept or reject, not both", remedy="run it twice")
    found = Review(folder)
    if not folder.is_dir():
        raise UsageError(f"there is no folder {folder}", remedy="labkit deid … --review DIR")
    if accept or reject:
        now = datetime.now(timezone.utc).isoformat(timespec="seconds")
        count = found.decide(accept or reject, accepted=bool(accept), by=by, at=now)
        typer.echo(f"{count} {'accepted' if accept else 'rejected'}. Now run labkit deid again.")
    open_ = found.open()
    groups: dict[tuple[str, str], int] = {}
    for question in open_:
        groups[question.group, question.why] = groups.get((question.group, question.why), 0) + 1
    for (group, why), count in groups.items():
        typer.echo(f"{group}  {count:4}  {why}")
    typer.echo(f"{len(open_)} open. Look at {found.page()}")
    raise typer.Exit(2 if open_ else 0)
