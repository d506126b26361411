"""The portal over HTTP."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from labkit.access.audit import AuditError
from labkit.common.errors import AccessDenied, DataError, LabkitError, UsageError
from labkit.common.serving import HOST
from labkit.exchange.portal import pages
from labkit.exchange.portal.refusing import ended
from labkit.exchange.portal.sessions import Session
from labkit.exchange.portal.shares import over

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from labkit.exchange.portal.portal import Portal

COOKIE = "portal"
MOST = 16 << 10
"""Bytes of a form."""
SAFE = ("application/pdf", "text/plain", "image/png", "image/jpeg", "application/dicom")
"""Types that a document keeps; any other goes out as bytes. All are downloads, none is shown."""
_Act = Callable[[Request], Awaitable[Response]]


def portal_app(portal: Portal) -> ASGIApp:
    """Make the application."""
    doors = _Doors(portal)
    routes = [
        ("/", doors.home, "GET"),
        ("/enter/{ticket}", doors.enter, "GET"),
        ("/leave", doors.leave, "POST"),
        ("/studies/{uid}", doors.study, "GET"),
        ("/studies/{uid}/images/{series}/{instance}", doors.picture, "GET"),
        ("/documents/{id}", doors.document, "GET"),
        ("/shares", doors.share, "POST"),
        ("/shares/{id}/end", doors.end_share, "POST"),
        ("/shared", doors.shared, "GET"),
        ("/shared/images/{series}/{instance}", doors.shared_picture, "GET"),
        ("/shared/{id}/{secret}", doors.link, "GET"),
        ("/shared/{id}/{secret}", doors.unlock, "POST"),
    ]
    made = [Route(path, _answered(act), methods=[method]) for path, act, method in routes]
    # A name that somebody points at 127.0.0.1 is not this portal (DNS rebinding).
    hosts = Middleware(TrustedHostMiddleware, allowed_hosts=[HOST, "localhost"])
    return Starlette(routes=made, middleware=[hosts])


class _Doors:
    """What is done at each address."""

    def __init__(self, portal: Portal) -> None:
        self._portal = portal

    async def home(self, request: Request) -> Response:
        """The list; as JSON for a program that shows a token."""
        session = self._session(request)
        view = await run_in_threadpool(self._portal.view, session.token, session.patient)
        if "application/json" in request.headers.get("accept", ""):
            return JSONResponse(view.to_dict(), headers=pages.HEADERS)
        shares = await run_in_threadpool(self._portal.shares, session.token, session.patient)
        return _html(pages.patient_page(view, shares, session.form))

    async def enter(self, request: Request) -> Response:
        """Give a ticket for a session."""
        found = self._portal.sessions.enter(request.path_params["ticket"])
        if found is None:
            raise ended()
        return _go("/", found[0])

    async def leave(self, request: Request) -> Response:
        """Log out."""
        await self._posted(request, self._any(request))
        self._portal.sessions.leave(request.cookies.get(COOKIE, ""))
        gone = _html(pages.page("You are logged out", "<p>You can close this page.</p>"))
        gone.delete_cookie(COOKIE)
        return gone

    async def study(self, request: Request) -> Response:
        """One study."""
        session, uid = self._session(request), request.path_params["uid"]
        found = await run_in_threadpool(self._portal.study, session.token, uid)
        return _html(pages.study_page(found, session.form))

    async def picture(self, request: Request) -> Response:
        """One picture."""
        session, at = self._session(request), request.path_params
        data = await run_in_threadpool(
            self._portal.picture, session.token, at["uid"], at["series"], at["instance"],
            _size(request),
        )  # fmt: skip
        return Response(data, media_type="image/png", headers=pages.HEADERS)

    async def document(self, request: Request) -> Response:
        """A document, as a download."""
        session, id_ = self._session(request), request.path_params["id"]
        data, kind = await run_in_threadpool(self._portal.attachment, session.token, id_)
        kind = kind.split(";")[0].strip().lower()
        headers = {**pages.HEADERS, "Content-Disposition": 'attachment; filename="document"',
                   "Content-Security-Policy": "sandbox; default-src 'none'"}  # fmt: skip
        known = kind if kind in SAFE else "application/octet-stream"
        return Response(data, media_type=known, headers=headers)

    async def share(self, request: Request) -> Response:
        """Make a link."""
        session = self._session(request)
        sent = await self._posted(request, session)
        try:
            hours = float(sent.get("hours", "1"))
        except ValueError as error:
            raise UsageError("That is no number of hours.", remedy="Write 1.") from error
        made = await run_in_threadpool(
            lambda: self._portal.share(
                session.token, sent.get("study", ""), sent.get("recipient", ""), hours=hours
            )
        )
        return _html(pages.shared_page(made))

    async def end_share(self, request: Request) -> Response:
        """Take a link back."""
        session = self._session(request)
        await self._posted(request, session)
        id_ = request.path_params["id"]
        await run_in_threadpool(self._portal.revoke, session.token, id_, session.patient)
        return _go("/")

    async def link(self, request: Request) -> Response:
        """Ask for the passcode; the page is the same for every link."""
        return _html(pages.passcode_page())

    async def unlock(self, request: Request) -> Response:
        """Take the passcode."""
        at, sent = request.path_params, await _form(request)
        try:
            kept = await run_in_threadpool(
                self._portal.unlock, at["id"], at["secret"], sent.get("passcode", "")
            )
        except AccessDenied as error:
            return _html(pages.passcode_page(error.message), 403)
        session = Session("", share=kept.share.id, ends=kept.share.ends)
        return _go("/shared", self._portal.sessions.open(session))

    async def shared(self, request: Request) -> Response:
        """The study behind a link."""
        session = self._shared(request)
        found = await run_in_threadpool(self._portal.shared_study, session.share)
        return _html(pages.study_page(found, session.form, shared=True))

    async def shared_picture(self, request: Request) -> Response:
        """A picture of it."""
        session, at = self._shared(request), request.path_params
        data = await run_in_threadpool(
            self._portal.shared_picture, session.share, at["series"], at["instance"],
            _size(request),
        )  # fmt: skip
        return Response(data, media_type="image/png", headers=pages.HEADERS)

    def _session(self, request: Request) -> Session:
        """Return who asks: a bearer token in its header, or a cookie; never a token in the URL."""
        sent = request.headers.get("authorization", "")
        if sent:
            scheme, _, token = sent.partition(" ")
            if scheme.lower() != "bearer" or not token.strip():
                raise ended()
            return Session(token.strip())
        session = self._any(request)
        if session.share:  # a link opens one study and nothing else
            raise ended()
        return session

    def _shared(self, request: Request) -> Session:
        session = self._any(request)
        if not session.share:
            raise over()
        return session

    def _any(self, request: Request) -> Session:
        return self._portal.sessions.of(request.cookies.get(COOKIE, ""))

    async def _posted(self, request: Request, session: Session) -> dict[str, str]:
        """Read a form that this portal's own page has sent (CSRF)."""
        sent = await _form(request)
        if sent.get("form") != session.form:
            raise AccessDenied("This form is not of this session.", remedy="Load the page again.")
        return sent


def _answered(act: _Act) -> _Act:
    """Turn errors into pages; what is ours goes into no page."""

    async def endpoint(request: Request) -> Response:
        named = {name.lower() for name, _ in parse_qsl(request.url.query, keep_blank_values=True)}
        if "access_token" in named:
            text = "A token in an address ends up in logs (RFC 9700 4.3.2)."
            return _html(pages.message_page("Not like this", text), 400)
        try:
            return await act(request)
        except AccessDenied as error:
            status = 401 if error.message == ended().message else 404
            return _html(pages.message_page("Nothing to see", f"{error.message} {error.remedy}"),
                         status)  # fmt: skip
        except AuditError:
            text = "It could not be written down, so it is not shown."
            return _html(pages.message_page("Not now", text), 503)
        except (UsageError, DataError) as error:
            return _html(pages.message_page("Not understood", f"{error.message} {error.remedy}"),
                         400)  # fmt: skip
        except LabkitError:
            text = "A server behind the portal does not answer. Try again in a minute."
            return _html(pages.message_page("Not now", text), 503, {"Retry-After": "60"})

    return endpoint


async def _form(request: Request) -> dict[str, str]:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST:
            raise UsageError("The form is too long.", remedy="Load the page again.")
    try:
        return dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=20))
    except ValueError as error:
        raise UsageError("The form cannot be read.", remedy="Load the page again.") from error


def _size(request: Request) -> int:
    return pages.THUMB if request.query_params.get("small") else 0


def _html(text: str, status: int = 200, more: dict[str, str] | None = None) -> Response:
    return HTMLResponse(text, status, headers={**pages.HEADERS, **(more or {})})


def _go(where: str, cookie: str = "") -> Response:
    answer = Response(status_code=303, headers={**pages.HEADERS, "Location": where})
    if cookie:
        kept: dict[str, Any] = {"httponly": True, "samesite": "lax", "path": "/"}
        answer.set_cookie(COOKIE, cookie, **kept)
    return answer
