"""Who an authorization server knows: applications, and people who log in."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from authlib.oauth2.rfc6749 import ClientMixin

from labkit.access.scopes import ScopeError, granted_scopes

PUBLIC, BASIC, KEY = "none", "client_secret_basic", "private_key_jwt"
CODE, CREDENTIALS, REFRESH = "authorization_code", "client_credentials", "refresh_token"


@dataclass(frozen=True)
class User:
    """Somebody who can log in; made up, as everybody here is.

    Attributes
    ----------
    id
        The name to log in with; ``sub`` of the tokens.
    name
        As shown.
    password
        To log in with.
    fhir_user
        Reference to the resource that describes this person: ``Practitioner/lanternwick``.
    patients
        Whom the user may choose as the patient of a launch: ids of Patient, and names to show.
    actors
        References by which a FHIR Consent may name the user, besides `fhir_user`.
    """

    id: str
    name: str
    password: str = field(repr=False)
    fhir_user: str = ""
    patients: tuple[tuple[str, str], ...] = ()
    actors: frozenset[str] = frozenset()

    def knows(self, password: str) -> bool:
        """Whether this is the password."""
        return hmac.compare_digest(self.password.encode(), password.encode())

    def get_user_id(self) -> str:
        """Name the user, for the library."""
        return self.id


@dataclass(frozen=True)
class Client(ClientMixin):  # type: ignore[misc]
    """An application that is registered.

    Attributes
    ----------
    client_id
        Its identifier.
    name
        As shown to the user.
    scope
        What it may be given at most, separated by blanks.
    redirect_uris
        Where a code may be sent to; compared as text, character by character (RFC 9700 4.1.3).
    grant_types
        Of `CODE`, `CREDENTIALS`, `REFRESH`.
    secret
        Of a confidential client that authenticates with HTTP Basic.
    jwks
        JWK Set with the public keys of a client that authenticates with a signed JWT. With neither
        of the two a client is public.
    introspects
        Whether it is a resource server, which may ask about every token.
    actors
        References by which a FHIR Consent may name it: ``Organization/lakeside``, ``Device/…``.
    purpose
        For which its requests are; a code of v3-PurposeOfUse.
    purposes
        Others that a token of it may be made for, such as ``BTG`` (break the glass).
    """

    client_id: str
    name: str
    scope: str = ""
    redirect_uris: tuple[str, ...] = ()
    grant_types: tuple[str, ...] = (CODE, REFRESH)
    secret: str = field(default="", repr=False)
    jwks: Mapping[str, Any] | None = field(default=None, repr=False)
    introspects: bool = False
    actors: frozenset[str] = frozenset()
    purpose: str = "TREAT"
    purposes: frozenset[str] = frozenset()

    @property
    def method(self) -> str:
        """How it authenticates: the strongest that it is registered for, and no other."""
        return KEY if self.jwks else BASIC if self.secret else PUBLIC

    # -- what the library asks (authlib.oauth2.rfc6749.ClientMixin) --

    def get_client_id(self) -> str:
        """Name the client."""
        return self.client_id

    def get_default_redirect_uri(self) -> None:
        """Return nothing: a request has to say where the code goes."""
        return

    def get_allowed_scope(self, scope: str) -> str | None:
        """Return what of the scopes it may have; ``None`` if none."""
        try:
            return granted_scopes(scope or "", self.scope.split()) or None
        except ScopeError:
            return None

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        """Whether a code may be sent there."""
        return redirect_uri in self.redirect_uris

    def check_client_secret(self, client_secret: str) -> bool:
        """Whether this is its secret."""
        return bool(self.secret) and hmac.compare_digest(
            self.secret.encode(), client_secret.encode()
        )

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        """Whether it authenticates in this way."""
        return bool(method == self.method)

    def check_response_type(self, response_type: str) -> bool:
        """Whether it may ask for a code; there is no other response type (RFC 9700 2.1.2)."""
        return response_type == "code" and CODE in self.grant_types

    def check_grant_type(self, grant_type: str) -> bool:
        """Whether it may use this grant."""
        return grant_type in self.grant_types
