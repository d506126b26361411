"""Tokens as an attacker makes them."""

from __future__ import annotations

import base64
import json
from typing import Any

from joserfc import jwt
from joserfc.jwk import OctKey
from joserfc.jws import JWSRegistry


def part(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def parts_of(token: str) -> tuple[dict[str, Any], dict[str, Any], str]:
    """Take a token apart."""
    header, claims, signature = token.split(".")
    read = [json.loads(base64.urlsafe_b64decode(text + "==")) for text in (header, claims)]
    return read[0], read[1], signature


def unsigned(token: str, alg: str = "none") -> str:
    """The same claims, without a signature."""
    header, claims, _ = parts_of(token)
    return f"{part({**header, 'alg': alg})}.{part(claims)}."


def changed(token: str, **claims: Any) -> str:
    """Other claims under the old signature."""
    header, said, signature = parts_of(token)
    return f"{part(header)}.{part({**said, **claims})}.{signature}"


def confused(token: str, secret: bytes, alg: str = "HS384") -> str:
    """Signed by HMAC, with the text of the public key as its secret (RFC 8725 2.1)."""
    header, claims, _ = parts_of(token)
    registry = JWSRegistry(algorithms=[alg])
    key = OctKey.import_key(base64.urlsafe_b64encode(secret).decode())
    raw = OctKey.import_key(secret) if not secret.lstrip().startswith(b"-----") else key
    return jwt.encode({**header, "alg": alg}, claims, raw, registry=registry)
