"""A learner's place, entered as the learner: ``python -m labkit.workshop.hub.seat FOLDER MINUTES``.

It brings the notebooks and the rules of the release, and becomes the learner's server. With
``end`` in the place of the minutes it ends the learner's labs. No part of it runs as the hub: what
it writes, it writes with the learner's own rights, so a link that they have laid leads nowhere new.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NoReturn

from labkit.common.errors import LabkitError, UsageError
from labkit.exercises.joining import Joined, read_join
from labkit.lab import launch
from labkit.workshop.handing import furnish
from labkit.workshop.places import Workshop
from labkit.workshop.release import read_release
from labkit.workshop.rooms import jupyter

USER = "JUPYTERHUB_USER"
BOARD, JOIN = "LABKIT_HUB_BOARD", "LABKIT_HUB_JOIN"
MEMORY, PROCESSES = "MEM_LIMIT", "LABKIT_HUB_PROCESSES"
REST = 15
"""Minutes that a server without kernels goes on."""


def main(arguments: Sequence[str]) -> int:
    """Do as the arguments say; returns only where it does not become a server."""
    folder, what = Path(arguments[0]), arguments[1]
    try:
        workshop, name = Workshop(folder), os.environ.get(USER, "")
        if what == "end":
            launch.stop_all(workshop.workspace(name))
            jupyter.tidy(workshop.workspace(name))
            return 0
        os.umask(0o077)
        limit(os.environ)
        environment = enter(workshop, name, os.environ)
        command = order(workshop, name, int(what))
    except LabkitError as error:
        sys.stderr.write(f"{error.message} {error.remedy}\n")
        return 1
    os.chdir(workshop.learner(name))
    return become(command, environment)


def become(command: Sequence[str], environment: Mapping[str, str]) -> NoReturn:
    """Go on as another program, with the same process, account and limits."""
    os.execve(command[0], [*command], environment)


def limit(environment: Mapping[str, str]) -> None:
    """Take the limits of this process and all that it starts; they cannot be raised again."""
    import resource

    if environment.get(MEMORY):
        # Of each process; all of them together are the hub's to watch (`accounts.too_much`).
        most = int(environment[MEMORY])
        resource.setrlimit(resource.RLIMIT_DATA, (most, most))
    if environment.get(PROCESSES):
        most = int(environment[PROCESSES])
        resource.setrlimit(resource.RLIMIT_NPROC, (most, most))


def enter(workshop: Workshop, name: str, environment: Mapping[str, str]) -> dict[str, str]:
    """Bring a learner's folder up to date, and return the environment of their server.

    Raises
    ------
    LabkitError
        Nothing was released, or the folder cannot be written; says what to do.
    """
    if not name:
        raise UsageError(f"{USER} is not set.", remedy="JupyterHub sets it; start nothing by hand.")
    furnish(workshop, name, read_release(workshop.folder))
    workspace = workshop.workspace(name)
    jupyter.furnish(workspace)
    if environment.get(BOARD) and environment.get(JOIN):
        wanted = Joined(environment[BOARD], environment[JOIN], who=name, name=name)
        if read_join(workspace.root) != wanted:
            wanted.write(workspace.root)
    kept = {k: v for k, v in environment.items() if k not in (BOARD, JOIN, PROCESSES)}
    return jupyter.variables(workspace, name, kept)


def order(workshop: Workshop, name: str, minutes: int) -> list[str]:
    """Return the command of a learner's server."""
    first = read_release(workshop.folder).notebooks[0]
    return [
        sys.executable, "-m", "jupyterhub.singleuser",
        *jupyter.options(workshop.learner(name).resolve(), minutes),
        f"--ServerApp.shutdown_no_activity_timeout={REST * 60}",
        f"--ServerApp.default_url=/lab/tree/notebooks/{first}",
    ]  # fmt: skip


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
