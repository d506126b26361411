"""``labkit …``: thin. Each command calls one function of a layer and prints what it returns.

With ``--json`` standard output holds one JSON value and nothing else; errors go to standard error.
"""

from __future__ import annotations

import json
import sys
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn
from urllib.parse import quote

import typer

from labkit.common.errors import LabkitError
from labkit.deid.attack_commands import attack
from labkit.deid.commands import deid
from labkit.deid.review_commands import review
from labkit.exercises.commands import exercises_app, notebooks_app
from labkit.lab import commands as lab_commands
from labkit.lab import launch
from labkit.lab.backends import OWN, chosen, ended, launched
from labkit.lab.bypass.commands import bypass
from labkit.lab.doctor.commands import doctor
from labkit.lab.exchange.commands import exchange_app
from labkit.lab.exchange.design_command import design
from labkit.lab.manifest_command import manifest
from labkit.lab.media_command import media
from labkit.lab.node_commands import nodes_app, running
from labkit.lab.own import commands as own_commands
from labkit.lab.owndata.commands import import_
from labkit.lab.printing import print_done as _done
from labkit.lab.printing import print_json as _print_json
from labkit.lab.printing import print_table as _print_table
from labkit.lab.proxy.commands import proxy
from labkit.lab.remote import Control
from labkit.lab.workspace import Workspace
from labkit.workshop.commands import workshop_app

if TYPE_CHECKING:
    from labkit.lab.health import Health

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="An imaging enterprise on your own machine, for the workbook's notebooks.",
)
app.add_typer(nodes_app, name="nodes")
app.command("examine")(lab_commands.examine)
app.command("doctor")(doctor)
app.command("proxy")(proxy)
app.command("bypass")(bypass)
app.command("deid")(deid)
app.command("review")(review)
app.command("attack")(attack)
app.command("manifest")(manifest)
app.command("import")(import_)
app.command("media")(media)
app.add_typer(lab_commands.faults_app, name="faults")
app.add_typer(lab_commands.route_app, name="route")
exchange_app.command("design")(design)
app.add_typer(exchange_app, name="exchange")
app.add_typer(exercises_app, name="exercises")
app.add_typer(notebooks_app, name="notebooks")
app.add_typer(workshop_app, name="workshop")

Where = Annotated[
    Path | None,
    typer.Option("--workspace", metavar="DIR", help="The lab's folder.", show_default=False),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")]
OnBackend = Annotated[
    str | None,
    typer.Option(
        "--backend", metavar="NAME", help="embedded, containers or own.",
        show_default=False,
    ),
]  # fmt: skip

Secure = Annotated[
    bool, typer.Option("--secure", help="The lab whose doors are guarded, in .lab-secure.")
]


def main() -> None:
    """Run the command line; an error of ours is two lines and exit code 1."""
    try:
        app()
    except LabkitError as error:
        sys.stderr.write(f"labkit: {error}\n")
        sys.exit(1)


@app.command()
def up(
    workspace: Where = None,
    as_json: AsJson = False,
    backend: OnBackend = None,
    secure: Secure = False,
) -> None:
    """Start the lab, or say where the running one is."""
    name = chosen(backend, secure=secure)
    where = Workspace.at(workspace, name, secure=secure)
    if name == OWN:
        own = own_commands.described(where)
        _done(own, own_commands.in_words(own), as_json)
        return
    with _waiting("Starting the lab …") as shown:
        say = getattr(shown, "update", lambda text: None)
        description = launched(name, where, say, secure=secure)
    if as_json:
        _print_json(description.public())
        return
    rows = [
        (node.ae_title, node.host, str(node.port), node.role, node.site)
        for node in description.nodes.values()
    ]
    _print_table(("AE title", "host", "port", "role", "site"), rows)
    typer.echo(f"FHIR R4 server: {description.fhir_url}")
    if description.dicomweb_url:
        typer.echo(f"DICOMweb of ARCHIVE: {description.dicomweb_url}")
    typer.echo(f"DICOMweb of LEGACY, through the façade: {description.proxy_url}")
    if description.secure:
        typer.echo(f"Authorization server: {description.auth_url or 'none'}")
    how = ", every door guarded" if description.secure else ""
    typer.echo(f"The lab runs{how}. Workspace: {where.root}")


@app.command()
def status(
    workspace: Where = None,
    as_json: AsJson = False,
    backend: OnBackend = None,
    secure: Secure = False,
) -> None:
    """Ask every service whether it is well. Exit code 0 if all are, else 1."""
    name = chosen(backend, secure=secure)
    where = Workspace.at(workspace, name, secure=secure)
    if name == OWN:
        _tell(own_commands.health(where), as_json)
    description = launch.find(where)
    if description is None:
        if as_json:
            _print_json({"running": False, "healthy": False, "nodes": {}})
        else:
            typer.echo(f"No lab runs in {where.root}. Start it: labkit up")
        raise typer.Exit(1)
    from labkit.lab.embedded import lab_of  # brings DIMSE and HTTP with it

    _tell(lab_of(where, description).whole_health(), as_json)


@app.command()
def reset(
    workspace: Where = None,
    as_json: AsJson = False,
    backend: OnBackend = None,
    secure: Secure = False,
) -> None:
    """Put everything back to the first state; what you have solved is kept."""
    name = chosen(backend, secure=secure)
    with _waiting("Putting everything back …"):
        where = Workspace.at(workspace, name, secure=secure)
        found = launch.find(where) or launched(name, where, secure=secure)
        Control(found).call("POST", "/reset")
    _done({"reset": True}, "The lab is in its first state.", as_json)


@app.command()
def down(
    workspace: Where = None,
    as_json: AsJson = False,
    backend: OnBackend = None,
    secure: Secure = False,
) -> None:
    """End the lab. What it holds is kept for the next start."""
    name = chosen(backend, secure=secure)
    was = ended(name, Workspace.at(workspace, name, secure=secure))
    _done({"ended": was}, "The lab has ended." if was else "No lab was running.", as_json)


@app.command()
def log(
    node: str,
    lines: Annotated[int, typer.Option("-n", "--lines", min=1, help="How many, newest.")] = 40,
    workspace: Where = None,
    as_json: AsJson = False,
) -> None:
    """Print the newest lines of a node's event log."""
    answer = running(workspace).call("GET", f"{_path(node)}/log")
    newest = answer["lines"][-lines:]
    if as_json:
        _print_json(newest)
        return
    for line in newest:
        typer.echo(line)


@app.command()
def traces(
    node: Annotated[str, typer.Argument()] = "ARCHIVE",
    last: Annotated[int, typer.Option("-n", "--last", min=1, help="How many, newest.")] = 10,
    save: Annotated[Path | None, typer.Option(help="Write them into this folder.")] = None,
    workspace: Where = None,
    as_json: AsJson = False,
) -> None:
    """List the newest associations that a node recorded, or save their PDU traces."""
    found = running(workspace).call("GET", f"{_path(node)}/traces?last={last}")
    if save is not None:
        save.mkdir(parents=True, exist_ok=True)
        for number, trace in enumerate(found, 1):
            path = save / f"{node.upper()}-{number:03d}.json"
            path.write_text(json.dumps(trace) + "\n", encoding="utf-8")
    if as_json:
        _print_json(found)
        return
    rows = [
        (
            trace["started"][:19],
            trace["requestor"]["ae_title"],
            trace["acceptor"]["ae_title"],
            str(len(trace["pdus"]) + trace.get("omitted", 0)),
            trace["end"],
        )
        for trace in found
    ]
    _print_table(("started", "from", "to", "PDUs", "end"), rows)


@app.command("map", add_help_option=False, context_settings={"ignore_unknown_options": True})
def map_(words: Annotated[list[str] | None, typer.Argument(metavar="SOURCE...")] = None) -> None:
    """Map DICOM headers to FHIR; labkit map --help says from where, and how."""
    from labkit.fhir.mapping.commands import map_app  # brings DICOM and FHIR with it

    map_app(words or ["--help"], prog_name="labkit map")


def _path(node: str) -> str:
    return f"/nodes/{quote(node.strip().upper(), safe='')}"


def _tell(health: Health, as_json: bool) -> NoReturn:
    if as_json:
        _print_json({"running": True, "healthy": bool(health), "nodes": health.to_json()})
    else:
        typer.echo(repr(health))
    raise typer.Exit(0 if health else 1)


def _waiting(words: str) -> AbstractContextManager[object]:
    """Show on a terminal that something is going on; standard output stays clean."""
    if not sys.stderr.isatty():
        return nullcontext()
    from rich.console import Console

    return Console(stderr=True).status(words)
