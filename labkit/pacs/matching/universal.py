"""Universal matching (PS3.4 C.2.2.2.3): a zero-length key matches all, and asks for the value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from labkit.pacs.matching.base import Clause


@dataclass(frozen=True)
class Universal:
    """Matches everything; ``*`` alone means the same (PS3.4 C.2.2.2.4)."""

    universal = True

    def matches(self, stored: Sequence[str]) -> bool:
        """Yes."""
        return True

    def clause(self, column: str) -> Clause:
        """No condition."""
        return Clause("1", ())


UNIVERSAL = Universal()
