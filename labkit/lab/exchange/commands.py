"""``labkit exchange …``: thin."""

from __future__ import annotations

from typing import Annotated

import typer

from labkit.lab import launch
from labkit.lab.backends import chosen, ended, launched
from labkit.lab.commands import AsJson, Where
from labkit.lab.exchange.experiment_command import experiment
from labkit.lab.printing import print_json, print_table
from labkit.lab.workspace import Workspace

exchange_app = typer.Typer(help="Exchange images between communities.", no_args_is_help=True)

OnBackend = Annotated[
    str | None,
    typer.Option("--backend", metavar="NAME", help="embedded or containers.", show_default=False),
]
exchange_app.command("experiment")(experiment)


@exchange_app.callback()
def _exchange() -> None:
    """Keep the commands below a name of their own, also where there is one."""


@exchange_app.command()
def demo(workspace: Where = None, as_json: AsJson = False, backend: OnBackend = None) -> None:
    """Fetch Marigold Thistlewick's prior from Lakeside to North General by XCA-I.

    Prints each message of each transaction in order: from, to, bytes on the wire, SHA-256. A lab
    that does not run is started for it, and ended.
    """
    name = chosen(backend)
    where = Workspace.at(workspace, name)
    was_running = launch.find(where) is not None
    description = launched(name, where)
    from labkit.lab.embedded import lab_of  # brings DIMSE and HTTP with it
    from labkit.lab.exchange.demo import demonstrate

    try:
        shown = demonstrate(lab_of(where, description))
    finally:
        if not was_running:
            ended(name, where)
    rows = [said.to_json() for said in shown.messages]
    if as_json:
        print_json(rows)
        return
    print_table(
        ("transaction", "message", "from", "to", "bytes", "SHA-256"),
        [
            (r["transaction"], r["message"], r["from"], r["to"], str(r["bytes"]),
             r["sha256"][:12])
            for r in rows
        ],
    )  # fmt: skip
    first = shown.images[0]
    typer.echo(
        f"{len(shown.images)} image of {first.StudyDate} is now at North General, as of patient "
        f"{first.PatientID}."
    )
