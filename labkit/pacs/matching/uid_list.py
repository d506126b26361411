"""List of UID matching (PS3.4 C.2.2.2.2): one of several UIDs, joined with a backslash."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from labkit.pacs.matching.base import Clause

_FEW = 200  # SQLite limits the parameters of a statement; a longer list goes in as one JSON array


@dataclass(frozen=True)
class UidList:
    """One of these UIDs."""

    uids: tuple[str, ...]
    universal = False

    def matches(self, stored: Sequence[str]) -> bool:
        """Whether one of the values is in the list."""
        return any(uid in self.uids for uid in stored)

    def clause(self, column: str) -> Clause:
        """``column IN (…)``."""
        if len(self.uids) > _FEW:
            return Clause(f"{column} IN (SELECT value FROM json_each(?))", (json.dumps(self.uids),))
        return Clause(f"{column} IN ({', '.join('?' * len(self.uids))})", self.uids)
