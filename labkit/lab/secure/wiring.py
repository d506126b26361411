"""The guard of a secure lab, put together from the parts of ``labkit.access``."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse

from labkit.common.access import AccessPolicy, AccessRequest, Decision
from labkit.common.errors import UsageError
from labkit.lab.health import HEALTH_AE
from labkit.lab.secure import story
from labkit.lab.secure.consents import Consents
from labkit.lab.secure.guarding import Act, Guarding, only_open
from labkit.lab.secure.tls import CalledBy, NodeTls

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from labkit.dimse import Peer
    from labkit.fhir import FhirStore
    from labkit.lab.workspace import Workspace

_PORTS = {"tls": "every port of a secure lab speaks TLS, and asks for a certificate"}


class SecureGuarding(Guarding):
    """Guards one lab.

    Parameters
    ----------
    workspace
        Its folder `secure` holds what the guard keeps.
    """

    secure = True

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._tls = NodeTls(workspace.certificates)
        self._store: Callable[[], FhirStore] | None = None

    def policy_of(self, door: str) -> AccessPolicy:
        """Return who decides at a node or service of this name."""
        return _Closed()

    def guard(self, name: str, app: ASGIApp, base_url: str) -> ASGIApp:
        """Put what checks tokens before a service."""

        async def closed(scope: Scope, receive: Receive, send: Send) -> None:
            said = {"error": "invalid_token", "error_description": "no token is known here yet"}
            answer = JSONResponse(said, 401, {"www-authenticate": "Bearer"})
            await answer(scope, receive, send)

        return closed

    def prepare(self, ports: Mapping[str, int]) -> None:
        """Have the certificates of all who call: files that only they need."""
        for ae_title in (*story.STATIONS, HEALTH_AE):
            self._tls.credential(ae_title)

    def server_tls(self, ae_title: str) -> ssl.SSLContext:
        """Return what a node listens with."""
        return self._tls.server(ae_title)

    def client_tls(self, ae_title: str) -> ssl.SSLContext:
        """Return what a node calls others with."""
        return self._tls.client(ae_title)

    def known(self, name: str, destinations: Mapping[str, Peer]) -> Mapping[str, Peer]:
        """Return the destinations of a node as it has to call them."""
        return CalledBy(destinations, self._tls.client(name))

    def delivers(self) -> bool:
        """No: a notice goes to a URL, past every policy."""
        return False

    def check_settings(self, name: str, values: Mapping[str, Any]) -> None:
        """Refuse settings that would open a door."""
        for key in values:
            if key in _PORTS:
                raise UsageError(f"{key} cannot be set: {_PORTS[key]}.", remedy="Leave it out.")

    def refuse(self, what: str) -> None:
        """Refuse what an open lab alone does."""
        raise only_open(what)

    def story(self) -> list[dict[str, Any]]:
        """Return what the FHIR server holds in a new lab beside the patients."""
        return story.resources()

    def stores(self, store: Callable[[], FhirStore]) -> None:
        """Take note of how the FHIR server's store is had."""
        self._store = store

    def acts(self) -> Mapping[tuple[str, str], Act]:
        """Return the acts of the control interface that are about access."""
        assert self._store is not None
        return Consents(self._store).acts()


class _Closed:
    """Refuses, until the parts that could allow something are there."""

    def decide(self, request: AccessRequest) -> Decision:
        """Say no."""
        return Decision(False, "no part of this lab can say yes yet")
