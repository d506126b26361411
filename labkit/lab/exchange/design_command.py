"""``labkit exchange design``: thin."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from labkit.lab.commands import AsJson
from labkit.lab.printing import print_json


def design(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The design, a TOML file.")],
    brief: Annotated[
        str,
        typer.Option("--brief", metavar="NAME|FILE", help="What it is marked against."),
    ] = "region",
    document: Annotated[
        Path | None,
        typer.Option(
            "--document", metavar="OUT.md", help="Write the design document.", show_default=False
        ),
    ] = None,
    check_only: Annotated[
        bool, typer.Option("--check", help="Read and check it; build nothing.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Check a design of an image exchange, build it, drive, break and attack it, and mark it.

    Exits with 1 where it did not pass, or where the check found an error.
    """
    if check_only:
        _check(file, as_json)
        return
    from labkit.exchange.project import document as written  # brings the archives with it
    from labkit.exchange.project import mark

    marks = mark(file, Path(brief) if Path(brief).suffix else brief)
    if document is not None:
        document.write_text(written(marks), encoding="utf-8")
    if as_json:
        print_json(marks.to_json())
    else:
        typer.echo(repr(marks))
    raise typer.Exit(0 if marks.passed else 1)


def _check(file: Path, as_json: bool) -> None:
    from labkit.exchange.network import check_design, read_design

    findings = check_design(read_design(file))
    if as_json:
        print_json(
            [
                {"name": f.name, "severity": f.severity, "about": f.about, "at": f.at,
                 "says": f.says, "remedy": f.remedy,
                 "reference": str(f.reference) if f.reference else ""}
                for f in findings
            ]
        )  # fmt: skip
    else:
        typer.echo(repr(findings))
    raise typer.Exit(1 if findings.errors else 0)
