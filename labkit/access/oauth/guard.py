"""The door: a bearer token for every request, or 401 (RFC 6750)."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from labkit.access.grant import granted
from labkit.access.oauth.verifier import TokenError, Verifier

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_BEARER = re.compile(r"[Bb][Ee][Aa][Rr][Ee][Rr] +([A-Za-z0-9._~+/-]+=*)")
_SMART = "/.well-known/smart-configuration"
_STATUS = {"invalid_request": 400, "invalid_token": 401, "insufficient_scope": 403}  # nosec B105


class Guard:
    """Lets a request through that has a good token, and has it answered on its holder's behalf.

    What the holder may see is the policy's business (`TokenPolicy`); where it says no, the 403 of
    the service is completed by what RFC 6750 3.1 asks for. IHE IUA would have 401 there (ITI TF-2
    3.72.4.3): a client of both takes either as a no.

    Parameters
    ----------
    app
        What is guarded.
    verifier
        Checks the tokens.
    audience
        What ``aud`` of a token has to name: the base URL of `app`.
    public
        Paths below its root that need no token, such as ``/metadata``. They are answered on
        nobody's behalf.
    smart
        Returns the document that is answered at ``/.well-known/smart-configuration``.
    """

    def __init__(
        self,
        app: ASGIApp,
        verifier: Verifier,
        *,
        audience: str,
        public: Collection[str] = (),
        smart: Callable[[], dict[str, Any]] | None = None,
    ) -> None:
        self._app, self._verifier, self._audience = app, verifier, audience
        self._public, self._smart = frozenset(public), smart

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":  # a WebSocket: nothing here speaks it
            await send({"type": "websocket.close", "code": 1008})
            return
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        if self._smart is not None and path == _SMART and scope["method"] in ("GET", "HEAD"):
            shown = JSONResponse(self._smart(), headers={"Access-Control-Allow-Origin": "*"})
            await shown(scope, receive, send)
            return
        if (path in self._public and scope["method"] in ("GET", "HEAD")) or _preflight(scope):
            with granted(None):
                await self._app(scope, receive, send)
            return
        try:
            token = _token(scope)
            grant = await run_in_threadpool(self._verify, token)
        except TokenError as error:
            await self._refusal(error)(scope, receive, send)
            return
        with granted(grant):
            await self._app(scope, receive, self._told(send))

    def _verify(self, token: str) -> Any:
        if not token:
            raise TokenError("", "an access token is needed: Authorization: Bearer ...")
        return self._verifier.verify(token, audience=self._audience)

    def _challenge(self, error: str, description: str) -> str:
        said = ["Bearer realm=" + _quoted(self._audience)]
        if error:
            said += [f"error={_quoted(error)}", f"error_description={_quoted(description)}"]
        return ", ".join(said)

    def _refusal(self, error: TokenError) -> Response:
        body = {"error": error.error or "invalid_token", "error_description": error.description}
        return JSONResponse(
            body,
            _STATUS.get(error.error, 401),
            headers={
                "WWW-Authenticate": self._challenge(error.error, error.description),
                "Cache-Control": "no-store",
            },
        )

    def _told(self, send: Send) -> Send:
        """Complete a 403 of the service, so that a client of OAuth understands it."""
        text = "the token does not give this; the answer says why"
        challenge = self._challenge("insufficient_scope", text).encode("latin-1")

        async def sender(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] == 403:
                headers = [*message.get("headers", []), (b"www-authenticate", challenge)]
                message = {**message, "headers": headers}
            await send(message)

        return sender


def _token(scope: Scope) -> str:
    """Find the token of a request; ``""`` if it has none.

    Raises
    ------
    TokenError
        It is sent in another way than the one header.
    """
    query = parse_qsl(scope.get("query_string", b"").decode("latin-1"), keep_blank_values=True)
    if any(name.lower() == "access_token" for name, _ in query):
        text = "a token in a URL ends up in logs (RFC 9700 4.3.2): send Authorization: Bearer"
        raise TokenError("invalid_request", text)
    sent = [v.decode("latin-1") for n, v in scope["headers"] if n.lower() == b"authorization"]
    if not sent:
        return ""
    if len(sent) > 1:
        raise TokenError("invalid_request", "the request has more than one Authorization header")
    if sent[0].split(" ")[0].lower() != "bearer":
        return ""  # another scheme is no token at all: RFC 6750 3 has no error code for it
    found = _BEARER.fullmatch(sent[0].strip())
    if found is None:
        raise TokenError("invalid_request", "what follows Bearer is no token")
    return found[1]


def _preflight(scope: Scope) -> bool:
    names = {name.lower() for name, _ in scope["headers"]}
    return scope["method"] == "OPTIONS" and b"access-control-request-method" in names


def _quoted(text: str) -> str:
    kept = "".join(c if " " <= c <= "~" and c not in '"\\' else "'" for c in text)
    return f'"{kept}"'
