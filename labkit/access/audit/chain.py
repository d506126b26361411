"""How records hold each other: canonical JSON, SHA-256 from one to the next, an Ed25519 seal each.

The hash of a record covers the hash of the one before it, so none can be changed, taken out or
moved without all that follow being made anew; the seal means that this takes the key. Reading and
proving takes the public key only.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from labkit.common.errors import DataError

FORMAT = "labkit-audit/1"
GENESIS = "0" * 64
"""What stands for the hash before the first record."""

Record = dict[str, Any]


def canonical(record: Mapping[str, Any]) -> bytes:
    """Encode a record in the one way that its hash is made of.

    Keys sorted, no blanks, UTF-8: what RFC 8785 gives for objects with ASCII keys, text, whole
    numbers and truth values, and records hold nothing else.
    """
    return json.dumps(
        record, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
    ).encode()


def digest(record: Mapping[str, Any]) -> str:
    """Return the hash of a record, as 64 hexadecimal digits: of all but its hash and its seal."""
    rest = {name: value for name, value in record.items() if name not in ("hash", "seal")}
    return hashlib.sha256(canonical(rest)).hexdigest()


class Sealer:
    """The secret side: seals hashes, and makes marks of values that are not to be written down.

    Parameters
    ----------
    key
        An Ed25519 key, or its seed of 32 bytes.

    Raises
    ------
    DataError
        The seed has another length.
    """

    def __init__(self, key: Ed25519PrivateKey | bytes) -> None:
        if isinstance(key, bytes):
            if len(key) != 32:
                raise DataError(
                    f"The key of an audit trail has {len(key)} bytes, not 32.",
                    remedy="Make one with audit_key(path), or give an Ed25519PrivateKey.",
                )
            key = Ed25519PrivateKey.from_private_bytes(key)
        self._key = key
        seed = key.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
        self._mark_key = hmac.digest(seed, b"labkit-audit marks", "sha256")

    @property
    def public(self) -> bytes:
        """The public key, 32 bytes: give it to whoever is to verify."""
        return self._key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)

    def seal(self, hash_: str) -> str:
        """Sign a hash; base64."""
        return base64.b64encode(self._key.sign(bytes.fromhex(hash_))).decode()

    def mark(self, value: str) -> str:
        """Return what stands for a value in the trail: always the same, never the value.

        Case and blanks around it do not count. Without the key nobody can try names against it.
        """
        text = " ".join(value.split()).casefold().encode()
        return "~" + hmac.new(self._mark_key, text, "sha256").hexdigest()[:20]


class Checker:
    """The public side.

    Parameters
    ----------
    public
        The public key, 32 bytes.
    """

    def __init__(self, public: bytes) -> None:
        self._key = Ed25519PublicKey.from_public_bytes(public)

    def sealed(self, record: Mapping[str, Any]) -> bool:
        """Whether a record's seal is one of this trail's key on the hash that it carries."""
        try:
            seal = base64.b64decode(str(record["seal"]), validate=True)
            self._key.verify(seal, bytes.fromhex(str(record["hash"])))
        except (KeyError, ValueError, InvalidSignature):
            return False
        return True


def audit_key(path: Path) -> Ed25519PrivateKey:
    """Return the key of a file, which is made (mode 0600) where it is missing.

    Keep it apart from the trail: who can read both can write another trail.

    Raises
    ------
    DataError
        The file is not such a key.
    """
    try:
        seed = path.read_bytes()
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        key = Ed25519PrivateKey.generate()
        seed = key.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
        path.touch(mode=0o600, exist_ok=False)
        path.write_bytes(seed)
    if len(seed) != 32:
        raise DataError(f"{path.name} is not the key of an audit trail.", remedy="32 bytes.")
    return Ed25519PrivateKey.from_private_bytes(seed)
