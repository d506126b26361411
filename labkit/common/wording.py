"""Words around numbers."""

from __future__ import annotations


def counted(number: int, noun: str) -> str:
    """A number and what it counts: ``1 match``, ``2 matches``, ``1 study``, ``0 objects``."""
    if number == 1:
        return f"1 {noun}"
    if noun.endswith("y") and noun[-2:-1] not in "aeiou":
        return f"{number} {noun[:-1]}ies"
    return f"{number} {noun}{'es' if noun.endswith(('ch', 's')) else 's'}"
