"""Is this token ours, for us, and still good? Asked at each door, for each request."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from typing import Any

from joserfc import jwt
from joserfc.errors import ExpiredTokenError, InvalidClaimError, JoseError, MissingClaimError

from labkit.access.grant import Grant
from labkit.access.oauth.keys import ALGORITHMS
from labkit.access.oauth.reading import BadToken, read_jwt
from labkit.access.scopes import ScopeError, parse_scopes
from labkit.common.errors import AccessDenied

LEEWAY = 30
"""Seconds by which two clocks may differ (RFC 7519 4.1.4: "no more than a few minutes")."""
_NEEDED = ("iss", "sub", "aud", "exp", "iat", "jti", "client_id", "scope")  # RFC 9068 2.2
_SAYS = {
    "iss": "iss is not the issuer that is trusted here",
    "aud": "aud does not name this service: the token is for another one",
    "nbf": "nbf lies in the future: it is not valid yet",
    "iat": "iat lies in the future",
}


class TokenError(AccessDenied):
    """A token is not accepted.

    Attributes
    ----------
    error
        A code of RFC 6750 3.1.
    description
        Why, in ASCII, without anything of the token.
    """

    def __init__(self, error: str, description: str, *, remedy: str = "") -> None:
        super().__init__(description, remedy=remedy or "Get a new token, for this service.")
        self.error, self.description = error, description


def fhir_user(claims: Mapping[str, Any]) -> tuple[frozenset[str], str]:
    """Name the actor of a token by its ``fhirUser``, and treatment as the purpose."""
    said = claims.get("fhirUser")
    return frozenset({said} if isinstance(said, str) and said else ()), "TREAT"


class Verifier:
    """Checks access tokens that are signed JWTs (RFC 9068).

    Parameters
    ----------
    issuer
        Whose tokens are trusted; compared character by character.
    keys
        Returns the issuer's JWK Set.
    audience
        Who we are: what ``aud`` has to name, where `verify` is not told.
    revoked
        Whether the token with this ``jti`` was taken back.
    identity
        By which references a Consent may name the holder, and for which purpose.
    clock
        Seconds since 1970.
    algorithms
        What may stand in ``alg``.
    types
        What may stand in ``typ``. A server that does not follow RFC 9068 needs others.
    """

    def __init__(
        self,
        issuer: str,
        keys: Callable[[], dict[str, Any]],
        *,
        audience: str = "",
        revoked: Callable[[str], bool],
        identity: Callable[[Mapping[str, Any]], tuple[frozenset[str], str]] = fhir_user,
        clock: Callable[[], float] = time.time,
        algorithms: tuple[str, ...] = ALGORITHMS,
        types: tuple[str, ...] = ("at+jwt",),
    ) -> None:
        self._issuer, self._keys, self._audience = issuer, keys, audience
        self._revoked, self._identity, self._clock = revoked, identity, clock
        self._algorithms, self._types = algorithms, types

    def verify(self, token: str, *, audience: str = "") -> Grant:
        """Check a token, and say on whose behalf its holder asks.

        Raises
        ------
        TokenError
            It is not accepted.
        """
        claims = self.claims(token, audience=audience)
        actors, purpose = self._identity(claims)
        patient = claims.get("patient", "")
        if not isinstance(patient, str):
            raise TokenError("invalid_token", "patient is no id")
        return Grant(
            client_id=str(claims["client_id"]),
            subject=str(claims["sub"]),
            scope=str(claims["scope"]),
            patient=patient.removeprefix("Patient/"),
            actors=actors,
            purpose=purpose,
            token_id=str(claims["jti"]),
            reason=str(claims.get("purpose_of_use_reason") or ""),
        )

    def claims(self, token: str, *, audience: str = "") -> dict[str, Any]:
        """Check a token, and return its claims.

        Raises
        ------
        TokenError
            It is not accepted.
        """
        wanted = audience or self._audience
        if not wanted:
            raise TokenError("invalid_token", "this service does not know its own name (aud)")
        try:
            _, claims = read_jwt(
                token, self._keys(), algorithms=self._algorithms, types=self._types
            )
        except BadToken as error:
            raise TokenError("invalid_token", str(error)) from None
        self._check(claims, wanted)
        return claims

    def _check(self, claims: dict[str, Any], audience: str) -> None:
        needed: Any = {name: {"essential": True} for name in _NEEDED}
        needed["iss"]["value"], needed["aud"]["value"] = self._issuer, audience
        registry = jwt.JWTClaimsRegistry(now=int(self._clock()), leeway=LEEWAY, **needed)
        try:
            registry.validate(claims)
        except ExpiredTokenError:
            raise TokenError("invalid_token", "exp: the token has expired") from None
        except MissingClaimError as error:
            raise TokenError("invalid_token", f"a claim is missing ({_name(error)})") from None
        except InvalidClaimError as error:
            name = _name(error)
            said = _SAYS.get(name, f"{name} is not as it should be")
            raise TokenError("invalid_token", said) from None
        except JoseError as error:
            raise TokenError("invalid_token", type(error).__name__) from None
        if not math.isfinite(claims["exp"]):  # JSON of Python reads NaN, which is never over
            raise TokenError("invalid_token", "exp is no time")
        scope = claims["scope"]
        if not all(isinstance(claims[name], str) for name in ("sub", "jti", "client_id", "scope")):
            raise TokenError("invalid_token", "sub, jti, client_id and scope have to be texts")
        try:
            scopes = parse_scopes(scope)
        except ScopeError:
            raise TokenError("invalid_token", "scope is not written as SMART writes it") from None
        if not scopes:
            raise TokenError("insufficient_scope", "the token has no scope of any data")
        if self._revoked(claims["jti"]):
            raise TokenError("invalid_token", "jti: the token was revoked, or never given out")


def _name(error: JoseError) -> str:
    return str(getattr(error, "claim", "") or "claims")
