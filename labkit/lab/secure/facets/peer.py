"""``lab.auth.peer()``: an authorization server of which a client knows what the standards say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx

from labkit.common.errors import LabError

if TYPE_CHECKING:
    from joserfc.jwk import Key

    from labkit.lab.workspace import Workspace

TIMEOUT = 30.0
METADATA = "/.well-known/oauth-authorization-server"
"""Stands between host and path of an issuer (RFC 8414 3.1)."""


@dataclass(frozen=True, repr=False)
class PeerServer:
    """An authorization server, and the system that is registered there.

    Attributes
    ----------
    product
        Whose it is: ``"Keycloak"``, or ``"labkit"``.
    issuer
        What it calls itself.
    client_id
        Of the system.
    key
        Its private JWK.
    app
        Client id of an application that is registered there; it has no secret.
    redirect_uri
        Where codes for that are sent to.
    """

    product: str
    issuer: str
    client_id: str
    key: Mapping[str, Any] = field(repr=False)
    app: str = "viewer"
    redirect_uri: str = "http://127.0.0.1/callback"

    @property
    def signing_key(self) -> Key:
        """The key to sign assertions with."""
        from joserfc.jwk import ECKey, RSAKey

        kinds: dict[str, Any] = {"EC": ECKey, "RSA": RSAKey}
        found: Key = kinds[self.key["kty"]].import_key(dict(self.key))
        return found

    def metadata(self) -> dict[str, Any]:
        """Return what it says of itself (RFC 8414).

        Raises
        ------
        LabError
            It says nothing, or that it is another: what it says is then not followed (3.3).
        """
        at = urlsplit(self.issuer)
        found = self._document(f"{at.scheme}://{at.netloc}{METADATA}{at.path}")
        if found is None or found.get("issuer") != self.issuer:
            raise LabError(
                f"{self.product} does not say that it is the issuer.",
                remedy="See what is down: labkit status --secure.",
            )
        return found

    def jwks(self) -> dict[str, Any]:
        """Return the public keys that its tokens are signed with."""
        return self._document(self.metadata()["jwks_uri"]) or {"keys": []}

    def _document(self, url: str) -> dict[str, Any] | None:
        try:
            answer = httpx.get(url, timeout=TIMEOUT, trust_env=False)
            found: dict[str, Any] | None = answer.json() if answer.status_code == 200 else None
        except (httpx.HTTPError, ValueError):
            return None
        return found

    def __repr__(self) -> str:
        return "Authorization server: metadata(), jwks(), signing_key"


def keycloak(workspace: Workspace) -> PeerServer | None:
    """Return the Keycloak of a secure lab on containers; ``None`` where it has none."""
    from labkit.lab.containers.secrets import read

    shared = read(workspace.product_secrets)
    if shared is None:
        return None
    return PeerServer("Keycloak", shared.issuer, "backend", shared.system)
