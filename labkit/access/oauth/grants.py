"""The grants and endpoints of the authorization server, on Authlib's framework-free core.

Authlib decides the order of the checks and the errors of RFC 6749, 7009, 7523, 7636 and 7662; here
is what it asks for: storage, and what SMART demands beyond the RFCs.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, ClassVar

from authlib.common.security import generate_token
from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import grants
from authlib.oauth2.rfc6749.errors import (
    InvalidClientError,
    InvalidGrantError,
    InvalidRequestError,
    InvalidScopeError,
)
from authlib.oauth2.rfc7009 import RevocationEndpoint
from authlib.oauth2.rfc7523 import JWTBearerClientAssertion
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oauth2.rfc7662 import IntrospectionEndpoint
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from labkit.access.oauth.choice import Choice
from labkit.access.oauth.parties import BASIC, KEY, PUBLIC, Client, User
from labkit.access.oauth.reading import BadToken, read_jwt
from labkit.access.oauth.records import Code, Issued
from labkit.access.scopes import ScopeError, parse_scopes

if TYPE_CHECKING:
    from labkit.access.oauth.core import Core

LEEWAY = 30
"""Seconds by which another's clock may be ahead."""
MOST_SECONDS = 300
"""How far off the end of an assertion may be (SMART, client-confidential-asymmetric)."""


class S256Only(CodeChallenge):  # type: ignore[misc]
    """PKCE (RFC 7636) as SMART wants it: for every client, and never ``plain``."""

    SUPPORTED_CODE_CHALLENGE_METHOD: ClassVar = ["S256"]

    def validate_code_challenge(self, grant: Any, redirect_uri: str) -> None:
        """Refuse a request without a challenge, or with another method."""
        sent = grant.request.payload.data
        if not sent.get("code_challenge") or sent.get("code_challenge_method") != "S256":
            raise InvalidRequestError("PKCE is needed: code_challenge, code_challenge_method=S256")
        super().validate_code_challenge(grant, redirect_uri)


class CodeGrant(grants.AuthorizationCodeGrant):  # type: ignore[misc]
    """The authorization code grant (RFC 6749 4.1) with ``aud``, ``state`` and patient of SMART."""

    TOKEN_ENDPOINT_AUTH_METHODS: ClassVar = [PUBLIC, BASIC, KEY]
    server: Core

    def validate_requested_scope(self) -> None:
        """Check what SMART demands of an authorization request; errors go to the client."""
        sent = self.request.payload.data
        if not sent.get("state"):
            raise InvalidRequestError("state is missing; SMART requires it")
        if sent.get("aud") not in self.server.services:
            raise InvalidRequestError("aud is missing, or names no service of this server")
        scopes = understood(sent.get("scope"))
        if any(scope.context == "system" for scope in scopes):
            raise InvalidScopeError("scopes of system/ are not given to a user's application")

    def create_authorization_response(self, redirect_uri: str, grant_user: Any) -> Any:
        """Answer with the code, and say who answers (RFC 9207)."""
        status, body, headers = super().create_authorization_response(redirect_uri, grant_user)
        return status, body, [(name, self.server.signed_by(url)) for name, url in headers]

    def generate_token(self, user: Any = None, scope: Any = None, **_other: Any) -> dict[str, Any]:
        """Make the tokens that the code stands for."""
        entry = self.request.authorization_code
        choice = Choice(entry.scope, entry.patient)
        return self.server.tokens_for(self.client, user, choice, entry.aud, entry.family)

    def save_authorization_code(self, code: str, request: Any) -> None:
        """Keep the code."""
        choice = self.server.choice_of(request)
        entry = Code(
            generate_token(24),
            request.client.client_id,
            request.user.id,
            choice.scope,
            choice.patient,
            request.payload.data["aud"],
            request.payload.redirect_uri,
            request.payload.data["code_challenge"],
        )
        self.server.records.add_code(code, entry, self.server.now() + self.server.code_seconds)

    def query_authorization_code(self, code: str, client: Client) -> Code | None:
        """Use the code up, whatever comes of it."""
        return self.server.records.take_code(code, client.client_id)

    def delete_authorization_code(self, authorization_code: Code) -> None:
        """Nothing is left to do: the code was used up when it was looked at."""

    def authenticate_user(self, authorization_code: Code) -> User | None:
        """Say who granted it."""
        return self.server.users.get(authorization_code.user)


class RefreshGrant(grants.RefreshTokenGrant):  # type: ignore[misc]
    """Refreshing (RFC 6749 6), each time with a new refresh token (RFC 9700 4.14)."""

    TOKEN_ENDPOINT_AUTH_METHODS: ClassVar = [PUBLIC, BASIC, KEY]
    INCLUDE_NEW_REFRESH_TOKEN = True
    server: Core

    def authenticate_refresh_token(self, refresh_token: str) -> Issued | None:
        """Find the token; one that was used already is the sign of a theft."""
        return self.server.records.take_refresh(refresh_token, self.request_client())

    def request_client(self) -> str:
        """Name the client that has authenticated."""
        return str(self.request.client.client_id)

    def authenticate_user(self, refresh_token: Issued) -> User | None:
        """Use the token up, before another is made; of two requests at once one is refused."""
        if not self.server.records.use_refresh(refresh_token):
            self.server.records.revoke_family(refresh_token.family)
            raise InvalidGrantError("The refresh token was used already.")
        return self.server.users.get(refresh_token.user)

    def issue_token(self, user: User, refresh_token: Issued) -> dict[str, Any]:
        """Make an access token of the scopes that are asked for, none of them new."""
        scope = self.request.payload.scope or refresh_token.scope
        choice = Choice(scope, refresh_token.patient)
        return self.server.tokens_for(
            self.client, user, choice, refresh_token.aud, refresh_token.family, refresh_token
        )

    def revoke_old_credential(self, refresh_token: Issued) -> None:
        """Nothing is left to do: the token was used up before the new one was made."""


class CredentialsGrant(grants.ClientCredentialsGrant):  # type: ignore[misc]
    """SMART Backend Services: a system asks for itself, and proves itself with its key."""

    TOKEN_ENDPOINT_AUTH_METHODS: ClassVar = [KEY]
    server: Core

    def validate_requested_scope(self) -> None:
        """Only scopes of ``system/``, and only those that the client is registered for."""
        scope = self.request.payload.scope
        if any(one.context != "system" for one in understood(scope)):
            raise InvalidScopeError("without a user there are only scopes of system/")
        allowed = self.request.client.get_allowed_scope(scope)
        if not allowed:
            raise InvalidScopeError("the client is registered for none of these scopes")
        self.request.scope = allowed

    def create_token_response(self) -> Any:
        """Give a token without a refresh token."""
        choice = Choice(self.request.scope)
        token = self.server.tokens_for(
            self.client, None, choice, self._service(), generate_token(24)
        )
        return 200, token, self.TOKEN_RESPONSE_HEADER

    def _service(self) -> str:
        """Say for which service: the one named in ``resource`` (RFC 8707), else the first."""
        named = self.request.payload.data.get("resource")
        services = self.server.services
        if not services or (named and named not in services):
            raise InvalidTarget()
        return named or next(iter(services))


class InvalidTarget(OAuth2Error):  # type: ignore[misc]
    """No such service here (RFC 8707 2)."""

    error = "invalid_target"
    description = "resource names no service of this server"
    status_code = 400


class Assertion(JWTBearerClientAssertion):  # type: ignore[misc]
    """``private_key_jwt`` (RFC 7523; SMART, client-confidential-asymmetric)."""

    CLIENT_AUTH_METHOD = KEY

    def __init__(self, server: Core) -> None:
        super().__init__()
        self._server = server

    def get_audiences(self) -> list[str]:
        """Name whom an assertion has to be for: the token endpoint's URL."""
        return [self._server.token_endpoint]

    def resolve_client_public_key(self, client: Client) -> KeySet:
        """Return the keys that the client is registered with; never one that the JWT brings."""
        if not client.jwks:
            raise InvalidClientError(description="The client is registered without a key.")
        return KeySet.import_key_set({"keys": list(client.jwks["keys"])})

    def process_assertion_claims(self, assertion: str, resolve_key: KeySet) -> Any:
        """Check header and signature by the rules of an access token, then the claims."""
        try:
            claims = read_jwt(assertion, dict(resolve_key.as_dict(private=False)))[1]
        except BadToken as error:
            raise InvalidClientError(description=plain(f"client_assertion: {error}")) from None
        self.verify_claims(claims)
        return claims

    def verify_claims(self, claims: Any) -> None:
        """Check whom it is from and for, and its times by the server's clock."""
        now = int(self._server.now())
        needed: Any = {name: {"essential": True} for name in ("iss", "sub", "exp", "jti")}
        needed["aud"] = {"essential": True, "values": self.get_audiences()}
        try:
            jwt.JWTClaimsRegistry(now=now, leeway=LEEWAY, **needed).validate(claims)
        except JoseError as error:
            raise InvalidClientError(description=plain(f"client_assertion: {error}")) from None
        if not math.isfinite(claims["exp"]):  # JSON of Python reads NaN, which is never over
            raise InvalidClientError(description="exp of the assertion is no time")
        if claims["iss"] != claims["sub"]:
            raise InvalidClientError(description="iss and sub of the assertion differ")
        if claims["exp"] <= now:
            raise InvalidClientError(description="The assertion has expired.")
        if claims["exp"] > now + MOST_SECONDS:
            raise InvalidClientError(description="exp of the assertion is over 5 minutes ahead")
        if not self.validate_jti(claims, claims["jti"]):
            raise InvalidClientError(description="jti of the assertion was used before")

    def validate_jti(self, claims: Any, jti: Any) -> bool:
        """Whether the assertion is used for the first time."""
        if not isinstance(jti, str) or not 0 < len(jti) <= 200:
            return False
        return self._server.records.first_use(claims["sub"], jti, claims["exp"])


class Introspection(IntrospectionEndpoint):  # type: ignore[misc]
    """What a resource server may ask of a token (RFC 7662)."""

    CLIENT_AUTH_METHODS: ClassVar = [BASIC, KEY]
    server: Core

    def query_token(self, token_string: str, token_type_hint: str | None) -> Issued | None:
        """Find a token of either kind."""
        return self.server.find(token_string)

    def check_permission(self, token: Issued, client: Client, request: Any) -> bool:
        """Resource servers may ask of all, others of their own."""
        return client.introspects or token.check_client(client)

    def introspect_token(self, token: Issued) -> dict[str, Any]:
        """Say what a living token gives."""
        return self.server.described(token)


class Revocation(RevocationEndpoint):  # type: ignore[misc]
    """A client gives a token back (RFC 7009)."""

    CLIENT_AUTH_METHODS: ClassVar = [PUBLIC, BASIC, KEY]
    server: Core

    def query_token(self, token_string: str, token_type_hint: str | None) -> Issued | None:
        """Find a token of either kind."""
        return self.server.find(token_string)

    def revoke_token(self, token: Issued, request: Any) -> None:
        """Take it back; with a refresh token all that came of it (RFC 7009 2.1)."""
        if token.kind == "refresh":
            self.server.records.revoke_family(token.family)
        else:
            self.server.records.revoke(token.jti)


def understood(text: str | None) -> tuple[Any, ...]:
    """Read scopes; what cannot be read, or is none at all, is an error of OAuth."""
    if not text or not text.split():
        raise InvalidScopeError("scope is missing")
    try:
        return parse_scopes(text)
    except ScopeError:
        raise InvalidScopeError("a scope is not written as SMART writes one") from None


def plain(text: str) -> str:
    """Leave of a description what OAuth lets stand in one (RFC 6749 5.2)."""
    return "".join(c if " " <= c <= "~" and c not in '"\\' else "'" for c in text)
