"""``labkit bypass``: try every other way to see a denied study."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from labkit.lab.bypass.attempt import Tried

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")]
Page = Annotated[
    Path | None,
    typer.Option("--page", metavar="FILE", help="Write the table into this page.",
                 show_default=False),
]  # fmt: skip
Folder = Annotated[
    Path | None,
    typer.Option("--workspace", metavar="DIR", show_default=False,
                 help="Try at the secure lab of this folder. It is reset before and after: what "
                      "was done there is gone."),
]  # fmt: skip
Backend = Annotated[
    str,
    typer.Option("--backend", metavar="NAME",
                 help="What that lab is made of: embedded, or containers, where it has to be named "
                      "by --workspace, since a machine has its products once."),
]  # fmt: skip
House = Annotated[
    bool,
    typer.Option("--house", help="Try at a small enterprise in this process, where consents rule "
                                 "and nothing else is asked; without what needs tokens."),
]  # fmt: skip
Open = Annotated[
    bool,
    typer.Option("--open", help="Try at that one without consents: all have to succeed."),
]


def bypass(
    as_json: AsJson = False,
    page: Page = None,
    folder: Folder = None,
    backend: Backend = "embedded",
    in_house: House = False,
    opened: Open = False,
) -> None:
    """Try to see a study whose patient has denied it. Exit code 0 if no attempt succeeds, else 1.

    The attempts are made at a secure lab, as one of Lakeside: with a token of its viewer and
    certificates of its nodes. A lab of its own is started for it, and taken down.
    """
    from labkit.common.errors import UsageError
    from labkit.lab.bypass.report import into_page, table

    if folder is not None and (in_house or opened):
        raise UsageError("--workspace names a secure lab, --house and --open are none.",
                         remedy="Leave one of them out.")  # fmt: skip
    if backend != "embedded" and folder is None:
        raise UsageError("On containers the lab is named.",
                         remedy="Name its folder: --workspace DIR. It is reset.")  # fmt: skip
    with _own(folder) as where:
        tried = _in_house(where, opened) if in_house or opened else _at_lab(where, backend)
    if page is not None:
        into_page(page, tried)
    through = [each for each in tried if each.succeeded]
    if as_json:
        typer.echo(json.dumps([each.to_dict() for each in tried], indent=1))
    else:
        typer.echo(table(tried))
        typer.echo(f"\n{len(tried)} attempts, {len(through)} succeeded.")
    raise typer.Exit(1 if through else 0)


@contextmanager
def _own(folder: Path | None) -> Iterator[Path]:
    with ExitStack() as stack:
        if folder is None:
            made = tempfile.TemporaryDirectory(prefix="labkit-bypass-")
            folder = Path(stack.enter_context(made)) / "lab"
        yield folder


def _in_house(folder: Path, opened: bool) -> list[Tried]:
    from labkit.lab.bypass import attempts, house, run

    with house(folder, guarded=not opened) as doors:
        return run(doors, attempts())


def _at_lab(folder: Path, backend: str) -> list[Tried]:
    from labkit.lab.bypass import attempts, run
    from labkit.lab.bypass.at_lab import at_lab, secure_lab

    with secure_lab(folder, backend) as lab, at_lab(lab) as doors:
        return run(doors, attempts(secure=True))
