"""Single value matching (PS3.4 C.2.2.2.1): equal, by meaning for dates, times and names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from labkit.pacs.matching.base import Clause


@dataclass(frozen=True)
class Single:
    """Equal to a value, given in its search form."""

    value: str
    universal = False

    def matches(self, stored: Sequence[str]) -> bool:
        """Whether one of the values is this one."""
        return self.value in stored

    def clause(self, column: str) -> Clause:
        """``column = value``."""
        return Clause(f"{column} = ?", (self.value,))
