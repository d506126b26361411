"""``labkit doctor``; thin."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from labkit.lab.backends import OWN, VARIABLE, chosen
from labkit.lab.workspace import Workspace

if TYPE_CHECKING:
    from labkit.lab.doctor.examine import Plan
    from labkit.lab.doctor.finding import Finding


def doctor(
    config: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="The labkit.toml of your own servers.", show_default=False
        ),
    ] = None,
    workspace: Annotated[
        Path | None,
        typer.Option("--workspace", metavar="DIR", help="The lab's folder.", show_default=False),
    ] = None,
    backend: Annotated[
        str | None,
        typer.Option(
            "--backend", metavar="NAME", help="embedded, containers or own.", show_default=False
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
    secure: Annotated[bool, typer.Option("--secure", help="The lab in .lab-secure.")] = False,
) -> None:
    """Examine every server layer by layer, and say what to change and who has to.

    Your own, where there is a labkit.toml; else the lab that runs. Exit code 0 if all is well.
    """
    from labkit.lab.doctor.examine import findings

    said = told(findings(_plan(config, workspace, backend, secure)), quiet=as_json)
    failed = [finding for finding in said if finding.state == "failed"]
    if as_json:
        typer.echo(json.dumps([one.to_json() for one in said], indent=2, ensure_ascii=True))
    else:
        nodes = len({finding.node for finding in said})
        ill = ", ".join(finding.node for finding in failed)
        typer.echo(
            f"{len(failed)} of {nodes} not well: {ill}." if ill else f"All {nodes} are well."
        )
    raise typer.Exit(1 if failed else 0)


def _plan(
    config: Path | None, workspace: Path | None, backend: str | None, secure: bool = False
) -> Plan:
    from labkit.lab.doctor.examine import plan_of_lab, plan_of_own
    from labkit.lab.embedded import EmbeddedLab
    from labkit.lab.own.config import find_config
    from labkit.lab.own.lab import OwnLab, read_config

    unsaid = backend is None and not secure and not os.environ.get(VARIABLE)
    name = OWN if config or (unsaid and find_config() is not None) else chosen(backend)
    where = Workspace.at(workspace, name, secure=secure)
    if name == OWN:
        return plan_of_own(OwnLab(where, read_config(config)))
    return plan_of_lab(EmbeddedLab.joined(where))


def told(found: Iterable[Finding], *, quiet: bool) -> list[Finding]:
    """Print each finding as it comes: a server that is silent takes its time."""
    said: list[Finding] = []
    for finding in found:
        if not quiet and (not said or said[-1].node != finding.node):
            typer.echo(finding.node)
        said.append(finding)
        if not quiet:
            typer.echo("\n".join(finding.lines))
    return said
