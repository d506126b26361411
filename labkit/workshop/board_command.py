"""``labkit workshop board``, ``join`` and ``leave``; thin."""

from __future__ import annotations

import signal
import threading
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from labkit.common.errors import LabkitError, UsageError
from labkit.exercises.joining import FILE, Joined, read_join
from labkit.exercises.wire import NOT_SENT, SENT
from labkit.lab.workspace import Workspace
from labkit.workshop.codes import same as same_code
from labkit.workshop.options import DEFAULT, InWorkshop

if TYPE_CHECKING:
    from labkit.workshop.board.board import Board

Where = Annotated[
    Path | None,
    typer.Option("--workspace", metavar="DIR", help="The lab's folder.", show_default=False),
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("board")(board)
    app.command("join")(join)
    app.command("leave")(leave)


def board(
    workshop: InWorkshop = DEFAULT,
    bind: Annotated[
        str,
        typer.Option(
            metavar="ADDRESS", show_default=False,
            help="Address of this machine that laptops reach; without it, this machine alone.",
        ),
    ] = "",
    port: Annotated[
        int,
        typer.Option(
            min=0, max=65535, show_default=False,
            help="Without it, the one that the board had, else a free one.",
        ),
    ] = 0,
    forget: Annotated[
        bool, typer.Option("--forget", help="Delete what this workshop's board holds, and end.")
    ] = False,
) -> None:  # fmt: skip
    """Serve the live board of a workshop until Ctrl-C: who is where, who is stuck, and on what."""
    made = _board(workshop, bind, port)
    if forget:
        made.empty()
        typer.echo("The board is empty. Its join code is new: everybody joins again.")
        return
    ended = threading.Event()
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, lambda *_: ended.set())
    with made:
        for line in made.told():
            typer.echo(line)
        while not ended.wait(0.5):  # a wait without end hears no signal on Windows
            pass
    typer.echo("The board has ended. What it was told is kept.")


def join(
    code: Annotated[str, typer.Argument(help="The join code that the instructor shows.")],
    at: Annotated[str, typer.Option("--at", metavar="URL", help="Where the board is.")],
    name: Annotated[
        str,
        typer.Option(help="What the instructor may call you; without it you are an animal.",
                     show_default=False),
    ] = "",
    whole: Annotated[
        bool, typer.Option("--whole", help="Report what you did before you joined, too.")
    ] = False,
    workspace: Where = None,
) -> None:  # fmt: skip
    """Report to the board of a workshop, from your own laptop, until you leave."""
    from labkit.exercises.enrolment import enrol

    where = Workspace.at(workspace).root
    journal = where / "progress.jsonl"
    start = journal.stat().st_size if journal.exists() and not whole else 0
    joined = Joined(at, code, name=name, start=start)
    before = _before(where)
    if before is not None and before.url == joined.url:  # the same learner, under another name
        if whole:
            raise UsageError(
                "You have joined this board already.",
                remedy="Leave first: `labkit workshop leave --take-back`; then join with --whole.",
            )
        start = before.start if same_code(before.code, code) else start
        joined = replace(joined, who=before.who, start=start)
    shown = enrol(joined, where)
    typer.echo(f"You have joined. On the projector you are {shown}; it shows no names.")
    typer.echo("This laptop sends, whenever a notebook of the workbook runs:")
    for text in SENT:
        typer.echo(f"  - {text}")
    typer.echo(f"{NOT_SENT} `labkit workshop leave` ends it.")


def _before(workspace: Path) -> Joined | None:
    try:
        return read_join(workspace)
    except UsageError:  # damaged: it is written anew
        return None


def leave(
    take_back: Annotated[
        bool, typer.Option("--take-back", help="Have the board forget what you sent, too.")
    ] = False,
    workspace: Where = None,
) -> None:
    """Report no more."""
    from labkit.exercises.enrolment import withdraw

    where = Workspace.at(workspace).root
    try:
        joined = read_join(where)
    except UsageError:  # damaged: there is nothing to tell, and it goes all the same
        (where / FILE).unlink()
        typer.echo("You have left. The board could not be told: join.json was damaged.")
        return
    if joined is None:
        typer.echo("You have not joined a workshop.")
        return
    try:
        withdraw(joined, where, take_back=take_back)
    except LabkitError as error:
        typer.echo(f"You have left, but the board was not told: {error.message}")
        if take_back:
            raise UsageError(
                "What you sent is still at the board.", remedy="Ask the instructor to forget it."
            ) from error
        return
    typer.echo("You have left. " + ("The board has forgotten you." if take_back else ""))


def _board(workshop: Path, bind: str, port: int) -> Board:
    from labkit.workshop.board.board import Board
    from labkit.workshop.board.outline import Outline
    from labkit.workshop.release import Workshop, read_release

    place = Workshop(workshop)
    if not place.file.exists():  # nothing was released: the board shows where people work
        return Board(workshop, bind=bind, port=port)
    release = read_release(workshop)
    outline = Outline(release.notebooks, place.release / "notebooks")
    return Board(workshop, bind=bind, port=port, title=release.title, outline=outline)
