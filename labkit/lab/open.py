"""``labkit.open_lab()``: the one way from a notebook into a lab."""

from __future__ import annotations

from pathlib import Path

from labkit.lab.embedded import EmbeddedLab
from labkit.lab.launch import start
from labkit.lab.protocol import Lab
from labkit.lab.workspace import Workspace


def open_lab(workspace: str | Path | None = None) -> Lab:
    """Join the running lab of a workspace, or start it.

    Parameters
    ----------
    workspace
        Its folder. Else the variable ``LABKIT_WORKSPACE``, else ``.lab`` in the repository.

    Returns
    -------
    Lab
        Shown at the end of a cell, it is a table of what is healthy.

    Raises
    ------
    LabError
        The lab does not run and cannot be started; the remedy says what to do.
    """
    where = Workspace.at(workspace)
    return EmbeddedLab(where, start(where))
