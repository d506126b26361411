"""``labkit.open_lab()``: the one way from a notebook into a lab."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from labkit.common.errors import UsageError
from labkit.lab.embedded import EmbeddedLab
from labkit.lab.launch import start
from labkit.lab.protocol import Lab
from labkit.lab.workspace import Workspace

VARIABLE = "LABKIT_BACKEND"


def open_lab(workspace: str | Path | None = None, *, backend: str | None = None) -> Lab:
    """Join the running lab of a workspace, or start it.

    Parameters
    ----------
    workspace
        Its folder. Else the variable ``LABKIT_WORKSPACE``, else ``.lab`` in the repository.
    backend
        What the lab is made of, one of `BACKENDS`. Else the variable ``LABKIT_BACKEND``, else
        ``"embedded"``.

    Returns
    -------
    Lab
        Shown at the end of a cell, it is a table of what is healthy.

    Raises
    ------
    LabError
        The lab does not run and cannot be started; the remedy says what to do.
    UsageError
        There is no such back end.
    """
    return BACKENDS[chosen(backend)](Workspace.at(workspace))


def chosen(backend: str | None = None) -> str:
    """Say which back end is meant: `backend`, else ``LABKIT_BACKEND``, else ``"embedded"``.

    Raises
    ------
    UsageError
        There is none of this name.
    """
    name = (backend or os.environ.get(VARIABLE) or "embedded").strip().lower()
    if name not in BACKENDS:
        raise UsageError(
            f"There is no back end {name!r}.",
            remedy=f"Use backend= or {VARIABLE} with one of: {', '.join(BACKENDS)}.",
        )
    return name


def _embedded(workspace: Workspace) -> Lab:
    return EmbeddedLab(workspace, start(workspace))


BACKENDS: dict[str, Callable[[Workspace], Lab]] = {"embedded": _embedded}
"""What opens a lab of each kind, by its name."""
