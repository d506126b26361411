"""``labkit attack``; thin."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer


def attack(
    as_json: Annotated[bool, typer.Option("--json", help="Print rows as JSON.")] = False,
    target: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="ours, dicom-anonymizer, deid, copy, naive, hashing, or a folder.",
        ),
    ] = "ours",
    profile: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="TOML: options of our profile.", show_default=False),
    ] = None,
    only: Annotated[
        str, typer.Option(metavar="NAMES", help="Attacks, parted by commas; all by default.")
    ] = "",
    study: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Write the made-up study there and end; de-identify it, then --target OUT.",
            show_default=False,
        ),
    ] = None,
    peers: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Virtual environment of the peers.", show_default=False),
    ] = None,
    list_: Annotated[bool, typer.Option("--list", help="Name the attacks and end.")] = False,
) -> None:
    """Try to get identity back from de-identified output. Exit code 1 if an attack succeeded."""
    from labkit.deid.attack.running import attacked
    from labkit.deid.attack.study import build
    from labkit.deid.attack.suite import attacks
    from labkit.deid.attack.targets import STANDARD, read_profile

    if list_:
        for one in attacks():
            typer.echo(f"{one.name:24}{one.group}: {one.what}")
        return
    if study is not None:
        found = build(study)
        typer.echo(f"{len(found.files)} files are in {study}.")
        return
    names = [name.strip() for name in only.split(",") if name.strip()]
    options = read_profile(profile) if profile else STANDARD
    rows = attacked(target, options=options, names=names, peers=peers)
    if as_json:
        typer.echo(json.dumps([row.to_json() for row in rows], indent=2))
    else:
        for row in rows:
            said = f"SUCCEEDED: {row.found}" if row.succeeded else "failed"
            typer.echo(f"{row.name:24}{said if row.tried else 'nothing of it came out'}")
        hits = sum(row.succeeded for row in rows)
        typer.echo(f"{hits} of {len(rows)} attacks on {target} succeeded.")
    raise typer.Exit(1 if any(row.succeeded for row in rows) else 0)
