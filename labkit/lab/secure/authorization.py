"""The authorization server as a service of the lab, and the guards that check its tokens."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse

from labkit.access.oauth import AuthorizationServer, Guard, TokenError, Verifier, auth_app
from labkit.lab.face import Face
from labkit.lab.fhirnode import under
from labkit.lab.nodes import AUTH, DICOMWEB, FHIR, PROXY
from labkit.lab.secure.parties import ALGORITHM, LEARNS_AS, Parties

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from labkit.access import Grant
    from labkit.pacs import EventLog

BASE = "/auth"
METADATA = "/.well-known/oauth-authorization-server"
PUBLIC: Mapping[str, tuple[str, ...]] = {FHIR: ("/metadata",)}
"""Paths that need no token, by service: what they tell is about nobody."""
SECONDS = {"user": 3600, "system": 300}
"""How long tokens are good for. SMART has an hour as the most; a lesson takes about that."""
Refused = Callable[[str, str, str], None]
"""Told of a request without a good token: service, address, reason."""


class AuthFace(Face):
    """The authorization server over HTTP. Its port is taken first: all others name it."""

    def __init__(self, log: EventLog, application: Callable[[], ASGIApp | None]) -> None:
        super().__init__(AUTH, BASE, log)
        self._application = application
        self._reserved = False

    def reserve(self, port: int) -> None:
        """Take its port now, so that its address is known before it answers."""
        self._port = self._service.bind(port)
        self._reserved = True

    def start(self, port: int = 0) -> int:
        """Serve; one that runs is left alone."""
        if self.running:
            return self._port
        if not self._reserved:
            return super().start(port)
        self._reserved = False
        self._service.start(self._app())
        self._log.write("INFO", AUTH, "-", "listening")
        return self._port

    def _app(self) -> ASGIApp:
        async def current(scope: Scope, receive: Receive, send: Send) -> None:
            app = self._application()
            if app is None:
                said = {"error": "temporarily_unavailable"}
                await JSONResponse(said, 503)(scope, receive, send)
                return
            inner = {**scope, "path": scope["path"].removeprefix(BASE), "root_path": ""}
            await app(inner, receive, self._noted(scope, send))

        inside = under(BASE, current)

        async def found(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["path"] == f"{METADATA}{BASE}":  # between host and path (RFC 8414 3.1)
                scope = {**scope, "path": f"{BASE}{METADATA}"}
            await inside(scope, receive, send)

        return found

    def _noted(self, scope: Scope, send: Send) -> Send:
        async def noting(message: Message) -> None:
            if message["type"] == "http.response.start":
                status = message["status"]
                level = "INFO" if status < 400 else "WARNING"
                path = scope["path"].removeprefix(BASE).lstrip("/")
                self._log.write(level, AUTH, "-", f"{scope['method']} {path} -> {status}")
            await send(message)

        return noting


class Authorization:
    """The authorization server of a secure lab.

    Parameters
    ----------
    folder
        Of the lab's guard: ``oauth/`` and ``clients/`` are in it.
    log
        Gets a line a request.
    refused
        Told of each request that is turned away at a guard.
    clock
        Seconds since 1970.
    """

    def __init__(
        self, folder: Path, log: EventLog, refused: Refused, clock: Callable[[], float]
    ) -> None:
        self._folder, self._refused, self._clock = folder / "oauth", refused, clock
        self.parties = Parties(folder / "clients")
        self.face = AuthFace(log, lambda: self._app)
        self._lock = threading.RLock()
        self._urls: dict[str, str] = {}
        self._server: AuthorizationServer | None = None
        self._app: ASGIApp | None = None

    @property
    def server(self) -> AuthorizationServer:
        """The server.

        Raises
        ------
        TokenError
            The lab is still starting.
        """
        if self._server is None:
            raise TokenError("invalid_token", "the authorization server is still starting")
        return self._server

    def prepare(self, port: int) -> None:
        """Have secrets and a port."""
        self.parties.make()
        self.face.reserve(port)

    def moved(self, urls: Mapping[str, str]) -> None:
        """Give out tokens for services at these base URLs from now on."""
        with self._lock:
            if self._urls != urls or self._server is None:
                self._urls = dict(urls)
                self._open()

    def first_state(self) -> None:
        """Have the clients of a new lab, and no token that was ever given out."""
        with self._lock:
            was = self._server is not None
            self.close()
            for path in self._folder.glob("oauth.sqlite*"):
                path.unlink()
            if was:
                self._open()

    def close(self) -> None:
        """Close its files."""
        with self._lock:
            server, self._server, self._app = self._server, None, None
            if server is not None:
                server.close()

    def guard(self, name: str, app: ASGIApp, base_url: str) -> ASGIApp:
        """Put a guard before a service; what it turns away is told of."""
        guard = Guard(
            app,
            self.verifier(),
            audience=base_url,
            public=PUBLIC.get(name, ()),
            smart=(lambda: self.server.smart_configuration()) if name == FHIR else None,
        )

        async def watched(scope: Scope, receive: Receive, send: Send) -> None:
            async def watching(message: Message) -> None:
                if message["type"] == "http.response.start" and message["status"] == 401:
                    told = dict(message.get("headers", ())).get(b"www-authenticate", b"")
                    address = (scope.get("client") or ("",))[0]
                    self._refused(name, address, told.decode("latin-1"))
                await send(message)

            await guard(scope, receive, watching)

        return watched

    def verifier(self) -> Verifier:
        """Return what checks a token, whichever server is the current one."""
        return Verifier(
            self.face.url,
            lambda: self.server.jwks(),
            revoked=lambda jti: self.server.revoked(jti),
            identity=lambda claims: self.server.identity(claims),
            clock=self._clock,
        )

    def verify(self, token: str) -> Grant:
        """Check the token that a node brings as its user identity (PS3.7 D.3.3.7, type 5)."""
        return self.verifier().verify(token, audience=self._urls.get(DICOMWEB, ""))

    def issue(
        self, client_id: str, *, scope: str, user: str | None = None, **more: str
    ) -> dict[str, Any]:
        """Give out a token as an administrator may: without a browser.

        Parameters
        ----------
        user
            Who is logged in; ``None``: `LEARNS_AS` where the scopes need one.

        Raises
        ------
        UsageError
            Client, user or patient is not known, or no scope is left.
        """
        if user is None:
            user = (
                LEARNS_AS if any(not word.startswith("system/") for word in scope.split()) else ""
            )
        return self.server.issue(client_id, scope=scope, subject=user, **more)

    def _open(self) -> None:
        if self._server is not None:
            self._server.close()
        fhir, web, proxy = (self._urls.get(name, "") for name in (FHIR, DICOMWEB, PROXY))
        self._server = server = AuthorizationServer(
            self._folder,
            issuer=self.face.url,
            clients=self.parties.clients(),
            users=self.parties.users(),
            # Of FHIR is a token for the pixels too (SMART imaging access); not the other way.
            services={
                fhir: [url for url in (fhir, web, proxy) if url],
                **{url: [url] for url in (web, proxy) if url},
            },
            clock=self._clock,
            algorithm=ALGORITHM,
            seconds=SECONDS,
        )
        self._app = auth_app(server)
