"""Several applications at one origin, each below its path."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send


def below(apps: Mapping[str, ASGIApp], otherwise: ASGIApp) -> ASGIApp:
    """Serve each application below its path; the path itself, without a slash, is its root too.

    A redirect to the path with a slash, which frameworks give, is one that a WADO-URI client need
    not follow.

    Parameters
    ----------
    apps
        By path, such as ``/dicom-web``.
    otherwise
        Answers all other paths.
    """

    async def dispatch(scope: Scope, receive: Receive, send: Send) -> None:
        for prefix, app in apps.items():
            path = scope["path"] + ("/" if scope["path"] == prefix else "")
            if path.startswith(f"{prefix}/"):
                await app({**scope, "path": path, "root_path": prefix}, receive, send)
                return
        await otherwise(scope, receive, send)

    return dispatch
