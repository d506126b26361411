"""What every matching type offers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from labkit.common.errors import UsageError


@dataclass(frozen=True)
class Clause:
    """A condition in SQL with its parameters."""

    sql: str
    values: tuple[str, ...]


class Matcher(Protocol):
    """One matching type applied to one value of a query.

    It says the same in two languages; a test holds them together. The index answers in SQL; the
    worklist, sequences and attributes that are not indexed are compared in Python.
    """

    @property
    def universal(self) -> bool:
        """Whether it matches everything."""
        ...

    def matches(self, stored: Sequence[str]) -> bool:
        """Compare with the search forms of a stored value: one that matches is enough."""
        ...

    def clause(self, column: str) -> Clause:
        """The condition on a column that holds a search form, so that SQLite can use its index."""
        ...


class MatchError(UsageError):
    """A key's value is none that its VR allows in a query."""
