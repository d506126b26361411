"""The page of the rooms, and the control interface of its process, as one ASGI application."""

from __future__ import annotations

import hmac
import math
import re
import secrets
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from labkit.common.errors import LabkitError, UsageError
from labkit.workshop.guesses import Guesses
from labkit.workshop.release import read_release
from labkit.workshop.rooms import pages
from labkit.workshop.rooms.jupyter import address

if TYPE_CHECKING:
    from starlette.requests import Request

    from labkit.workshop.rooms.house import House

KEY_HEADER = "x-labkit-key"
COOKIE = "labkit-rooms"
LOOPBACK = ("127.0.0.1", "localhost", "::1", "[::1]")
_MOST = 4096
"""Bytes of a form; a code has fewer than 40."""
_WRONG = "No room has that code. Look at it once more, or ask your instructor."


class Portal:
    """Answers learners, the instructor, and ``labkit workshop``.

    Parameters
    ----------
    house
        The rooms.
    stop
        Called when this process is to end.
    clock
        Seconds that only grow.
    """

    def __init__(
        self,
        house: House,
        stop: Callable[[], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._house, self._stop = house, stop
        self._guesses = Guesses(clock)
        self._sessions: set[str] = set()

    def app(self) -> Starlette:
        """Return the application."""
        bind = self._house.record.bind
        # A page elsewhere could have its name point at loopback (DNS rebinding).
        hosts = [*LOOPBACK] if bind in LOOPBACK else ["*"]
        return Starlette(
            routes=[
                Route("/", self._learner, methods=["GET", "POST"]),
                Route("/instructor", self._instructor, methods=["GET", "POST"]),
                Route("/instructor/room/{name}", self._into, methods=["GET"]),
                Route("/control/{act}", self._control, methods=["POST"]),
            ],
            middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=hosts)],
        )

    @property
    def _title(self) -> str:
        try:
            return read_release(self._house.workshop.folder).title
        except LabkitError:  # being edited; the room is open all the same
            return "Workshop"

    async def _learner(self, request: Request) -> Response:
        if request.method == "GET":
            return _html(pages.code_page(self._title))
        code = await _code(request)
        room = self._house.record.room_of(code)
        if shut := self._shut(request, room is not None):
            return _html(pages.code_page(self._title, problem=shut[0]), 429, shut[1])
        if room is None:
            return _html(pages.code_page(self._title, problem=_WRONG), 403)
        return await self._led(request, room.name)

    async def _led(self, request: Request, name: str) -> Response:
        """Lead a browser into a room; what has ended there is started again."""
        try:
            room = await run_in_threadpool(self._house.open, name)
            first = read_release(self._house.workshop.folder).notebooks[0]
        except LabkitError as error:
            return _html(pages.trouble_page(self._title, str(error)), 503)
        host = request.url.hostname or ""
        if not re.fullmatch(r"[A-Za-z0-9.:-]+", host):
            host = self._house.record.bind
        return RedirectResponse(address(room, host, first), 303, headers=pages.HEADERS)

    async def _instructor(self, request: Request) -> Response:
        if request.method == "POST":
            code = await _code(request)
            right = self._house.record.is_instructor(code)
            if shut := self._shut(request, right):
                page = pages.code_page(self._title, instructor=True, problem=shut[0])
                return _html(page, 429, shut[1])
            if not right:
                page = pages.code_page(
                    self._title, instructor=True, problem="That is not the instructor's code."
                )
                return _html(page, 403)
            session = secrets.token_urlsafe(32)
            self._sessions.add(session)
            answer = RedirectResponse("/instructor", 303, headers=pages.HEADERS)
            answer.set_cookie(COOKIE, session, path="/instructor", httponly=True, samesite="strict")
            return answer
        if not self._is_instructor(request):
            return _html(pages.code_page(self._title, instructor=True))
        states = await run_in_threadpool(self._house.states)
        rooms = self._house.record.rooms
        where = f"{request.url.scheme}://{request.url.netloc}/"
        found = [(rooms[state.name], state) for state in states if state.name in rooms]
        return _html(pages.rooms_page(self._title, where, found))

    async def _into(self, request: Request) -> Response:
        if not self._is_instructor(request):
            return RedirectResponse("/instructor", 303, headers=pages.HEADERS)
        name = request.path_params["name"]
        if name not in self._house.record.rooms:
            return _html(pages.trouble_page(self._title, f"There is no room of {name}."), 404)
        return await self._led(request, name)

    async def _control(self, request: Request) -> Response:
        key = request.headers.get(KEY_HEADER, "")
        if not hmac.compare_digest(key.encode(), self._house.record.key.encode()):
            return JSONResponse({"error": "The key is wrong.", "remedy": ""}, 401)
        try:
            body = await request.json()
            return JSONResponse(
                await run_in_threadpool(self._act, request.path_params["act"], body)
            )
        except LabkitError as error:
            said = {"error": error.message, "remedy": error.remedy}
            return JSONResponse(said, 400 if isinstance(error, UsageError) else 409)

    def _act(self, act: str, body: dict[str, Any]) -> Any:
        if act == "open":
            room = self._house.open(str(body["name"]))
            return {"name": room.name, "code": room.code, "port": room.port}
        if act == "states":
            return [state.to_json() for state in self._house.states()]
        if act == "instructor":
            made: list[str] = []

            def renew(record: Any) -> Any:
                changed, code = record.with_new_instructor()
                made.append(code)
                return changed

            self._house.change(renew)
            self._sessions.clear()
            return {"code": made[0]}
        if act == "stop":
            outcomes = self._house.close_all()
            self._stop()
            return [{"name": one.name, "ok": one.ok, "said": one.said} for one in outcomes]
        raise UsageError(f"The page cannot {act!r}.", remedy="Use the labkit that started it.")

    def _shut(self, request: Request, right: bool) -> tuple[str, int] | None:
        """Take an attempt into account; for how long its address may not try, or ``None``."""
        wait = math.ceil(self._guesses.attempt(_who(request), right))
        if not wait:
            return None
        return f"Too many wrong codes. Try again in {wait} seconds.", wait

    def _is_instructor(self, request: Request) -> bool:
        given = request.cookies.get(COOKIE, "").encode()
        found = [hmac.compare_digest(given, session.encode()) for session in self._sessions]
        return any(found)


def _who(request: Request) -> str:
    return request.client.host if request.client else ""


async def _code(request: Request) -> str:
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > _MOST:
            return ""
    return parse_qs(body.decode("utf-8", "replace")).get("code", [""])[0]


def _html(page: str, status: int = 200, retry: int = 0) -> HTMLResponse:
    headers = {**pages.HEADERS, **({"Retry-After": str(retry)} if retry else {})}
    return HTMLResponse(page, status, headers=headers)
