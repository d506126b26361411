"""``labkit nodes …``: thin."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from labkit.lab import commands, launch
from labkit.lab.backends import chosen, not_own
from labkit.lab.commands import AsJson, Where
from labkit.lab.printing import print_done, print_json, print_table
from labkit.lab.remote import Control
from labkit.lab.workspace import Workspace

nodes_app = typer.Typer()
nodes_app.command("show")(commands.nodes_show)
nodes_app.command("set")(commands.nodes_set)


@nodes_app.callback(invoke_without_command=True)
def nodes(context: typer.Context, workspace: Where = None, as_json: AsJson = False) -> None:
    """The nodes of the lab, and the C-MOVE destinations it knows; alone it lists them."""
    if context.invoked_subcommand is None:
        nodes_list(workspace, as_json)


@nodes_app.command("list")
def nodes_list(workspace: Where = None, as_json: AsJson = False) -> None:
    """List every AE title that a C-MOVE may name."""
    known = running(workspace).call("GET", "/destinations")
    if as_json:
        print_json({ae: {"host": host, "port": port} for ae, (host, port) in known.items()})
        return
    print_table(("AE title", "host", "port"), [(a, h, str(p)) for a, (h, p) in known.items()])


@nodes_app.command("add")
def nodes_add(
    ae_title: Annotated[str, typer.Argument(metavar="AE")],
    host: str,
    port: int,
    workspace: Where = None,
    as_json: AsJson = False,
) -> None:
    """Register a C-MOVE destination with the archives of the lab."""
    body = {"ae_title": ae_title, "host": host, "port": port}
    running(workspace).call("POST", "/destinations", body)
    print_done({"added": ae_title}, f"{ae_title} can now be the destination of a C-MOVE.", as_json)


@nodes_app.command("remove")
def nodes_remove(
    ae_title: Annotated[str, typer.Argument(metavar="AE")],
    workspace: Where = None,
    as_json: AsJson = False,
) -> None:
    """Take a C-MOVE destination away."""
    running(workspace).call("POST", "/destinations/remove", {"ae_title": ae_title})
    print_done({"removed": ae_title}, f"{ae_title} is no destination any more.", as_json)


def running(workspace: Path | None) -> Control:
    """Return the control interface of the lab that runs in a folder."""
    if workspace is None:
        not_own(chosen())
    return Control(launch.joined(Workspace.at(workspace)))
