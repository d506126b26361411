"""The part of the authorization server that Authlib calls, and what tokens are made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from authlib.common.security import generate_token
from authlib.oauth2.rfc6749 import AccessDeniedError, OAuth2Payload, OAuth2Request
from authlib.oauth2.rfc6749 import AuthorizationServer as Rfc6749

from labkit.access.oauth import grants
from labkit.access.oauth.choice import Choice
from labkit.access.oauth.keys import KeyRing, sign
from labkit.access.oauth.parties import KEY, REFRESH, Client, User
from labkit.access.oauth.reading import BadToken, read_jwt
from labkit.access.oauth.records import Issued, Records, digest

REFRESHABLE = {"offline_access": 30 * 86400, "online_access": 8 * 3600}
"""For how many seconds a login may be refreshed, by the scope that asks for it."""


@dataclass(frozen=True)
class Asked:
    """One HTTP request, as much of it as the server needs.

    Attributes
    ----------
    parameters
        Of the query or of the form, by name, in order.
    """

    method: str
    url: str
    headers: Mapping[str, str]
    parameters: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Reply:
    """An HTTP response: `body` is a JSON object, or nothing."""

    status: int
    body: Any
    headers: tuple[tuple[str, str], ...]


class _Payload(OAuth2Payload):  # type: ignore[misc]
    def __init__(self, parameters: tuple[tuple[str, str], ...]) -> None:
        self._data = dict(parameters)
        self._lists: dict[str, list[str]] = {}
        for name, value in parameters:
            self._lists.setdefault(name, []).append(value)

    @property
    def data(self) -> dict[str, str]:
        return self._data

    @property
    def datalist(self) -> dict[str, list[str]]:
        return self._lists


class _Request(OAuth2Request):  # type: ignore[misc]
    choice: Choice | None = None

    def __init__(self, asked: Asked) -> None:
        super().__init__(asked.method, asked.url, headers=asked.headers)
        self.payload = _Payload(asked.parameters)

    @property
    def args(self) -> dict[str, str]:
        return dict(self.payload.data) if self.method == "GET" else {}

    @property
    def form(self) -> dict[str, str]:
        return dict(self.payload.data) if self.method == "POST" else {}


class Core(Rfc6749):  # type: ignore[misc]
    """Authlib's server over our records and keys. `AuthorizationServer` is what is used."""

    def __init__(
        self,
        issuer: str,
        clients: Mapping[str, Client],
        users: Mapping[str, User],
        services: Mapping[str, tuple[str, ...]],
        records: Records,
        keys: KeyRing,
        clock: Callable[[], float],
        seconds: Mapping[str, int],
    ) -> None:
        super().__init__()
        self.issuer, self.clients, self.users, self.services = issuer, clients, users, services
        self.records, self.keys, self.now = records, keys, clock
        self.code_seconds, self._seconds = seconds["code"], seconds
        self.token_endpoint = f"{issuer}/token"
        self.register_grant(grants.CodeGrant, [grants.S256Only()])
        self.register_grant(grants.RefreshGrant)
        self.register_grant(grants.CredentialsGrant)
        self.register_client_auth_method(KEY, grants.Assertion(self))
        self.register_endpoint(grants.Introspection)
        self.register_endpoint(grants.Revocation)

    # -- what Authlib asks --

    def query_client(self, client_id: str) -> Client | None:
        """Find a client."""
        return self.clients.get(client_id)

    def create_oauth2_request(self, request: Any) -> Any:
        """Wrap a request, unless it is wrapped."""
        return request if isinstance(request, OAuth2Request) else _Request(request)

    def handle_response(self, status: int, body: Any, headers: Any) -> Reply:
        """Hand a response back."""
        return Reply(status, body, tuple(headers))

    def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:
        """Tell nobody: who watches reads the records."""

    def validate_requested_scope(self, scope: str) -> None:
        """Leave the scopes to the grants."""

    def save_token(self, token: Any, request: Any) -> None:
        """Do nothing: a token is recorded when it is made."""

    def choice_of(self, request: Any) -> Choice:
        """Say what the user decided on this request."""
        choice: Choice | None = request.choice
        if choice is None:
            raise AccessDeniedError()  # nobody has decided
        return choice

    def signed_by(self, url: str) -> str:
        """Add who answers to the URL that a code is sent to (RFC 9207 2)."""
        return f"{url}{'&' if '?' in url else '?'}{urlencode({'iss': self.issuer})}"

    # -- tokens --

    def tokens_for(
        self,
        client: Client,
        user: User | None,
        choice: Choice,
        aud: str,
        family: str,
        refreshed: Issued | None = None,
        extra: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        """Make an access token (RFC 9068), and a refresh token where a scope asks for one.

        One that takes the place of another has its scopes, and ends when that would have
        (RFC 6749 6): a login does not last for ever.
        """
        now = int(self.now())
        seconds = self._seconds["system" if user is None else "user"]
        jti, subject = generate_token(24), user.id if user else client.client_id
        claims: dict[str, Any] = {
            "iss": self.issuer, "sub": subject, "aud": list(self.services[aud]),
            "client_id": client.client_id, "scope": choice.scope, "jti": jti,
            "iat": now, "exp": now + seconds, **(extra or {}),
        }  # fmt: skip
        if choice.patient:
            claims["patient"] = choice.patient
        if user and user.fhir_user:
            claims["fhirUser"] = user.fhir_user
        entry = Issued(jti, family, client.client_id, subject, choice.scope, choice.patient, aud,
                       "access", now, now + seconds)  # fmt: skip
        self.records.add_token(entry)
        answer: dict[str, Any] = {
            "access_token": sign({"typ": "at+jwt"}, claims, self.keys.current()),
            "token_type": "Bearer",  # nosec B105: no password
            "expires_in": seconds,
            "scope": choice.scope,
        }
        if choice.patient:
            answer["patient"] = choice.patient
        lasts = max((REFRESHABLE.get(word, 0) for word in choice.scope.split()), default=0)
        scope, end = (
            (refreshed.scope, refreshed.expires) if refreshed else (choice.scope, now + lasts)
        )
        if user and (lasts or refreshed) and client.check_grant_type(REFRESH):
            secret = generate_token(48)
            self.records.add_token(
                Issued(digest(secret), family, client.client_id, subject, scope, choice.patient,
                       aud, "refresh", now, end)
            )  # fmt: skip
            answer["refresh_token"] = secret
        return answer

    def find(self, token: str) -> Issued | None:
        """Find a token that was given out: an access token by its ``jti``, if we have signed it."""
        if token.count(".") == 2:
            try:
                claims = read_jwt(token, self.keys.jwks())[1]
            except BadToken:
                return None
            return self.records.token(str(claims.get("jti", "")), "access")
        return self.records.token(digest(token), "refresh")

    def described(self, entry: Issued) -> dict[str, Any]:
        """Say what a living token gives (RFC 7662 2.2; SMART token-introspection)."""
        said: dict[str, Any] = {
            "active": True, "scope": entry.scope, "client_id": entry.client, "sub": entry.user,
            "iss": self.issuer, "aud": list(self.services.get(entry.aud, ())),
            "iat": int(entry.issued), "exp": int(entry.expires), "token_type": "Bearer",  # nosec B105: no password
        }  # fmt: skip
        user = self.users.get(entry.user)
        if entry.patient:
            said["patient"] = entry.patient
        if user and user.fhir_user:
            said["fhirUser"] = user.fhir_user
        if entry.kind == "access":
            said["jti"] = entry.jti
        return said
