"""Who may do what at a façade: bearer tokens (RFC 6750) and the acts of each client.

Fails closed: without a token there is nothing, unless the file says ``[clients] open = true``,
which it may on loopback alone.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from hmac import compare_digest
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from labkit.common.access import AccessRequest, Decision
from labkit.dicomweb.problems import WebError, problem
from labkit.dicomweb.proxy.reach import limited_to
from labkit.dicomweb.proxy.service.clients import ANONYMOUS, ClientPart
from labkit.dicomweb.proxy.service.config import ServiceConfig

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import ASGIApp, Receive, Scope, Send

_ACTOR = "labkit.actor"
NOTED = "labkit.noted"
"""What an outer application put into the scope, to be told there who asked."""
_ACTS: Mapping[str, str] = {
    "search": "read",
    "read": "read",
    "store": "store",
    "metrics": "metrics",
}
"""What a service asks → what a client is allowed. Anything else, such as deleting, is nobody's."""
_OPEN = frozenset({"read", "store", "metrics"})


class ClientPolicy:
    """An `AccessPolicy` out of the file of a façade.

    Parameters
    ----------
    config
        What the file says.
    """

    def __init__(self, config: ServiceConfig) -> None:
        self._clients = {client.name: client for client in config.client}
        self._digests = {name: digest.encode() for name, digest in config.digests.items()}
        self._open = config.clients.open
        # A web page may have a name that leads to loopback (DNS rebinding). Where no token is asked
        # for, only requests to our own names are answered.
        self._names = {"localhost", "127.0.0.1", "::1", urlsplit(config.proxy.url).hostname or ""}
        self._store_to = config.proxy.store_to or config.pacs[0].name

    def who(self, authorization: str, host: str = "") -> str:
        """Return the client whose token a header ``Authorization`` carries; ``""`` for none.

        Without a header it is `ANONYMOUS` where the service is open, and was called by a name of
        this machine.
        """
        if not authorization:
            return ANONYMOUS if self._open and _hostname(host) in self._names else ""
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer":
            return ""
        given = hashlib.sha256(token.strip().encode()).hexdigest().encode()
        found = ""
        for name, digest in self._digests.items():  # all of them: the time tells nothing
            if compare_digest(given, digest):
                found = name
        return found

    def decide(self, request: AccessRequest) -> Decision:
        """Decide one act; what it touches is compared as far as it is known."""
        act = _ACTS.get(request.action, "")
        if not act:
            return Decision(False, "this façade does not offer it")
        if request.actor == ANONYMOUS and self._open:
            return Decision(act in _OPEN, "open to this machine")
        client = self._clients.get(request.actor)
        if client is None:
            return Decision(False, "no such client")
        if act not in client.acts:
            return Decision(False, f"{client.name} may {', '.join(client.acts)}")
        if act == "store" and client.pacs and self._store_to not in client.pacs:
            return Decision(False, f"{client.name} may not use {self._store_to}")
        return _within(client, request.resource)

    def pacs(self, actor: str) -> frozenset[str] | None:
        """Return the PACS that an actor may use; ``None`` for all."""
        client = self._clients.get(actor)
        return frozenset(client.pacs) if client is not None and client.pacs else None


def _within(client: ClientPart, resource: Mapping[str, str]) -> Decision:
    for keyword, allowed in (
        ("PatientID", client.patients),
        ("StudyInstanceUID", client.studies),
    ):
        if allowed and keyword in resource and resource[keyword] not in allowed:
            return Decision(False, f"{client.name} may not see this {keyword}")
    return Decision(True, f"{client.name} may")


def _hostname(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def identify(request: Request) -> str:
    """Name the actor of a request that came through `Guarded`."""
    return str(request.scope.get(_ACTOR, ""))


class Guarded:
    """Lets requests through that carry the token of a client, and notes whose.

    Parameters
    ----------
    app
        What is guarded.
    policy
        Knows the tokens.
    """

    def __init__(self, app: ASGIApp, policy: ClientPolicy) -> None:
        self._app, self._policy = app, policy

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or answer 401 (RFC 6750 3)."""
        headers = {name.lower(): value.decode("latin-1") for name, value in scope["headers"]}
        if scope["method"] == "OPTIONS" and b"access-control-request-method" in headers:
            await self._app(scope, receive, send)  # a browser asks first, and without a token
            return
        given = headers.get(b"authorization", "")
        actor = self._policy.who(given, headers.get(b"host", ""))
        if actor:
            scope[_ACTOR] = scope.get(NOTED, {})["client"] = actor
            with limited_to(self._policy.pacs(actor)):
                await self._app(scope, receive, send)
            return
        said = ', error="invalid_token"' if given else ""
        refusal = WebError(
            401,
            "this token is not known here" if given else "this service wants a bearer token",
            remedy="Send Authorization: Bearer …, as its administrator gave it to you.",
            headers={"WWW-Authenticate": f'Bearer realm="labkit proxy"{said}'},
        )
        await problem(refusal)(scope, receive, send)


def new_token() -> tuple[str, str]:
    """Make a token, and the SHA-256 that stands in the file."""
    token = secrets.token_urlsafe(32)
    return token, hashlib.sha256(token.encode()).hexdigest()
