"""Start the processes of a room: each as a program of its own, where nothing better can be had."""

from __future__ import annotations

import subprocess
import sys
from typing import Any, Protocol

from labkit.lab import launch
from labkit.lab.workspace import Workspace
from labkit.workshop.rooms.jupyter import Order


class Starter(Protocol):
    """Starts what a room needs."""

    def lab(self, workspace: Workspace) -> None:
        """Start the lab of a workspace; returns when it is ready.

        Raises
        ------
        LabError
            It did not start.
        """

    def jupyter(self, order: Order) -> int:
        """Start a JupyterLab; returns its pid at once."""

    def alive(self, pid: int) -> bool:
        """Whether a JupyterLab that was started here still runs."""

    def close(self) -> None:
        """Give back what the starter itself needs; what it started goes on."""


class Spawning:
    """A new Python for each: on every system, with no memory in common."""

    def __init__(self) -> None:
        self._started: list[subprocess.Popen[bytes]] = []

    def lab(self, workspace: Workspace) -> None:
        """Start the lab of a workspace; see `Starter`."""
        launch.start(workspace)

    def jupyter(self, order: Order) -> int:
        """Start a JupyterLab; see `Starter`."""
        detached: dict[str, Any] = {"start_new_session": True}
        if sys.platform == "win32":
            detached = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
        with order.log.open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "jupyterlab", *order.arguments],
                cwd=order.folder, env=dict(order.environment),
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, **detached,
            )  # fmt: skip
        self._started = [one for one in self._started if one.poll() is None] + [process]
        return process.pid

    def alive(self, pid: int) -> bool:
        """Whether a JupyterLab that was started here still runs; see `Starter`."""
        return any(one.pid == pid and one.poll() is None for one in self._started)

    def close(self) -> None:
        """Collect those that have ended."""
        for process in self._started:
            process.poll()


def starter() -> Starter:
    """Return the best starter that this system has."""
    # On macOS system libraries break after a fork; Windows has none.
    if sys.platform != "linux":
        return Spawning()
    from labkit.workshop.rooms.nursery import Nursery

    return Nursery()
