"""``labkit workshop …``: each part registers its own commands."""

from __future__ import annotations

import typer

from labkit.workshop import board_command, release_command
from labkit.workshop.hub import command as hub_command
from labkit.workshop.marks import command as marks_command
from labkit.workshop.rooms import command as rooms_command
from labkit.workshop.slides import command as slides_command

workshop_app = typer.Typer(
    help="For instructors: hand out, start labs, watch, break, collect, mark.",
    no_args_is_help=True,
)
for part in (
    release_command, rooms_command, hub_command, board_command, marks_command, slides_command,
):  # fmt: skip
    part.register(workshop_app)
