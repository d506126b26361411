"""Passcodes, kept as what scrypt makes of them (RFC 7914): a list that is stolen opens no door."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import threading

from labkit.common.errors import UsageError

COST, BLOCK, PARALLEL = 1 << 14, 8, 1  # 16 MiB, some 50 ms; RFC 7914 2
_MOST = 1 << 16  # of the cost that a list may ask for
_SALT, _LENGTH = 16, 32  # bytes
_ONE_AT_A_TIME = threading.BoundedSemaphore(2)  # guesses must not take all memory


def hash_passcode(passcode: str, *, salt: bytes | None = None) -> str:
    """Make what a list keeps of a passcode.

    Parameters
    ----------
    passcode
        At least one character; its UTF-8 is used.
    salt
        16 bytes; drawn where none are given, as they should be.

    Returns
    -------
    str
        ``scrypt$cost$block$parallel$salt$hash``, the last two in base64.

    Raises
    ------
    UsageError
        There is no passcode.
    """
    if not passcode:
        raise UsageError("a passcode cannot be empty", remedy="Give one, or leave the user out.")
    drawn = secrets.token_bytes(_SALT) if salt is None else salt
    made = _scrypt(passcode.encode("utf-8"), drawn, COST, BLOCK, PARALLEL)
    texts = (base64.b64encode(part).decode("ascii") for part in (drawn, made))
    return "$".join(("scrypt", str(COST), str(BLOCK), str(PARALLEL), *texts))


def check_hash(kept: str) -> None:
    """Raise `UsageError` for what `hash_passcode` has not made; its content is not shown."""
    _parts(kept)


def matches(kept: str, passcode: bytes) -> bool:
    """Whether a passcode is the one; takes the same time whether it is or not.

    Parameters
    ----------
    kept
        Of `hash_passcode`; ``""`` for a user that there is not, which takes as long and is never
        the one.
    passcode
        As it came.
    """
    cost, block, parallel, salt, wanted = (
        _parts(kept) if kept else (COST, BLOCK, PARALLEL, b"\0" * _SALT, b"\0" * _LENGTH)
    )
    with _ONE_AT_A_TIME:
        made = _scrypt(passcode, salt, cost, block, parallel)
    return hmac.compare_digest(made, wanted) and bool(kept)


def _scrypt(passcode: bytes, salt: bytes, cost: int, block: int, parallel: int) -> bytes:
    return hashlib.scrypt(
        passcode, salt=salt, n=cost, r=block, p=parallel, maxmem=1 << 27, dklen=_LENGTH
    )


def _parts(kept: str) -> tuple[int, int, int, bytes, bytes]:
    try:
        scheme, cost, block, parallel, salt, made = kept.split("$")
        n, r, p = int(cost), int(block), int(parallel)
        found = n, r, p, base64.b64decode(salt, validate=True), base64.b64decode(made)
        if scheme != "scrypt" or not (COST <= n <= _MOST and n & (n - 1) == 0):
            raise ValueError
        if (r, p) != (BLOCK, PARALLEL) or len(found[3]) < _SALT or len(found[4]) != _LENGTH:
            raise ValueError
    except ValueError:
        raise UsageError(
            "passcode is not what scrypt makes of one",
            remedy="Write what labkit.access.nodes.hash_passcode gives, never the passcode.",
        ) from None
    return found
