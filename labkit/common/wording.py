"""Words around numbers."""

from __future__ import annotations


def counted(number: int, noun: str) -> str:
    """Say a number and what it counts.

    As in ``1 match``, ``2 matches``, ``1 study``, ``0 objects``, ``2 series``.
    """
    if number == 1 or noun.endswith("series"):
        return f"{number} {noun}"
    if noun.endswith("y") and noun[-2:-1] not in "aeiou":
        return f"{number} {noun[:-1]}ies"
    return f"{number} {noun}{'es' if noun.endswith(('ch', 's')) else 's'}"
