"""Animals in place of names: easy to call across a room, and of nobody."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Container
from functools import lru_cache
from pathlib import Path


@lru_cache(maxsize=1)
def animals() -> tuple[str, ...]:
    """Return the animals, each once."""
    text = Path(__file__).with_name("animals.txt").read_text(encoding="utf-8")
    return tuple(text.split())


def pseudonym(who: str, secret: str, taken: Container[str]) -> str:
    """Return the animal of `who` in the room with this `secret`; the next where it is `taken`.

    Who has not the secret cannot find out from an animal whose it is, and in another room it is
    another.
    """
    known = animals()
    digest = hmac.new(secret.encode(), who.encode(), hashlib.sha256).digest()
    first = int.from_bytes(digest[:8], "big") % len(known)
    herd = 1
    while True:
        for step in range(len(known)):
            name = known[(first + step) % len(known)]
            shown = name if herd == 1 else f"{name} {herd}"
            if shown not in taken:
                return shown
        herd += 1
