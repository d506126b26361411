"""Codes that are read aloud and typed: no sign that looks or sounds like another."""

from __future__ import annotations

import hmac
import secrets

SIGNS = "abcdefghjkmnpqrstuvwxyz23456789"
"""No 0, o, 1, l, i: 31 signs, 4.95 bits each."""


def new_code(length: int) -> str:
    """Make a code of `length` signs, in groups of four: ``k7mq-w3xd``."""
    made = "".join(secrets.choice(SIGNS) for _ in range(length))
    return "-".join(made[at : at + 4] for at in range(0, length, 4))


def same(given: str, code: str) -> bool:
    """Whether what somebody typed is the code; takes as long whether it is or not."""
    return hmac.compare_digest(plain(given), plain(code))


def plain(code: str) -> bytes:
    """Return a code as it counts: case, spaces and hyphens do not."""
    return "".join(code.lower().split()).replace("-", "").encode("utf-8", "replace")
