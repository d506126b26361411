"""``labkit.open_lab()``: the one way from a notebook into a lab."""

from __future__ import annotations

from pathlib import Path

from labkit.lab.backends import OWN, chosen, launched
from labkit.lab.embedded import lab_of
from labkit.lab.protocol import Lab
from labkit.lab.workspace import Workspace


def open_lab(
    workspace: str | Path | None = None, *, backend: str | None = None, secure: bool = False
) -> Lab:
    """Join the running lab of a workspace, or start it.

    Parameters
    ----------
    workspace
        Its folder. Else the variable ``LABKIT_WORKSPACE``, else ``.lab`` in the repository, or
        ``.lab-containers`` …: a folder for each back end.
    backend
        What the lab is made of, one of `labkit.lab.backends.NAMES`. Else the variable
        ``LABKIT_BACKEND``, else ``"embedded"``.
    secure
        Whether every door is guarded: tokens before HTTP, certificates before DIMSE, consent and
        audit behind both. Such a lab has a folder of its own, ``.lab-secure``, and on containers
        products of its own, ``.lab-containers-secure``.

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
    name = chosen(backend, secure=secure)
    if name == OWN:
        from labkit.lab.own.lab import open_own

        return open_own(Workspace.at(workspace, name))
    where = Workspace.at(workspace, name, secure=secure)
    description = launched(name, where, secure=secure)
    return lab_of(where, description)
