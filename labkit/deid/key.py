"""The key of a de-identification: what is made of an original value, nobody can make without it.

Everything is keyed (HMAC-SHA-256), since a plain hash of a patient ID falls to a dictionary
(PS3.15 E.1.1). Of one secret come separate keys for UIDs, identifiers and dates.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import secrets
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from labkit.common.errors import UsageError

if TYPE_CHECKING:
    from labkit.deid.recovery import Recovery

FORMAT = "labkit-deid-key/1"
_REMEDY = "Name a file that Key.save wrote, or one that does not exist: then a key is made."
_DAYS = 3650


@dataclass(frozen=True)
class Key:
    """A secret, and what is derived from it.

    Attributes
    ----------
    secret
        32 random bytes. Who has them can say which pseudonym belongs to a known identifier.
    recovery_pem
        Private key and certificate that encrypted originals are opened with, or empty.
    """

    secret: bytes = field(repr=False)
    recovery_pem: str = field(default="", repr=False)

    @classmethod
    def new(cls, *, recovery: bool = False) -> Key:
        """Make a key from the system's randomness.

        Parameters
        ----------
        recovery
            Make an RSA key too, so that originals can be kept encrypted (PS3.15 E.1.1).
        """
        if not recovery:
            return cls(secrets.token_bytes(32))
        from labkit.deid.recovery import new_recovery

        return cls(secrets.token_bytes(32), new_recovery())

    @classmethod
    def read(cls, path: Path) -> Key:
        """Read a key file.

        Raises
        ------
        UsageError
            There is none, or it is something else.
        """
        try:
            data = json.loads(path.read_text("utf-8"))
            secret = base64.b64decode(data["secret"])
            if data["format"] != FORMAT or len(secret) != 32:
                raise ValueError("another format")
            return cls(secret, str(data.get("recovery", "")))
        except OSError as error:
            raise UsageError(
                f"The key file cannot be read: {error.strerror}", remedy=_REMEDY
            ) from None
        except (ValueError, KeyError, TypeError):
            raise UsageError(f"{path.name} is no key file.", remedy=_REMEDY) from None

    def save(self, path: Path) -> None:
        """Write a key file that only its owner can read; an existing one is left as it is.

        Raises
        ------
        UsageError
            It exists, or its folder cannot be written.
        """
        data = {"format": FORMAT, "secret": base64.b64encode(self.secret).decode("ascii")}
        if self.recovery_pem:
            data["recovery"] = self.recovery_pem
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except OSError as error:
            raise UsageError(
                f"The key file cannot be written: {error.strerror}",
                remedy="Name a new file in a folder that you can write to.",
            ) from None
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(json.dumps(data, indent=1) + "\n")

    @cached_property
    def recovery(self) -> Recovery | None:
        """What encrypts and opens originals, or ``None``."""
        from labkit.deid.recovery import Recovery

        return Recovery.of(self.recovery_pem) if self.recovery_pem else None

    def digest(self, purpose: str, value: str) -> bytes:
        """HMAC-SHA-256 of a value under the key of a purpose, 32 bytes."""
        return hmac.digest(self._purpose(purpose), value.encode("utf-8", "surrogatepass"), "sha256")

    @cached_property
    def _purposes(self) -> dict[str, bytes]:
        return {}

    def _purpose(self, name: str) -> bytes:
        key = self._purposes.get(name)
        if key is None:
            key = hmac.digest(self.secret, f"{FORMAT} {name}".encode(), hashlib.sha256)
            self._purposes[name] = key
        return key

    @cached_property
    def uid(self) -> _Uids:
        """Make the new UID of a UID: ``key.uid("1.2.3")`` (PS3.5 B.2)."""
        return _Uids(self)

    def identifier(self, value: str) -> str:
        """Make the pseudonym of an identifier: 16 characters that SH, LO, CS and AE can hold.

        The same value gives the same pseudonym in DICOM and in FHIR, so that a Patient ID or an
        Accession Number still joins them.
        """
        raw = self.digest("identifier", value.strip())
        return "ID" + base64.b32encode(raw[:9]).decode("ascii")[:14]

    def days(self, patient: str) -> int:
        """By how many days the dates of a patient move: 1 to 3650, back."""
        return -1 - int.from_bytes(self.digest("dates", patient.strip())[:8], "big") % _DAYS


class _Uids:
    """UID → new UID, with a memory of the latest."""

    def __init__(self, key: Key) -> None:
        self._made = lru_cache(65536)(lambda uid: _uid(key.digest("uid", uid)))

    def __call__(self, uid: str) -> str:
        """Make the new UID; a UID of the standard (1.2.840.10008) stays."""
        uid = uid.strip("\0 ")
        return uid if not uid or uid.startswith("1.2.840.10008.") else self._made(uid)


def _uid(raw: bytes) -> str:
    # A UUID of version 8, custom (RFC 9562 5.8), under 2.25 (PS3.5 B.2).
    number = int.from_bytes(raw[:16], "big")
    number = number & ~(0xF << 76) | 8 << 76
    number = number & ~(0x3 << 62) | 2 << 62
    return f"2.25.{number}"
