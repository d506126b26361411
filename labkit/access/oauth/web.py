"""The authorization server over HTTP: a small adapter from Starlette to `AuthorizationServer`."""

from __future__ import annotations

import ipaddress
from collections.abc import Awaitable, Callable
from urllib.parse import parse_qsl, urlsplit

from authlib.oauth2 import OAuth2Error
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from labkit.access.oauth import pages
from labkit.access.oauth.choice import Choice, Proposal
from labkit.access.oauth.core import Asked, Reply
from labkit.access.oauth.server import AuthorizationServer
from labkit.common.errors import UsageError

MOST = 64 << 10
"""Bytes that a form may have."""
_FORM = "application/x-www-form-urlencoded"
_OPEN = {"Access-Control-Allow-Origin": "*", "Cache-Control": "no-store"}


def auth_app(server: AuthorizationServer) -> Starlette:
    """Make the application; it answers below the root of where it is mounted, at its issuer."""
    endpoints = _Endpoints(server)
    posts = {"/token": server.token, "/introspect": server.introspect, "/revoke": server.revoke}
    shown = {
        "/jwks": server.jwks,
        "/.well-known/oauth-authorization-server": server.metadata,
        "/.well-known/smart-configuration": server.smart_configuration,
    }
    return Starlette(
        routes=[
            Route("/authorize", endpoints.ask, methods=["GET"]),
            Route("/authorize", endpoints.decide, methods=["POST"]),
            *(Route(path, _posted(server, act), methods=["POST"]) for path, act in posts.items()),
            *(Route(path, _shown(document)) for path, document in shown.items()),
        ]
    )


def _shown(document: Callable[[], dict[str, object]]) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        return JSONResponse(document(), headers=_OPEN)

    return endpoint


def _posted(
    server: AuthorizationServer, act: Callable[[Asked], Reply]
) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        parameters = await _form(request)
        if parameters is None or request.url.query:
            text = f"send {_FORM}, and nothing in the query"
            return JSONResponse({"error": "invalid_request", "error_description": text}, 400)
        if not secure(server.issuer):
            text = "the issuer is neither https nor this machine"
            return JSONResponse({"error": "invalid_request", "error_description": text}, 400)
        headers = {name.title(): value for name, value in request.headers.items()}
        asked = Asked("POST", f"{server.issuer}{request.url.path}", headers, parameters)
        try:
            reply = await run_in_threadpool(act, asked)
        except OAuth2Error as error:  # such as: a client that is not known
            status, body, sent = error()
            reply = Reply(status, dict(body), tuple(sent))
        kept = {n: v for n, v in reply.headers if n.lower() != "content-type"}
        return JSONResponse(
            reply.body, reply.status, headers={**kept, "Cache-Control": "no-store", **_OPEN}
        )

    return endpoint


def secure(url: str) -> bool:
    """Whether tokens may be sent to a URL: TLS, or this machine (RFC 8252 7.3)."""
    parts = urlsplit(url)
    if parts.scheme == "https" or parts.hostname == "localhost":
        return True
    try:
        return ipaddress.ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return False


class _Endpoints:
    """What a user's browser asks."""

    def __init__(self, server: AuthorizationServer) -> None:
        self._server = server

    async def ask(self, request: Request) -> Response:
        """Show the page to log in, if the request is in order."""
        return await run_in_threadpool(self._ask, request.url.query)

    def _ask(self, query: str) -> Response:
        try:
            proposal, _ = self._server.propose(self._asked(query))
        except OAuth2Error as error:
            return self._refused(error)
        return self._page(pages.login_page(proposal, query), query)

    async def decide(self, request: Request) -> Response:
        """Take a password, or a decision."""
        parameters = await _form(request)
        if parameters is None:
            return HTMLResponse(pages.error_page("invalid_request", f"send {_FORM}"), 400)
        return await run_in_threadpool(self._decide, parameters)

    def _decide(self, parameters: tuple[tuple[str, str], ...]) -> Response:
        sent = dict(parameters)
        query = sent.get("request", "")
        asked = self._asked(query)
        try:
            if "ticket" not in sent:
                proposal, _ = self._server.propose(asked)
                user = self._server.login(sent.get("username", ""), sent.get("password", ""))
                if user is None:
                    page = pages.login_page(proposal, query, "Name or password is not right.")
                    return self._page(page, query, 403)
                proposal, _ = self._server.propose(asked, user)
                return self._consent(proposal, query)
            user = self._server.redeem(sent["ticket"], query)
            proposal, grant = self._server.propose(asked, user)
            if user is None:
                page = pages.login_page(proposal, query, "That took too long: log in again.")
                return self._page(page, query, 403)
            choice = None
            if sent.get("decision") == "allow":
                scope = " ".join(value for name, value in parameters if name == "scope")
                patient = sent.get("patient", "") if proposal.needs_patient else ""
                choice = Choice(scope, patient)
            try:
                return self._sent(self._server.decide(grant, proposal, choice))
            except UsageError as error:
                return self._consent(proposal, query, str(error.message))
        except OAuth2Error as error:
            return self._refused(error)

    def _consent(self, proposal: Proposal, query: str, problem: str = "") -> Response:
        if proposal.user is None:
            return self._page(pages.login_page(proposal, query), query, 403)
        ticket = self._server.ticket(proposal.user, query)
        return self._page(pages.consent_page(proposal, query, ticket, problem), query)

    def _asked(self, query: str) -> Asked:
        pairs = tuple(parse_qsl(query, keep_blank_values=True))
        return Asked("GET", f"{self._server.issuer}/authorize", {}, pairs)

    def _page(self, page: str, query: str, status: int = 200) -> Response:
        to = dict(parse_qsl(query)).get("redirect_uri", "")
        return HTMLResponse(page, status, headers=pages.headers(to))

    def _refused(self, error: OAuth2Error) -> Response:
        """Tell the application, where its address is known to be its own; else the user."""
        if error.redirect_uri:
            return self._sent(Reply(*error()))
        page = pages.error_page(str(error.error), str(error.description or ""))
        return HTMLResponse(page, 400, headers=pages.headers())

    def _sent(self, reply: Reply) -> Response:
        """Send the browser back; by 303, so that no password is posted there (RFC 9700 4.12)."""
        location = dict(reply.headers).get("Location", "")
        if "iss=" not in urlsplit(location).query:
            location = self._server.core.signed_by(location)
        return Response(status_code=303, headers={"Location": location, **pages.headers()})


async def _form(request: Request) -> tuple[tuple[str, str], ...] | None:
    if request.headers.get("content-type", "").split(";")[0].strip().lower() != _FORM:
        return None
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST:
            return None
    try:
        return tuple(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=200))
    except ValueError:
        return None
