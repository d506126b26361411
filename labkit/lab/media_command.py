"""``labkit media``: thin. What is on a disc, and its import into the lab's archive."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from labkit.common.errors import UsageError
from labkit.lab.backends import chosen, not_own


def media(
    folder: Annotated[Path, typer.Argument(
        metavar="DIR", help="Where the disc is mounted, or was copied to.")],
    apply: Annotated[bool, typer.Option(
        "--apply", help="Store what is ready. Without it nothing is stored.")] = False,
    decide: Annotated[list[str] | None, typer.Option(
        metavar="ID^^^ISSUER=ID", help="Whose it is here, as a person decided; nothing behind = "
        "leaves it out. May be repeated.", show_default=False)] = None,
    accession: Annotated[list[str] | None, typer.Option(
        metavar="STUDY=NUMBER", help="The local order of a study. May be repeated.",
        show_default=False)] = None,
    web: Annotated[bool, typer.Option(
        "--web", help="Store by STOW-RS in place of C-STORE.")] = False,
    workspace: Annotated[Path | None, typer.Option(
        "--workspace", metavar="DIR", help="The lab's folder.", show_default=False)] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
) -> None:  # fmt: skip
    """Read a disc, find out whose images are on it here, and import them into ARCHIVE.

    Exit code 1 if a question is open or something was not stored.
    """
    from labkit.exchange.media import (
        by_dimse,
        by_web,
        carry_out,
        patients_of,
        plan,
        read_medium,
    )
    from labkit.lab.embedded import EmbeddedLab
    from labkit.lab.workspace import Workspace

    if workspace is None:
        not_own(chosen())
    lab = EmbeddedLab.joined(Workspace.at(workspace))
    planned = plan(
        read_medium(folder), patients_of(lab.archive),
        decisions=_pairs(decide or ()), accessions=_pairs(accession or ()),
    )  # fmt: skip
    if apply:
        deliver = by_web(lab.dicomweb.client()) if web else by_dimse(lab.archive)
        planned = carry_out(
            planned, deliver, when=datetime.now().astimezone(), system="LABKIT MEDIA"
        )
    if as_json:
        typer.echo(json.dumps(planned.to_json(), indent=2, ensure_ascii=True))
    else:
        typer.echo(str(planned))
        if not apply:
            typer.echo("Nothing was stored: --apply does it.")
    raise typer.Exit(0 if planned.clear else 1)


def _pairs(texts: Iterable[str]) -> dict[str, str]:
    found = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise UsageError(f"{text!r} decides nothing.", remedy="Write NAME=VALUE.")
        found[name.strip()] = value.strip()
    return found
