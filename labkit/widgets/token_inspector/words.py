"""What each part of an access token is for, and where that is written."""

from __future__ import annotations

import ipaddress
from typing import Any
from urllib.parse import urlsplit

from labkit.access.scopes import OTHER, ScopeError, parse_scope

HEADER = {
    "alg": ("How it is signed. The service has a list of its own; none and HS… are not in it",
            "RFC 8725 3.1"),
    "typ": ("What kind of JWT it is. An ID token must not pass as an access token", "RFC 9068 4"),
    "kid": ("Which of the issuer's published keys has signed it", "RFC 7515 4.1.4"),
    "jku": ("Where its key is: decided by the token itself, so refused", "RFC 8725 3.10"),
    "jwk": ("Its key: brought by the token itself, so refused", "RFC 8725 3.10"),
    "x5u": ("Where its certificate is: decided by the token itself, so refused", "RFC 8725 3.10"),
    "x5c": ("Its certificate: brought by the token itself, so refused", "RFC 8725 3.10"),
}  # fmt: skip
"""Parameter of the header to what it is and the section."""
CLAIMS = {
    "iss": ("Who made it. Has to be the one issuer that the service trusts", "RFC 9068 4"),
    "aud": ("Which services it is for. Has to name the one that it is shown to", "RFC 9068 4"),
    "exp": ("Until when it is good", "RFC 7519 4.1.4"),
    "nbf": ("From when it is good", "RFC 7519 4.1.5"),
    "iat": ("When it was made", "RFC 7519 4.1.6"),
    "sub": ("The user; the client itself where no user has logged in", "RFC 9068 2.2"),
    "client_id": ("The application that it was given to", "RFC 8693 4.3"),
    "jti": ("Its own number, by which it is revoked and audited", "RFC 7519 4.1.7"),
    "scope": ("What it gives. The policy of each door decides by it", "RFC 8693 4.2"),
    "patient": ("The one patient that its scopes of patient/ are about", "SMART 2.2, context"),
    "fhirUser": ("The record of the user", "SMART 2.2, fhirUser"),
    "purpose_of_use": ("What for", "ITI IUA"),
}  # fmt: skip
"""Claim to what it is and the section."""
NEEDED = ("iss", "aud", "exp", "iat", "sub", "client_id", "jti", "scope")
_OTHER = {
    "launch": "take over the context of the application that launched it",
    "launch/patient": "be told which patient is in context",
    "openid": "an ID token that says who the user is",
    "fhirUser": "the reference of the user's record",
    "offline_access": "a refresh token that lasts while the user is away",
    "online_access": "a refresh token that lasts while the user works",
}


def value_text(name: str, value: Any, claims: dict[str, Any]) -> str:
    """Write a value so that it is the same each time: no port, no time of day, no random number."""
    if name in ("jti", "kid"):
        return "(random)" if value else "(empty)"
    if name in ("exp", "nbf", "iat"):
        begun = claims.get("iat")
        if name == "iat" or not _number(begun) or not _number(value):
            return "(a time)" if _number(value) else repr(value)
        return f"{span_text(abs(value - begun))} {'after' if value >= begun else 'before'} iat"
    if isinstance(value, list):
        return ", ".join(_address(str(part)) for part in value)
    return _address(value) if isinstance(value, str) else repr(value)


def scope_words(scope: str) -> list[list[str]]:
    """Say what each scope gives: ``[scope, words]``."""
    found = []
    for word in scope.split():
        try:
            said = _OTHER[word] if word in OTHER else parse_scope(word).words
        except ScopeError as error:
            said = f"nothing: {error.message}"
        found.append([word, said])
    return found


def span_text(seconds: float) -> str:
    """Write a span of time: ``4 min 30 s``."""
    whole = int(abs(seconds))
    parts = [(whole // 86400, "d"), (whole // 3600 % 24, "h"), (whole // 60 % 60, "min"),
             (whole % 60, "s")]  # fmt: skip
    said = [f"{n} {unit}" for n, unit in parts if n][:2] or ["0 s"]
    return ("-" if seconds < 0 else "") + " ".join(said)


def _number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _address(text: str) -> str:
    """Leave host and port of this machine out: they change with each start."""
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https"):
        return text
    try:
        here = ipaddress.ip_address(parts.hostname or "").is_loopback
    except ValueError:
        here = parts.hostname == "localhost"
    return f"{parts.path or '/'} of this machine" if here else text
