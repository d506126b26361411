"""Whether a workspace is a secure lab: said once, when it is made, and never taken back."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

from labkit.common.errors import LabError, UsageError
from labkit.lab.description import read
from labkit.lab.problems import explained

if TYPE_CHECKING:
    from labkit.lab.workspace import Workspace

FORMAT = "labkit-secure/1"
_FILE = "secure.json"


def agree(workspace: Workspace, secure: bool) -> None:
    """Make a new workspace secure where that is wanted.

    A folder that is secure already stays so, whatever is asked for: nobody opens it by forgetting
    a word on the command line.

    Raises
    ------
    UsageError
        The folder holds an open lab, whose objects came in unguarded.
    """
    if not secure or is_secure(workspace):
        return
    if (workspace.root / "nodes").exists() or workspace.description.exists():
        raise UsageError(
            f"{workspace.root.name} holds an open lab.",
            remedy="Name another folder for the secure one: --workspace DIR, workspace=…",
        )
    try:
        if os.name == "posix":
            workspace.root.chmod(0o700)  # the images too are for nobody else on this machine
        workspace.guarded.mkdir(mode=0o700, exist_ok=True)
        (workspace.guarded / _FILE).write_text(json.dumps({"format": FORMAT}), encoding="utf-8")
    except OSError as error:
        raise explained(error, workspace.root) from error


def is_secure(workspace: Workspace) -> bool:
    """Whether this is the workspace of a secure lab.

    Raises
    ------
    LabError
        It was one, and what says so is gone or damaged: it must not be served as an open one.
    """
    path = workspace.guarded / _FILE
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        marked = isinstance(found, dict) and found.get("format") == FORMAT
    except FileNotFoundError:
        marked = False
        if not workspace.guarded.exists() and not _was(workspace):
            return False
    except (OSError, ValueError):
        marked = False
    if not marked:
        raise LabError(
            f"{workspace.root.name} is a secure lab, and {_FILE} of it is missing or damaged.",
            remedy="Put the folder `secure` back from a copy; or delete the whole workspace, "
            "which ends what it held, and begin anew.",
        )
    return True


def _was(workspace: Workspace) -> bool:
    try:
        before = read(workspace.description)
    except LabError:
        return False  # an open lab may have a damaged description; it has no folder `secure`
    return before is not None and before.secure
