"""What commands that take ``--scheduler`` have in common."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from labkit.common.scale.cluster import checked, farm_of
from labkit.common.scale.farm import Farm
from labkit.common.scale.ledger import WorkLedger
from labkit.common.scale.progress import Progress
from labkit.common.scale.run import Tally

Scheduler = Annotated[
    str, typer.Option("--scheduler", metavar="ADDRESS",
                      help="Work with Dask: local:N, or tcp://host:8786."),
]  # fmt: skip
Dashboard = Annotated[
    bool, typer.Option("--dashboard", help="With local:N: show Dask's dashboard.")
]


@contextmanager
def scaled(
    scheduler: str, folder: Path, settings: dict[str, Any], *, dashboard: bool, keep: bool
) -> Iterator[tuple[Farm, WorkLedger, Progress]]:
    """Open the ledger of a state folder, and have workers.

    Parameters
    ----------
    keep
        Leave the folder where it is. Else it goes when all of the work is done and the caller has
        not failed: it holds names of files, and of a mapping the result.
    """
    checked(scheduler)
    ledger = WorkLedger(folder, settings)
    progress = Progress(sys.stderr)
    try:
        with farm_of(scheduler, ledger.folder, dashboard=dashboard, say=_say) as farm:
            yield farm, ledger, progress
        complete = ledger.complete()
    finally:
        progress.clear()
        ledger.close()
        shutil.rmtree(folder / "scratch", ignore_errors=True)
    if complete and not keep:
        shutil.rmtree(folder)


def tell_open(tally: Tally, folder: Path) -> None:
    """Name what is not done, and say how to go on."""
    for name, state, reason in tally.opens:
        _say(f"{'set aside' if state == 'aside' else 'not done'}: study {name}: {reason}")
    if tally.opens:
        _say(f"{len(tally.opens)} not in the result. The same command tries them again, and "
             f"nothing else; what is done is in {folder}.")  # fmt: skip


def _say(text: str) -> None:
    typer.echo(text, err=True)
