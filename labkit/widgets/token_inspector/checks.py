"""One part of a token against what a service expects. The whole is decided by the `Verifier`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from labkit.access.oauth.keys import ALGORITHMS
from labkit.access.oauth.verifier import LEEWAY
from labkit.access.scopes import ScopeError, parse_scopes
from labkit.widgets.token_inspector.words import NEEDED, span_text

_REFUSED = ("jku", "jwk", "x5u", "x5c", "crit")


@dataclass(frozen=True)
class Expected:
    """What the service knows.

    Attributes
    ----------
    issuer, audience
        Whom it trusts, and who it is; ``""``: not told.
    now
        Seconds since 1970.
    signature
        State and words of the signature.
    revoked
        Whether a ``jti`` was taken back.
    """

    issuer: str
    audience: str
    now: float
    signature: tuple[str, str]
    revoked: Callable[[str], bool] | None


def check(part: str, name: str, value: Any, expected: Expected) -> tuple[str, str]:
    """Say whether a part is as it should be: ``ok``, ``bad`` or ``open``; and why not."""
    if part == "header":
        return _header(name, value)
    if value is None:
        return ("bad", "It is missing") if name in NEEDED else ("open", "")
    if name in ("exp", "nbf", "iat"):
        return _time(name, value, expected.now)
    if name == "iss":
        return _same(value == expected.issuer, expected.issuer, "It is another one")
    if name == "aud":
        named = value if isinstance(value, list) else [value]
        return _same(expected.audience in named, expected.audience, "It names other services")
    if name == "jti" and expected.revoked is not None:
        gone = expected.revoked(str(value))
        return ("bad", "It was revoked, or never given out") if gone else ("ok", "")
    if name == "scope":
        return _scope(value)
    if name in ("sub", "client_id", "jti", "patient"):
        return ("ok", "") if isinstance(value, str) and value else ("bad", "It is no text")
    return "open", ""


def _header(name: str, value: Any) -> tuple[str, str]:
    if name == "alg":
        good = value in ALGORITHMS
        return ("ok", "") if good else ("bad", f"It is not one of {', '.join(ALGORITHMS)}")
    if name == "typ":
        kind = str(value).lower().removeprefix("application/")
        return ("ok", "") if kind == "at+jwt" else ("bad", "It is not at+jwt")
    if name in _REFUSED:
        return "bad", ""
    return ("ok" if name == "kid" and value else "open"), ""


def _time(name: str, value: Any, now: float) -> tuple[str, str]:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value != value:
        return "bad", "It is no number of seconds since 1970"
    if name == "exp" and value < now - LEEWAY:
        return "bad", "That time is over"
    if name != "exp" and value > now + LEEWAY:
        return "bad", f"That time is still to come, in {span_text(value - now)}"
    return "ok", ""


def _same(equal: bool, expected: str, otherwise: str) -> tuple[str, str]:
    if not expected:
        return "open", "Not checked: not told what it should be"
    return ("ok", "") if equal else ("bad", otherwise)


def _scope(value: Any) -> tuple[str, str]:
    try:
        scopes = parse_scopes(value) if isinstance(value, str) else ()
    except ScopeError as error:
        return "bad", error.message
    return ("ok", "") if scopes else ("bad", "There is no scope of any data")
