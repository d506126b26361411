"""Each request as it went: a line in the journal, and a number in the metrics."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextvars import ContextVar
from itertools import count
from typing import TYPE_CHECKING, Any

from labkit.dicomweb.proxy.service.journal import Journal, clean_path, clean_query
from labkit.dicomweb.proxy.service.policy import NOTED

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_QUIET = frozenset({"/health", "/ready", "/metrics"})
"""Asked every few seconds by machines: in the metrics of the platform, not in the journal."""

Trace = dict[str, Any]
"""One record of labkit-proxy-trace/1."""


class Observed:
    """Looks at what passes; the innermost application answers.

    Parameters
    ----------
    app
        What is observed.
    journal
        Gets a line a request.
    count_request
        Called with method, status and seconds of each request.
    clock
        Seconds, from any beginning.
    """

    def __init__(
        self,
        app: ASGIApp,
        journal: Journal,
        count_request: Callable[[str, int, float], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._app, self._journal, self._count, self._clock = app, journal, count_request, clock
        self._numbers = count(1)
        self._open = 0
        self._trace: ContextVar[list[Trace] | None] = ContextVar("labkit-proxy-trace", default=None)

    @property
    def under_way(self) -> int:
        """Requests that are not answered to their end."""
        return self._open

    def trace(self, record: Trace) -> None:
        """Take the trace of the request that is being answered."""
        held = self._trace.get()
        if held is not None:
            held.append(record)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on."""
        if scope["type"] != "http" or scope["path"] in _QUIET:
            await self._app(scope, receive, send)
            return
        number, began = next(self._numbers), self._clock()
        seen: dict[str, Any] = {"status": 0, "bytes": 0, "whole": False}
        held: list[Trace] = []
        scope[NOTED] = {}
        token = self._trace.set(held)
        self._open += 1

        async def noting(message: Message) -> None:
            if message["type"] == "http.response.start":
                seen["status"] = message["status"]
            await send(message)
            if message["type"] == "http.response.body":
                seen["bytes"] += len(message.get("body", b""))
                seen["whole"] = not message.get("more_body", False)

        try:
            await self._app(scope, receive, noting)
        except BaseException as error:
            seen["error"] = type(error).__name__
            raise
        finally:
            self._open -= 1
            self._trace.reset(token)
            seconds = self._clock() - began
            self._count(scope["method"], seen["status"] or 500, seconds)
            self._note(number, scope, seen, seconds, held)

    def _note(
        self, number: int, scope: Scope, seen: dict[str, Any], seconds: float, held: list[Trace]
    ) -> None:
        status = seen["status"] or 500
        facts: dict[str, Any] = {
            "id": number,
            "client": scope[NOTED].get("client", ""),
            "method": scope["method"],
            "path": clean_path(scope["path"]),
            "query": clean_query(scope.get("query_string", b"").decode("latin-1")),
            "status": status,
            "seconds": round(seconds, 4),
            "bytes": seen["bytes"],
        }
        if not seen["whole"]:
            facts["broken_off"] = True  # the client went away, or the answer failed half-way
        if "error" in seen:
            facts["error"] = seen["error"]
        for record in held:
            steps = record.get("steps", [])
            facts["cache"] = record.get("cache", "none")
            facts["pacs"] = sorted({step["pacs"] for step in steps})
            bad = [step for step in steps if _bad(step)]
            if bad:
                facts["dimse"] = [
                    {key: step[key] for key in ("pacs", "service", "status", "meaning")}
                    for step in bad
                ]
        level = "error" if status >= 500 else "warning" if status >= 400 else "info"
        self._journal.write(level, "request", **facts)


def _bad(step: dict[str, Any]) -> bool:
    return bool(step["meaning"] != "goes on" and step["status"] not in ("0000", "FF00", "FF01"))
