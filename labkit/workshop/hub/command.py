"""``labkit workshop codes``; thin."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from labkit.common.errors import UsageError
from labkit.lab.printing import print_json, print_table
from labkit.workshop.options import DEFAULT, AsJson, InWorkshop
from labkit.workshop.release import Workshop, read_release


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("codes")(codes)


def codes(
    workshop: InWorkshop = DEFAULT,
    learners: Annotated[
        int | None,
        typer.Option(min=1, max=1000, help="How many: learner-01 …", show_default=False),
    ] = None,
    names: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Their names, one a line.", show_default=False),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Give learners access codes, and start nothing: for JupyterHub (docs/hub.md).

    Who has a code keeps it. Without names, all that there are are shown.
    """
    from labkit.workshop.rooms import client
    from labkit.workshop.rooms.command import wanted
    from labkit.workshop.rooms.record import Record, Room

    room = Workshop(workshop.expanduser())
    read_release(room.folder)
    record = Record.read(room.rooms)
    if learners is not None or names is not None:
        if client.find(room) is not None:
            raise UsageError(
                "The rooms of this workshop are open; their page gives codes.",
                remedy="Use `labkit workshop start` with the same names, or stop them first.",
            )
        for name in wanted(room, learners, names):
            if name not in record.rooms:
                record = record.with_room(Room.new(name))
        record.write(room.rooms)
    if not record.rooms:
        raise UsageError("Nobody has a code yet.", remedy="Use --learners N, or --names FILE.")
    found = [(each.name, each.code) for each in record.rooms.values()]
    if as_json:
        print_json([{"name": name, "code": code} for name, code in found])
    else:
        print_table(("learner", "code"), found)
