"""Takes the notices of Subscriptions (R4 subscription, channel rest-hook).

What a notice carries is not read: it may be old, or somebody else's. It is written down that the
server has something new, that is answered, and the tracker asks the server itself.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from labkit.common.errors import LabError, UsageError

if TYPE_CHECKING:
    from starlette.types import ASGIApp

HEADER = "X-Notice-Key"
MOST = 8 << 20
"""Bytes of a notice that are thrown away; a longer one is refused."""
_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")


def receiver_app(
    ring: Callable[[str, str, str], None], key: str, rung: Callable[[], None]
) -> ASGIApp:
    """Make the application.

    Parameters
    ----------
    ring
        Takes down source, type and id; `Tracker.ring`.
    key
        What the header `HEADER` has to say; the server was told by ``Subscription.channel.header``.
    rung
        Called after a notice has been taken down.
    """

    async def notice(request: Request) -> Response:
        shown = request.headers.get(HEADER, "")
        if not hmac.compare_digest(shown.encode(), key.encode()):
            return Response(status_code=403)
        length = 0
        async for chunk in request.stream():
            length += len(chunk)
            if length > MOST:
                return Response(status_code=413)
        named = request.path_params
        id_ = named.get("id", "")
        if id_ and (named["told"] != named["type"] or not _ID.fullmatch(id_)):
            return Response(status_code=400)
        try:
            await run_in_threadpool(ring, named["source"], named["type"], id_)
        except UsageError:
            return Response(status_code=404)
        except LabError:
            return Response(status_code=503)  # not on the disk: the server is to try again
        rung()
        return Response(status_code=200)

    at = "/notices/{source}/{type}"
    return Starlette(routes=[
        Route(at, notice, methods=["POST"]),
        Route(at + "/{told}/{id}", notice, methods=["PUT", "POST"]),
    ])  # fmt: skip
