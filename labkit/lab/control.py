"""The control interface: what notebooks, exercises and the command line ask of a running lab.

Loopback only, and nothing without the key that stands in ``lab.json``.
"""

from __future__ import annotations

import hmac
import json
import traceback
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route

from labkit.common.errors import UsageError
from labkit.lab.floor_acts import floor_acts
from labkit.lab.problems import explained
from labkit.lab.remote import KEY_HEADER

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import ASGIApp, Receive, Scope, Send

    from labkit.lab.enterprise import Enterprise

Act = Callable[["Asked"], Any]
"""Does one thing, and returns what JSON can hold."""


class Asked:
    """One request, reduced to what the acts below need."""

    def __init__(self, request: Request, body: Any) -> None:
        self.name: str = request.path_params.get("name", "")
        self.query = request.query_params
        self.body = body

    def field(self, key: str, kind: type) -> Any:
        """Return one field of the body, of the right type."""
        value = self.body.get(key) if isinstance(self.body, dict) else None
        if not isinstance(value, kind):
            raise UsageError(f"{key} is missing or no {kind.__name__}.", remedy="Give it.")
        return value

    def since(self) -> dict[str, Any]:
        """Return where to begin: a number, and the epoch in which it counts."""
        return {"since": self.number("since"), "epoch": self.query.get("epoch", "")}

    def number(self, key: str) -> int:
        """Return one number of the query string, 0 if it is not given."""
        text = self.query.get(key, "0")
        if not text.isdecimal():
            raise UsageError(f"{key}={text!r} is no number.", remedy="Give a number.")
        return int(text)


def control_app(enterprise: Enterprise, *, key: str, shutdown: Callable[[], None]) -> Starlette:
    """Make the application.

    Parameters
    ----------
    enterprise
        What is controlled.
    key
        Every request must carry it in the header ``x-labkit-key``.
    shutdown
        Called when the lab is asked to end; returns at once.
    """

    def end(asked: Asked) -> dict[str, bool]:
        shutdown()
        return {"ending": True}

    def add(asked: Asked) -> Any:
        enterprise.add_destination(
            asked.field("ae_title", str), asked.field("host", str), asked.field("port", int)
        )
        return enterprise.destinations()

    def remove(asked: Asked) -> Any:
        enterprise.remove_destination(asked.field("ae_title", str))
        return enterprise.destinations()

    acts: dict[tuple[str, str], Act] = {
        **floor_acts(enterprise),
        **enterprise.guarding.acts(),
        ("GET", "/ping"): lambda asked: {"lab": str(enterprise.workspace.root)},
        ("GET", "/nodes"): lambda asked: enterprise.running(),
        ("GET", "/mark"): lambda asked: enterprise.mark(),
        ("GET", "/destinations"): lambda asked: enterprise.destinations(),
        ("POST", "/destinations"): add,
        ("POST", "/destinations/remove"): remove,
        ("GET", "/certificates"): lambda asked: enterprise.certificates(),
        ("POST", "/nodes/{name}/tls"): lambda asked: enterprise.listen_tls(
            asked.name, mutual=asked.field("mutual", bool)
        ),
        ("POST", "/reset"): lambda asked: enterprise.reset(),
        ("POST", "/shutdown"): end,
        ("POST", "/nodes/{name}/stop"): lambda asked: enterprise.stop_node(asked.name),
        ("POST", "/nodes/{name}/start"): lambda asked: enterprise.start_node(asked.name),
        ("GET", "/nodes/{name}/objects"): lambda asked: enterprise.objects(
            asked.name, **asked.since()
        ),
        ("GET", "/nodes/{name}/log"): lambda asked: enterprise.log(asked.name, **asked.since()),
        ("GET", "/nodes/{name}/traces"): lambda asked: enterprise.traces(
            asked.name, **asked.since(), last=asked.number("last")
        ),
    }
    routes = [
        Route(path, _endpoint(act, enterprise), methods=[verb])
        for (verb, path), act in acts.items()
    ]
    app = Starlette(routes=routes, exception_handlers={404: _nothing, 405: _nothing})
    return Starlette(routes=[Mount("/lab", app=_keyed(app, key))])


async def _nothing(request: Request, error: Exception) -> Response:
    said = f"The lab knows nothing of {request.method} {request.url.path}."
    return JSONResponse({"error": said, "remedy": "Check the name of the node."}, 404)


def _endpoint(act: Act, enterprise: Enterprise) -> Callable[[Request], Any]:
    async def endpoint(request: Request) -> Response:
        body: Any = None
        raw = await request.body()
        if raw:
            try:
                body = json.loads(raw)
            except (ValueError, RecursionError):
                return JSONResponse({"error": "The body is not JSON.", "remedy": "Send JSON."}, 400)
        try:
            return JSONResponse(await run_in_threadpool(act, Asked(request, body)))
        except Exception as error:  # whatever it is, the one who asked must be told
            clear = explained(error, enterprise.workspace.root)
            if clear is not error:
                with suppress(OSError):  # the disk that holds the log may be full
                    traceback.print_exc()
            status = 400 if isinstance(error, UsageError) else 500
            return JSONResponse({"error": clear.message, "remedy": clear.remedy}, status)

    return endpoint


def _keyed(app: ASGIApp, key: str) -> ASGIApp:
    """Answer 401 to whoever does not have the key."""
    expected = key.encode("ascii")

    async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
        given = dict(scope["headers"]).get(KEY_HEADER.encode("ascii"), b"")
        if hmac.compare_digest(given, expected):
            await app(scope, receive, send)
            return
        refusal = {"error": "The key is missing or wrong.", "remedy": "It stands in lab.json."}
        await JSONResponse(refusal, 401)(scope, receive, send)

    return guarded
