"""Is there a Docker engine that can be used, and by which command? One clear line where not."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from labkit.common.errors import LabError

NEEDED = 3 << 30
"""Bytes of memory that the core of the lab may take."""
_EMBEDDED = "or work without Docker: `labkit up` starts the embedded lab."


@dataclass(frozen=True)
class Finished:
    """A command that has ended.

    Attributes
    ----------
    code
        Its exit code.
    out, err
        What it said.
    """

    code: int
    out: str
    err: str


Run = Callable[[Sequence[str]], Finished]
"""Runs a command to its end."""


def run(command: Sequence[str], environment: Mapping[str, str] | None = None) -> Finished:
    """Run a command, and keep what it says."""
    done = subprocess.run(
        command, capture_output=True, text=True, encoding="utf-8", errors="replace", check=False,
        env=dict(environment) if environment is not None else None, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    return Finished(done.returncode, done.stdout, done.stderr)


def compose_command(run: Run = run, which: Callable[[str], str | None] = shutil.which) -> list[str]:
    """Return how docker compose is called here: version 2 where it is there, else 1.29.

    Raises
    ------
    LabError
        There is no Docker, no compose, no engine that answers, or too little memory.
    """
    if which("docker") is None:
        raise LabError("Docker is not installed.", remedy=f"Install Docker, {_EMBEDDED}")
    info = run(["docker", "info", "--format", "{{json .}}"])
    try:
        about = json.loads(info.out)
    except ValueError:
        about = {}
    if info.code != 0 or about.get("ServerErrors") or not about.get("ServerVersion"):
        raise _no_engine(" ".join([info.err, *(about.get("ServerErrors") or ())]))
    memory = int(about.get("MemTotal") or 0)
    if memory < NEEDED:
        raise LabError(
            f"The Docker engine has {memory / (1 << 30):.1f} GB of memory; the lab needs 3 GB.",
            remedy=f"Give it more (Docker Desktop: Settings, Resources), {_EMBEDDED}",
        )
    for command in (["docker", "compose"], ["docker-compose"]):
        if which(command[0]) and run([*command, "version"]).code == 0:
            return command
    raise LabError(
        "Docker is here, and docker compose is not.",
        remedy=f"Install the compose plugin (Debian: docker-compose), {_EMBEDDED}",
    )


def _no_engine(said: str) -> LabError:
    if "permission denied" in said.lower():
        return LabError(
            "This user may not talk to the Docker engine.",
            remedy="Add the user to the group docker (then log in again), " + _EMBEDDED,
        )
    where = os.environ.get("DOCKER_HOST", "")
    at = f" at {where}" if where else ""
    return LabError(
        f"No Docker engine answers{at}.",
        remedy=f"Start it (Docker Desktop, or `sudo systemctl start docker`), {_EMBEDDED}",
    )
