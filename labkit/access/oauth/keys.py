"""The keys of an authorization server: made when it first starts, published without their secret.

Signing, checking and making keys is done by joserfc and cryptography; here they are only kept.
"""

from __future__ import annotations

import json
import os
import secrets
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from joserfc import jwt
from joserfc.jwk import ECKey, Key, KeySet, RSAKey
from joserfc.jws import JWSRegistry

from labkit.common.errors import DataError, UsageError

ALGORITHMS = ("RS384", "ES384")
"""What SMART names for signatures (SMART App Launch 2.2, client-confidential-asymmetric)."""


def new_key(algorithm: str, kid: str = "") -> Key:
    """Make a private key for one of `ALGORITHMS`.

    Raises
    ------
    UsageError
        It is another algorithm.
    """
    if algorithm not in ALGORITHMS:
        raise UsageError(
            f"{algorithm} is no algorithm for signatures here",
            remedy=f"Take one of {', '.join(ALGORITHMS)}.",
        )
    named: Any = {"kid": kid or secrets.token_urlsafe(9), "alg": algorithm, "use": "sig"}
    if algorithm == "RS384":
        return RSAKey.generate_key(2048, named)
    return ECKey.generate_key("P-384", named)


def sign(header: dict[str, Any], claims: dict[str, Any], key: Key) -> str:
    """Make a signed JWT (RFC 7519); ``alg`` and ``kid`` are those of the key."""
    algorithm = str(key.as_dict()["alg"])
    whole = {"alg": algorithm, "kid": key.kid, **header}
    registry = JWSRegistry(algorithms=[algorithm])
    return jwt.encode(whole, claims, key, registry=registry)


def public_jwks(*keys: Key) -> dict[str, Any]:
    """Return what may be published of keys: a JWK Set (RFC 7517 5) without private parts."""
    return dict(KeySet(list(keys)).as_dict(private=False))


class KeyRing:
    """The signing keys of a server, in a file that only its owner can read.

    Parameters
    ----------
    path
        A JSON file; made if it is not there.
    algorithm
        Of new keys; one of `ALGORITHMS`.
    clock
        Seconds since 1970.

    Raises
    ------
    DataError
        The file is there, but cannot be used. A new key in its place would end every token.
    """

    def __init__(self, path: Path, *, algorithm: str, clock: Callable[[], float]) -> None:
        self._path, self._algorithm, self._clock = path, algorithm, clock
        self._lock = threading.Lock()
        self._keys: list[tuple[Key, float]] = []
        if path.exists():
            self._keys = self._read()
        else:
            self._keys = [(new_key(algorithm), 0.0)]
            self._write()

    def current(self) -> Key:
        """Return the key that signs."""
        with self._lock:
            return self._keys[0][0]

    def rotate(self, keep: float) -> Key:
        """Sign with a new key from now on; the old one is still published for a while.

        Parameters
        ----------
        keep
            Seconds that tokens of the old key may still be valid.
        """
        key = new_key(self._algorithm)
        with self._lock:
            now = self._clock()
            old = [(k, end or now + keep) for k, end in self._keys]
            self._keys = [(key, 0.0), *((k, end) for k, end in old if end > now)]
            self._write()
        return key

    def jwks(self) -> dict[str, Any]:
        """Return the keys that a token may be signed with, public parts only."""
        with self._lock:
            now = self._clock()
            return public_jwks(*(key for key, end in self._keys if not end or end > now))

    def _read(self) -> list[tuple[Key, float]]:
        try:
            stored = json.loads(self._path.read_text("utf-8"))
            keys = [(_imported(entry["key"]), float(entry["until"])) for entry in stored["keys"]]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise DataError(
                f"the signing keys in {self._path.name} cannot be read ({type(error).__name__})",
                remedy="Put the file back, or remove it: then all tokens end.",
            ) from error
        if not keys:
            raise DataError(f"{self._path.name} has no key", remedy="Remove the file.")
        return keys

    def _write(self) -> None:
        entries = [{"key": key.as_dict(private=True), "until": end} for key, end in self._keys]
        draft = self._path.with_suffix(".new")
        draft.unlink(missing_ok=True)
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            json.dump({"keys": entries}, stream)
            stream.flush()
            os.fsync(stream.fileno())
        draft.replace(self._path)


def _imported(data: dict[str, Any]) -> Key:
    return RSAKey.import_key(data) if data.get("kty") == "RSA" else ECKey.import_key(data)
