"""Reading a signed JWT as a stranger's text: header first, then signature, then the claims."""

from __future__ import annotations

import json
from typing import Any

from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

from labkit.access.oauth.keys import ALGORITHMS

LONGEST = 8192
"""Characters that a token may have."""
_OWN_KEY = ("jku", "jwk", "x5u", "x5c")


class BadToken(ValueError):
    """Why a text is no token of ours; says nothing of what is in it."""


class UnknownKey(BadToken):
    """No key of this name is published; a newer key set may have it."""


def read_jwt(
    token: str,
    jwks: dict[str, Any],
    *,
    algorithms: tuple[str, ...] = ALGORITHMS,
    types: tuple[str, ...] = (),
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return header and claims of a JWT whose signature is right; its claims are not checked.

    Parameters
    ----------
    jwks
        The keys that may have signed it (RFC 7517). No other is ever looked for.
    algorithms
        What may stand in ``alg``; decided here, not by the token (RFC 8725 3.1).
    types
        What may stand in ``typ``, without ``application/``; any if empty.

    Raises
    ------
    BadToken
        It is none, is not signed by one of the keys, or brings its own key.
    """
    header = _header(token)
    if header.get("alg") not in algorithms:
        said = str(header.get("alg"))[:20]
        raise BadToken(f"alg {said!r} is not one of {', '.join(algorithms)} (RFC 8725 3.1)")
    brought = [name for name in (*_OWN_KEY, "crit") if name in header]
    if brought:
        raise BadToken(f"the header has {brought[0]}: a token does not say what checks it")
    kind = str(header.get("typ", "")).lower().removeprefix("application/")
    if types and kind not in types:
        raise BadToken(f"typ {kind[:20]!r} is not {types[0]} (RFC 9068 4)")
    kid = header.get("kid")
    keys = [key for key in jwks.get("keys", []) if kid and key.get("kid") == kid]
    if not keys:
        raise UnknownKey("kid names no key that the issuer publishes")
    # A key is for one algorithm: an RSA key is never the secret of an HMAC.
    if len(keys) > 1 or keys[0].get("alg", header["alg"]) != header["alg"]:
        raise BadToken("alg is not the one that this key is for (RFC 8725 3.1)")
    try:
        registry = JWSRegistry(algorithms=[header["alg"]])
        key = KeySet.import_key_set({"keys": keys}).keys[0]
        claims = jwt.decode(token, key, registry=registry).claims
    except (JoseError, ValueError, TypeError) as error:
        raise BadToken(f"the signature is not right ({type(error).__name__})") from error
    if not isinstance(claims, dict):
        raise BadToken("the claims are no JSON object")
    return header, claims


def _header(token: str) -> dict[str, Any]:
    if len(token) > LONGEST:
        raise BadToken(f"it has more than {LONGEST} characters")
    try:
        header = jws.extract_compact(token.encode("ascii")).headers()
        json.dumps(header)
    except (JoseError, ValueError, TypeError) as error:
        raise BadToken("it is no signed JWT") from error
    return dict(header)
