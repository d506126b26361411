"""``labkit proxy``; thin."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from labkit.common.errors import UsageError

if TYPE_CHECKING:
    from labkit.dicomweb.proxy.service.config import ServiceConfig


def proxy(
    config: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="What docs/proxy.md describes.", show_default=False),
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Try each PACS, say what it has to know, and end.")
    ] = False,
    new_token: Annotated[
        bool, typer.Option("--new-token", help="Make a token for a client, and end.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="With --check: print JSON and nothing else.")
    ] = False,
) -> None:
    """Serve DICOMweb in front of PACS that speak DIMSE only, until a SIGTERM.

    The log is JSON, a line a request, on standard output. Exit code of --check: 0 if all is well.
    """
    if new_token:
        _token(as_json)
        return
    if config is None:
        raise UsageError(
            "A façade needs its file.", remedy="labkit proxy --config FILE; see docs/proxy.md."
        )
    from labkit.dicomweb.proxy.service.config import load

    known = load(config)
    if check:
        _check(known, as_json)
    from labkit.dicomweb.proxy.service.run import run

    if not run(known):
        sys.stdout.flush()
        os._exit(0)  # threads wait for a PACS that does not let go


def _token(as_json: bool) -> None:
    from labkit.dicomweb.proxy.service.policy import new_token

    token, digest = new_token()
    if as_json:
        typer.echo(json.dumps({"token": token, "token_sha256": digest}))
        return
    typer.echo(f"For the client, who keeps it secret:  {token}")
    typer.echo(f'For [[client]] in the file:           token_sha256 = "{digest}"')


def _check(config: ServiceConfig, as_json: bool) -> None:
    """Print what was found; ends with the exit code."""
    from labkit.dicomweb.proxy.service.build import hooks_of, settings_of
    from labkit.lab.doctor.commands import told
    from labkit.lab.proxy.check import checked

    settings_of(config)  # the certificates can be used
    hooks_of(config)
    said = told(checked(config), quiet=as_json)
    failed = [finding for finding in said if finding.state == "failed"]
    if as_json:
        typer.echo(json.dumps([one.to_json() for one in said], indent=2, ensure_ascii=True))
        raise typer.Exit(1 if failed else 0)
    typer.echo(f"{config.path.name} can be used: {config.proxy.url}")
    if not config.client and not config.clients.open:
        typer.echo("Nobody may use it: add a [[client]], or [clients] open = true on loopback.")
    ill = ", ".join(dict.fromkeys(finding.node for finding in failed))
    typer.echo(f"Not well: {ill}." if ill else "Every PACS is well.")
    raise typer.Exit(1 if failed else 0)
