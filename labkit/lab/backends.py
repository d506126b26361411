"""Which back end is meant, and how each is started and ended. Cheap to import."""

from __future__ import annotations

import os
from collections.abc import Callable

from labkit.common.errors import UsageError
from labkit.lab import launch
from labkit.lab.description import Description
from labkit.lab.workspace import Workspace

VARIABLE = "LABKIT_BACKEND"
EMBEDDED, CONTAINERS, OWN = NAMES = ("embedded", "containers", "own")


def chosen(backend: str | None = None) -> str:
    """Say which back end is meant: `backend`, else ``LABKIT_BACKEND``, else ``"embedded"``.

    Raises
    ------
    UsageError
        There is none of this name.
    """
    name = (backend or os.environ.get(VARIABLE) or EMBEDDED).strip().lower()
    if name not in NAMES:
        raise UsageError(
            f"There is no back end {name!r}.",
            remedy=f"Use --backend, backend= or {VARIABLE} with one of: {', '.join(NAMES)}.",
        )
    return name


def not_own(backend: str) -> None:
    """Raise if a user's own servers are meant: what comes next is for a lab of ours."""
    if backend == OWN:
        raise UsageError(
            "This never acts on your own servers.",
            remedy="They are asked with `labkit doctor`, `labkit up` and `labkit status`.",
        )


def launched(
    backend: str,
    workspace: Workspace,
    say: Callable[[str], None] = lambda text: None,
    *,
    secure: bool = False,
) -> Description:
    """Join the running lab of a workspace, or start it.

    Parameters
    ----------
    say
        Shows how far it has come, where it takes long.
    secure
        Whether every door is guarded.

    Raises
    ------
    UsageError
        A user's own servers are never started.
    """
    not_own(backend)
    if backend == CONTAINERS:
        from labkit.lab.containers.up import bring_up

        if secure:
            raise UsageError(
                "The secure lab runs on the embedded back end only.",
                remedy="Leave --backend and LABKIT_BACKEND out: labkit up --secure.",
            )
        return bring_up(workspace, say)
    return launch.start(workspace, secure=secure)


def ended(backend: str, workspace: Workspace) -> bool:
    """End the lab of a workspace; False if none was running."""
    if backend == CONTAINERS:
        from labkit.lab.containers.up import bring_down

        return bring_down(workspace)
    return launch.stop(workspace)
