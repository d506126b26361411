"""The board over HTTP: posts of laptops, and the page."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from labkit.common.errors import AccessDenied, HttpError, LabkitError, UsageError
from labkit.exercises.posting import KEY_HEADER
from labkit.exercises.wire import MOST_BYTES, read_report
from labkit.workshop.board.door import COOKIE, HOURS
from labkit.workshop.board.store import Full, digest
from labkit.workshop.board.streaming import Stream
from labkit.workshop.board.view import INSTRUCTOR, PROJECTOR

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from labkit.workshop.board.board import Board

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
        "img-src data:; "
        "base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
    ),
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}
GUARD = "x-labkit-board"
"""A header that a form of another page cannot send."""
MOST_FORM = 1 << 10
_PAGE = Path(__file__).with_name("page")
_FILES = {
    "board.js": "text/javascript", "grid.js": "text/javascript", "lists.js": "text/javascript",
    "board.css": "text/css",
}  # fmt: skip
_WRONG = (
    "That is not the code. It has twelve signs, and the board printed it when it was started. "
    "No sign is 0, o, 1, l or i."
)
_WAIT = "Too many wrong codes came from this address. Wait a minute."
_Act = Callable[[Request], Awaitable[Response]]


def board_app(board: Board) -> ASGIApp:
    """Make the application."""
    doors = _Doors(board)
    routes = [
        ("/api/acts", doors.report, "POST"),
        ("/api/acts", doors.take_back, "DELETE"),
        ("/api/board", doors.look, "GET"),
        ("/api/events", doors.events, "GET"),
        ("/api/export", doors.export, "GET"),
        ("/api/forget", doors.forget, "POST"),
        ("/", doors.home, "GET"),
        ("/enter", doors.enter, "POST"),
        ("/leave", doors.leave, "POST"),
        ("/page/{name}", doors.file, "GET"),
    ]
    return Starlette(
        routes=[Route(path, _answered(act), methods=[method]) for path, act, method in routes],
        exception_handlers={404: _nothing, 405: _nothing},
    )


class _Doors:
    """What is done at each address."""

    def __init__(self, board: Board) -> None:
        self._board = board

    # -- laptops --

    async def report(self, request: Request) -> Response:
        """Take what a laptop tells."""
        key = await self._laptop(request)
        told = read_report(await _body(request, MOST_BYTES))
        learner = await run_in_threadpool(self._board.store.take, told, key)
        return _json({"next": learner.next, "shown": learner.shown})

    async def take_back(self, request: Request) -> Response:
        """Forget what a laptop has told."""
        key = await self._laptop(request)
        try:
            who = json.loads(await _body(request, MOST_FORM))["who"]
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise UsageError("Nobody is named.", remedy='Send {"who": "…"}.') from error
        gone = isinstance(who, str) and await run_in_threadpool(self._board.store.drop, who, key)
        return _json({"next": 0, "forgotten": gone})

    async def _laptop(self, request: Request) -> str:
        """Return the key of a laptop that has the join code."""
        key = request.headers.get(KEY_HEADER, "")
        known = bool(key) and self._board.store.knows(key)
        said = request.headers.get("authorization", "")
        self._board.door.joins(said, _address(request), known=known)
        if not (16 <= len(key) <= 200 and key.isascii()):
            raise UsageError(
                f"The header {KEY_HEADER} has to be a secret of 16 signs or more.",
                remedy="Join with `labkit workshop join`, which makes one.",
            )
        self._board.door.paced(digest(key))
        if request.headers.get("content-type", "").split(";")[0].strip() != "application/json":
            raise UsageError("A report is application/json.", remedy="Say so in Content-Type.")
        return key

    # -- who looks --

    async def home(self, request: Request) -> Response:
        """The page, or the question for the code."""
        view = self._board.door.view_of(request.cookies.get(COOKIE, ""))
        return _html("board.html") if view else _enter()

    async def enter(self, request: Request) -> Response:
        """Take the instructor's code."""
        try:
            sent = dict(parse_qsl((await _body(request, MOST_FORM)).decode(), max_num_fields=4))
        except ValueError as error:
            raise UsageError("The form cannot be read.", remedy="Load the page again.") from error
        try:
            cookie = self._board.door.enters(
                sent.get("code", ""), sent.get("view", ""), _address(request)
            )
        except AccessDenied:
            return _enter(_WRONG, 403)
        except HttpError:
            return _enter(_WAIT, 429)
        return _with_cookie(RedirectResponse("/", 303, headers=HEADERS), cookie)

    async def leave(self, request: Request) -> Response:
        """Close the page."""
        gone = RedirectResponse("/", 303, headers=HEADERS)
        gone.delete_cookie(COOKIE)
        return gone

    async def look(self, request: Request) -> Response:
        """The room, once."""
        view = self._view(request)
        if request.query_params.get("view") == PROJECTOR:
            view = PROJECTOR
        return _json(await run_in_threadpool(self._board.view, view))

    async def events(self, request: Request) -> Response:
        """The room, as it changes (server-sent events)."""
        view = self._view(request)
        cookie = request.cookies.get(COOKIE, "")
        stream = self._board.streams.opened(
            view,
            self._board.view,
            lambda: not cookie or self._board.door.view_of(cookie) == view,
        )
        headers = {**HEADERS, "X-Accel-Buffering": "no"}
        return StreamingResponse(_sent(stream), media_type="text/event-stream", headers=headers)

    async def export(self, request: Request) -> Response:
        """The room and every act, as a file; names only where they are asked for."""
        if self._view(request) != INSTRUCTOR:
            raise AccessDenied("This view has no export.", remedy="Enter as the instructor.")
        names = request.query_params.get("names") == "1"
        told = await run_in_threadpool(self._board.export, names)
        file = {"Content-Disposition": 'attachment; filename="board.json"'}
        return JSONResponse(told, headers={**HEADERS, **file})

    async def forget(self, request: Request) -> Response:
        """Forget everything."""
        if self._view(request) != INSTRUCTOR:
            raise AccessDenied("This view forgets nothing.", remedy="Enter as the instructor.")
        if request.headers.get(GUARD) != "forget":
            raise AccessDenied(
                "Nothing was forgotten: the request is not of the board's own page.",
                remedy=f"Send the header {GUARD}: forget.",
            )
        await run_in_threadpool(self._board.forget)
        return _with_cookie(_json({"forgotten": True}), self._board.door.cookie(INSTRUCTOR))

    async def file(self, request: Request) -> Response:
        """A script or the style."""
        name = request.path_params["name"]
        if name not in _FILES:
            return await _nothing(request, None)
        return Response((_PAGE / name).read_bytes(), media_type=_FILES[name], headers=HEADERS)

    def _view(self, request: Request) -> str:
        said = request.headers.get("authorization", "")
        if said:
            return self._board.door.sees(said, _address(request))
        view = self._board.door.view_of(request.cookies.get(COOKIE, ""))
        if not view:
            raise AccessDenied("The board wants the instructor's code.", remedy="Enter at /.")
        return view


def _answered(act: _Act) -> _Act:
    """Turn errors into JSON that says what to do next; what is ours goes into none."""

    async def endpoint(request: Request) -> Response:
        try:
            return await act(request)
        except HttpError as error:
            return _refused(error, error.status)
        except AccessDenied as error:
            owned = error.message.startswith("Another laptop")
            view = error.message.startswith(("This view", "Nothing was"))
            return _refused(error, 403 if owned or view else 401)
        except Full as error:
            return _refused(error, 503)
        except UsageError as error:
            return _refused(error, 400)
        except LabkitError as error:
            return _refused(error, 500)

    return endpoint


def _refused(error: LabkitError, status: int) -> Response:
    more = {"Retry-After": "5"} if status in (429, 503) else {}
    more |= {"WWW-Authenticate": "Bearer"} if status == 401 else {}
    told = {"error": error.message, "remedy": error.remedy}
    return JSONResponse(told, status, headers={**HEADERS, **more})


async def _nothing(request: Request, error: Any) -> Response:
    told = {"error": "There is nothing here.", "remedy": "The board is at /."}
    return JSONResponse(told, getattr(error, "status_code", 404), headers=HEADERS)


async def _sent(stream: Stream) -> Any:
    try:
        while (text := await stream.next()) is not None:
            yield text
    finally:
        stream.close()


async def _body(request: Request, most: int) -> bytes:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > most:
            raise HttpError(
                f"That is more than {most} bytes.", status=413, remedy="Send fewer acts at once."
            )
    return body


def _address(request: Request) -> str:
    return request.client.host if request.client else ""


def _json(data: object) -> Response:
    return JSONResponse(data, headers=HEADERS)


def _enter(note: str = "", status: int = 200) -> Response:
    said = f'<p class="note" role="alert">{note}</p>' if note else ""
    return _html("enter.html", status, said)


def _html(name: str, status: int = 200, note: str = "") -> Response:
    text = (_PAGE / name).read_text(encoding="utf-8").replace("<!-- note -->", note)
    return Response(text, status, media_type="text/html; charset=utf-8", headers=HEADERS)


def _with_cookie(answer: Response, cookie: str) -> Response:
    answer.set_cookie(COOKIE, cookie, max_age=HOURS * 3600, httponly=True, samesite="strict")
    return answer
