"""Wild card matching (PS3.4 C.2.2.2.4): ``*`` any characters or none, ``?`` exactly one."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from labkit.pacs.matching.base import Clause

# Only these VRs have wild cards; in a date or a UID the characters are just wrong.
WILDCARD_VRS = frozenset(("AE", "CS", "LO", "LT", "PN", "SH", "ST", "UC", "UR", "UT"))
_LAST_CHARACTER = "\U0010ffff"


def has_wildcard(value: str) -> bool:
    """Whether `value` contains ``*`` or ``?``."""
    return "*" in value or "?" in value


@dataclass(frozen=True)
class Wildcard:
    """A pattern.

    Attributes
    ----------
    pieces
        Literal text (in search form), ``*`` and ``?``, in order: ``("smith", "*")``.
    literal
        Whether the piece of the same place is literal text.
    """

    pieces: tuple[str, ...]
    literal: tuple[bool, ...]
    universal = False

    @classmethod
    def parse(cls, value: str, normal: Callable[[str], str]) -> Wildcard:
        """Split at the wild cards *before* normalising, so that no character becomes one."""
        parts = [part for part in re.split(r"([*?])", value) if part]
        literal = tuple(part not in "*?" for part in parts)
        pieces = tuple(
            normal(p) if is_text else p for p, is_text in zip(parts, literal, strict=True)
        )
        return cls(pieces, literal)

    @cached_property
    def _regex(self) -> re.Pattern[str]:
        wild = {"*": ".*", "?": "."}
        source = "".join(
            re.escape(p) if is_text else wild[p]
            for p, is_text in zip(self.pieces, self.literal, strict=True)
        )
        return re.compile(source, re.DOTALL)

    def matches(self, stored: Sequence[str]) -> bool:
        """Whether one of the values has the pattern."""
        return any(self._regex.fullmatch(value) for value in stored)

    def clause(self, column: str) -> Clause:
        """A range of the index that begins as the pattern does, and GLOB for the rest."""
        prefix = self.pieces[0] if self.literal[0] else ""
        glob = "".join(
            re.sub(r"[*?[]", r"[\g<0>]", p) if is_text else p
            for p, is_text in zip(self.pieces, self.literal, strict=True)
        )
        if prefix:
            return Clause(
                f"{column} >= ? AND {column} < ? AND {column} GLOB ?",
                (prefix, prefix + _LAST_CHARACTER, glob),
            )
        # Nothing to start from: the whole index of this column is read, the table is not.
        return Clause(f"{column} >= '' AND {column} GLOB ?", (glob,))
