"""``labkit faults … | route … | nodes show|set | examine``: thin, as all of them."""

from __future__ import annotations

import ast
import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from labkit.common.errors import UsageError
from labkit.lab.backends import chosen, not_own

faults_app = typer.Typer(help="Break the lab on purpose, and mend it.", no_args_is_help=True)

route_app = typer.Typer(
    help="The rules and the queue of ROUTER: what goes where, and what waits.",
    no_args_is_help=True,
)

Where = Annotated[
    Path | None,
    typer.Option("--workspace", metavar="DIR", help="The lab's folder.", show_default=False),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")]


@faults_app.command("list")
def list_faults(as_json: AsJson = False) -> None:
    """List every fault by its layer; needs no lab."""
    from labkit.lab.faults.client import catalogue

    found = catalogue()
    _print(list(found) if as_json else None, repr(found))


@faults_app.command("inject")
def inject(name: str, workspace: Where = None, as_json: AsJson = False) -> None:
    """Break something. `clear` brings back what there was."""
    lab = _lab(workspace)
    lab.faults.inject(name)
    _print({"active": list(lab.faults.active())} if as_json else None, f"{name} is active.")


@faults_app.command("clear")
def clear(workspace: Where = None, as_json: AsJson = False) -> None:
    """Take all faults away: everything is as it was before."""
    lab = _lab(workspace)
    lab.faults.clear()
    _print({"active": []} if as_json else None, "No fault is active.")


@faults_app.command("repaired")
def repaired(workspace: Where = None, as_json: AsJson = False) -> None:
    """Do the work of each active fault again. Exit code 0 if all comes out right, else 1."""
    found = _lab(workspace).faults.repaired()
    rows = [{"name": r.name, "ok": r.ok, "said": r.said} for r in found]
    _print(rows if as_json else None, repr(found))
    raise typer.Exit(0 if found else 1)


@route_app.command("explain")
def route_explain(
    rules: Annotated[Path, typer.Argument(metavar="RULES.TOML")],
    files: Annotated[list[Path], typer.Argument(metavar="FILE...")],
    calling: Annotated[str, typer.Option(help="AE title that sends them.")] = "LEARNER",
    at: Annotated[str, typer.Option(help="Time of day, HH:MM.", metavar="HH:MM")] = "12:00",
    as_json: AsJson = False,
) -> None:
    """Say which rule each file would obey, and why no other; nothing is sent, no lab is needed."""
    from labkit.lab.routing import explained

    found = [(path, explained(rules, path, calling=calling, at=at)) for path in files]
    rows = [
        {"file": str(path), "routes": list(said.routes), "reasons": dict(said.reasons)}
        for path, said in found
    ]
    _print(rows if as_json else None, "\n".join(f"{path.name}\n{said}" for path, said in found))


@route_app.command("load")
def route_load(
    rules: Annotated[Path, typer.Argument(metavar="RULES.TOML")],
    workspace: Where = None,
    as_json: AsJson = False,
) -> None:
    """Have ROUTER obey the rules of a file from the next object on."""
    from labkit.lab.routing import rules_text

    _lab(workspace).configure("ROUTER", rules=rules_text(rules))
    _print({"loaded": str(rules)} if as_json else None, f"ROUTER obeys {rules.name}.")


@route_app.command("clear")
def route_clear(workspace: Where = None, as_json: AsJson = False) -> None:
    """Have ROUTER forward everything, as in a new lab."""
    _lab(workspace).configure("ROUTER", rules="")
    _print({"cleared": True} if as_json else None, "ROUTER has no rules: it forwards everything.")


@route_app.command("queue")
def route_queue(workspace: Where = None, as_json: AsJson = False) -> None:
    """Show what waits in ROUTER, for which destination, the tries, and why the last one failed."""
    found = _lab(workspace).routing.queue()
    _print([asdict(each) for each in found] if as_json else None, str(found))


@route_app.command("retry")
def route_retry(workspace: Where = None, as_json: AsJson = False) -> None:
    """Have ROUTER try everything that waits at once, whatever its next try was."""
    count = len(_lab(workspace).routing.retry())
    said = f"ROUTER tries {count} again; look with `labkit route queue`."
    _print({"tried": count} if as_json else None, said if count else "Nothing waits.")


def nodes_show(name: str, workspace: Where = None, as_json: AsJson = False) -> None:
    """Show what a node or modality is set to."""
    found = _lab(workspace).settings(name)
    _print(dict(found) if as_json else None, repr(found))


def nodes_set(
    name: str,
    values: Annotated[list[str], typer.Argument(metavar="SETTING=VALUE...", show_default=False)],
    workspace: Where = None,
    as_json: AsJson = False,
) -> None:
    """Change settings of a node or modality: ``labkit nodes set MR1 called=ARCHIVE``.

    A value is written as in Python or JSON: 5, true, none, [MR1,CT1]; else it is text.
    """
    found = _lab(workspace).configure(name, **dict(map(_setting, values)))
    _print(dict(found) if as_json else None, repr(found))


def examine(
    modality: str,
    discontinued: Annotated[
        str, typer.Option(help="Stop after the first image, for this reason.", metavar="REASON")
    ] = "",
    workspace: Where = None,
    as_json: AsJson = False,
) -> None:
    """Have a modality do the examination that is scheduled for it. Exit code 1 if a step failed."""
    done = _lab(workspace).examine(modality, discontinued=discontinued)
    plain = {key: value for key, value in done.to_json().items() if key != "traces"}
    _print(plain if as_json else None, repr(done))
    raise typer.Exit(0 if done else 1)


def _setting(text: str) -> tuple[str, Any]:
    """Read ``name=value``."""
    name, mark, value = text.partition("=")
    if not mark or not name:
        raise UsageError(f"{text!r} is no setting.", remedy="Write SETTING=VALUE.")
    word = value.strip()
    if word.lower() in ("true", "false", "none", "null"):
        return name, {"true": True, "false": False}.get(word.lower())
    try:
        return name, ast.literal_eval(word)
    except (ValueError, SyntaxError):
        pass
    if word.startswith("[") and word.endswith("]"):
        parts = (part.strip() for part in word[1:-1].split(","))
        return name, [part for part in parts if part]
    return name, word


def _lab(workspace: Path | None) -> Any:
    from labkit.lab.embedded import EmbeddedLab
    from labkit.lab.workspace import Workspace

    if workspace is None:
        not_own(chosen())
    return EmbeddedLab.joined(Workspace.at(workspace))


def _print(data: Any, text: str) -> None:
    """Print JSON where it is wanted, else text."""
    typer.echo(text if data is None else json.dumps(data, indent=2, ensure_ascii=True))
