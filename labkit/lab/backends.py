"""Which back end is meant, and how each is started and ended. Cheap to import."""

from __future__ import annotations

import os
from collections.abc import Callable

from labkit.common.errors import UsageError
from labkit.lab import launch
from labkit.lab.description import Description
from labkit.lab.secure.mark import is_secure
from labkit.lab.workspace import PRODUCTS, Workspace

VARIABLE = "LABKIT_BACKEND"
EMBEDDED, CONTAINERS, OWN = NAMES = ("embedded", "containers", "own")


def chosen(backend: str | None = None, *, secure: bool = False) -> str:
    """Say which back end is meant: `backend`, else ``LABKIT_BACKEND``, else ``"embedded"``.

    Parameters
    ----------
    secure
        Whether it is for the secure lab. Where only the variable says ``containers``, and another
        has started the products (``LABKIT_PRODUCTS`` names them), these are open: the secure lab is
        then the embedded one, beside them.

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
    beside = secure and not backend and name == CONTAINERS and bool(os.environ.get(PRODUCTS))
    return EMBEDDED if beside else name


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
        A user's own servers are never started; or the folder holds a lab of another kind.
    """
    not_own(backend)
    if backend == CONTAINERS:
        from labkit.lab.containers import secure_up, up

        if secure or is_secure(workspace):
            return secure_up.bring_up(workspace, say)
        return up.bring_up(workspace, say)
    return launch.start(workspace, secure=secure)


def ended(backend: str, workspace: Workspace) -> bool:
    """End the lab of a workspace; False if none was running."""
    if backend == CONTAINERS:
        from labkit.lab.containers import secure_up, up

        if is_secure(workspace):
            return secure_up.bring_down(workspace)
        return up.bring_down(workspace)
    return launch.stop(workspace)
