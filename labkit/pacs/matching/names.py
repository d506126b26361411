"""Names (VR PN): component groups, each compared for itself (PS3.5 6.2.1, PS3.4 C.2.2.2.1).

``Yamada^Tarou=山田^太郎=やまだ^たろう`` is one name written three ways. A query for one of them
finds it; a query that gives several is to match in each.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from labkit.pacs.matching.base import Clause
from labkit.pacs.matching.normal import name_form
from labkit.pacs.matching.single import Single
from labkit.pacs.matching.wildcard import Wildcard, has_wildcard


@dataclass(frozen=True)
class NameMatcher:
    """Every component group that the query gives matches one that is stored."""

    groups: tuple[Single | Wildcard, ...]

    @classmethod
    def parse(cls, text: str) -> NameMatcher:
        """Read a name of a query."""
        return cls(tuple(_group(group) for group in text.split("=") if group.strip("^ *")))

    @property
    def universal(self) -> bool:
        """Whether nothing was given but carets and stars."""
        return not self.groups

    def matches(self, stored: Sequence[str]) -> bool:
        """Whether each group finds one."""
        return all(group.matches(stored) for group in self.groups)

    def clause(self, column: str) -> Clause:
        """The condition where all groups are in one column; the index has three, one a group."""
        clauses = [group.clause(column) for group in self.groups]
        values = tuple(value for clause in clauses for value in clause.values)
        return Clause(" AND ".join(clause.sql for clause in clauses) or "1", values)


def _group(text: str) -> Single | Wildcard:
    if not has_wildcard(text):
        return Single(name_form(text))
    return Wildcard.parse(text, _piece)


def _piece(text: str) -> str:
    # A piece between wild cards keeps its carets: "Smith^*" means that something may follow.
    return unicodedata.normalize("NFKC", text).casefold()
