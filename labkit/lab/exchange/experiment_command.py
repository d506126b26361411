"""``labkit exchange experiment``: thin."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from labkit.common.errors import UsageError
from labkit.lab.commands import AsJson
from labkit.lab.printing import print_json


def experiment(
    sites: Annotated[int | None, typer.Option(
        "--sites", metavar="N", help="Hospitals: 3 or 10, or another number; both if left out.",
        show_default=False)] = None,
    as_json: AsJson = False,
    write: Annotated[bool, typer.Option(
        "--write", help="Renew docs/experiment.md and its data, of both sizes.")] = False,
) -> None:  # fmt: skip
    """Build the same network centralised, hybrid and federated, drive it, kill it, and count.

    Needs no running lab. Three hospitals take under a minute, ten some minutes. Times are measured
    only where the machine is quiet.
    """
    from labkit.exchange.experiment.document import SIZES, run_all
    from labkit.exchange.experiment.document import write as write_page
    from labkit.exchange.experiment.report import report

    if write and sites is not None:
        raise UsageError("The page has both sizes.", remedy="Leave --sites out with --write.")
    if sites is not None and not 2 <= sites <= 20:
        raise UsageError(
            f"{sites} hospitals are not built here.",
            remedy="Take 2 to 20; more are for the model, not for one machine.",
        )
    data = run_all(
        SIZES if sites is None else (sites,), told=lambda line: typer.echo(line, err=True)
    )
    if write:
        for path in write_page(data, Path()):
            typer.echo(f"Written: {path}", err=True)
    if as_json:
        print_json(data)
    elif not write:
        typer.echo(report(data))
