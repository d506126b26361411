"""``labkit …``: thin. Each command calls one function of a layer and prints what it returns.

With ``--json`` standard output holds one JSON value and nothing else; errors go to standard error.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn
from urllib.parse import quote

import typer

from labkit.common.errors import LabkitError
from labkit.deid.commands import deid
from labkit.exercises.commands import exercises_app, notebooks_app
from labkit.lab import commands as lab_commands
from labkit.lab import launch
from labkit.lab.backends import OWN, chosen, ended, launched, not_own
from labkit.lab.doctor.commands import doctor
from labkit.lab.own import commands as own_commands
from labkit.lab.proxy.commands import proxy
from labkit.lab.remote import Control
from labkit.lab.workspace import Workspace

if TYPE_CHECKING:
    from labkit.lab.health import Health

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="An imaging enterprise on your own machine, for the workbook's notebooks.",
)
nodes_app = typer.Typer()
app.add_typer(nodes_app, name="nodes")
nodes_app.command("show")(lab_commands.nodes_show)
nodes_app.command("set")(lab_commands.nodes_set)
app.command("examine")(lab_commands.examine)
app.command("doctor")(doctor)
app.command("proxy")(proxy)
app.command("deid")(deid)
app.add_typer(lab_commands.faults_app, name="faults")
app.add_typer(lab_commands.route_app, name="route")
app.add_typer(exercises_app, name="exercises")
app.add_typer(notebooks_app, name="notebooks")

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


def main() -> None:
    """Run the command line; an error of ours is two lines and exit code 1."""
    try:
        app()
    except LabkitError as error:
        sys.stderr.write(f"labkit: {error}\n")
        sys.exit(1)


@app.command()
def up(workspace: Where = None, as_json: AsJson = False, backend: OnBackend = None) -> None:
    """Start the lab, or say where the running one is."""
    name = chosen(backend)
    where = Workspace.at(workspace, name)
    if name == OWN:
        own = own_commands.described(where)
        _done(own, own_commands.in_words(own), as_json)
        return
    with _waiting("Starting the lab …") as shown:
        description = launched(name, where, getattr(shown, "update", lambda text: None))
    if as_json:
        _print_json(description.public())
        return
    rows = [
        (node.ae_title, node.host, str(node.port), node.role, node.site)
        for node in description.nodes.values()
    ]
    _print_table(("AE title", "host", "port", "role", "site"), rows)
    _print(f"FHIR R4 server: {description.fhir_url}")
    if description.dicomweb_url:
        _print(f"DICOMweb of ARCHIVE: {description.dicomweb_url}")
    _print(f"DICOMweb of LEGACY, through the façade: {description.proxy_url}")
    _print(f"The lab runs. Workspace: {where.root}")


@app.command()
def status(workspace: Where = None, as_json: AsJson = False, backend: OnBackend = None) -> None:
    """Ask every service whether it is well. Exit code 0 if all are, else 1."""
    name = chosen(backend)
    where = Workspace.at(workspace, name)
    if name == OWN:
        _tell(own_commands.health(where), as_json)
    description = launch.find(where)
    if description is None:
        if as_json:
            _print_json({"running": False, "healthy": False, "nodes": {}})
        else:
            _print(f"No lab runs in {where.root}. Start it: labkit up")
        raise typer.Exit(1)
    from labkit.lab.embedded import EmbeddedLab  # brings DIMSE and HTTP with it

    _tell(EmbeddedLab(where, description).whole_health(), as_json)


@app.command()
def reset(workspace: Where = None, as_json: AsJson = False, backend: OnBackend = None) -> None:
    """Put everything back to the first state; what you have solved is kept."""
    name = chosen(backend)
    with _waiting("Putting everything back …"):
        where = Workspace.at(workspace, name)
        Control(launch.find(where) or launched(name, where)).call("POST", "/reset")
    _done({"reset": True}, "The lab is in its first state.", as_json)


@app.command()
def down(workspace: Where = None, as_json: AsJson = False, backend: OnBackend = None) -> None:
    """End the lab. What it holds is kept for the next start."""
    name = chosen(backend)
    was = ended(name, Workspace.at(workspace, name))
    _done({"ended": was}, "The lab has ended." if was else "No lab was running.", as_json)


@nodes_app.callback(invoke_without_command=True)
def nodes(context: typer.Context, workspace: Where = None, as_json: AsJson = False) -> None:
    """The nodes of the lab, and the C-MOVE destinations it knows; alone it lists them."""
    if context.invoked_subcommand is None:
        nodes_list(workspace, as_json)


@nodes_app.command("list")
def nodes_list(workspace: Where = None, as_json: AsJson = False) -> None:
    """List every AE title that a C-MOVE may name."""
    known = _running(workspace).call("GET", "/destinations")
    if as_json:
        _print_json({ae: {"host": host, "port": port} for ae, (host, port) in known.items()})
        return
    _print_table(("AE title", "host", "port"), [(a, h, str(p)) for a, (h, p) in known.items()])


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
    _running(workspace).call("POST", "/destinations", body)
    _done({"added": ae_title}, f"{ae_title} can now be the destination of a C-MOVE.", as_json)


@nodes_app.command("remove")
def nodes_remove(
    ae_title: Annotated[str, typer.Argument(metavar="AE")],
    workspace: Where = None,
    as_json: AsJson = False,
) -> None:
    """Take a C-MOVE destination away."""
    _running(workspace).call("POST", "/destinations/remove", {"ae_title": ae_title})
    _done({"removed": ae_title}, f"{ae_title} is no destination any more.", as_json)


@app.command()
def log(
    node: str,
    lines: Annotated[int, typer.Option("-n", "--lines", min=1, help="How many, newest.")] = 40,
    workspace: Where = None,
    as_json: AsJson = False,
) -> None:
    """Print the newest lines of a node's event log."""
    answer = _running(workspace).call("GET", f"{_path(node)}/log")
    newest = answer["lines"][-lines:]
    if as_json:
        _print_json(newest)
        return
    for line in newest:
        _print(line)


@app.command()
def traces(
    node: Annotated[str, typer.Argument()] = "ARCHIVE",
    last: Annotated[int, typer.Option("-n", "--last", min=1, help="How many, newest.")] = 10,
    save: Annotated[Path | None, typer.Option(help="Write them into this folder.")] = None,
    workspace: Where = None,
    as_json: AsJson = False,
) -> None:
    """List the newest associations that a node recorded, or save their PDU traces."""
    found = _running(workspace).call("GET", f"{_path(node)}/traces?last={last}")
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


def _running(workspace: Path | None) -> Control:
    if workspace is None:
        not_own(chosen())
    return Control(launch.joined(Workspace.at(workspace)))


def _path(node: str) -> str:
    return f"/nodes/{quote(node.strip().upper(), safe='')}"


def _tell(health: Health, as_json: bool) -> NoReturn:
    if as_json:
        _print_json({"running": True, "healthy": bool(health), "nodes": health.to_json()})
    else:
        _print(repr(health))
    raise typer.Exit(0 if health else 1)


def _waiting(words: str) -> AbstractContextManager[object]:
    """Show on a terminal that something is going on; standard output stays clean."""
    if not sys.stderr.isatty():
        return nullcontext()
    from rich.console import Console

    return Console(stderr=True).status(words)


def _done(result: dict[str, Any], sentence: str, as_json: bool) -> None:
    if as_json:
        _print_json(result)
    else:
        _print(sentence)


def _print(text: str) -> None:
    typer.echo(text)


def _print_json(value: object) -> None:
    typer.echo(json.dumps(value, indent=2, ensure_ascii=True))


def _print_table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table(*head, box=box.SIMPLE_HEAD, pad_edge=False)
    for row in rows:
        table.add_row(*row)
    Console().print(table)
