"""When a row counts: ``SOPClassUID in 1.2.840…|1.2.840…``, ``has StudyDate``, ``no SeriesDate``.

Joined by ``and``. ``otherwise`` is for the engine: no row above with the same path gave a value.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from labkit.common.errors import UsageError
from labkit.fhir.mapping.elements import Field, Source, parse_source

OTHERWISE = "otherwise"


@dataclass(frozen=True)
class Test:
    """One term: ``in``, ``not in``, ``has`` or ``no``."""

    verb: str
    source: Source
    values: tuple[str, ...] = ()

    def holds(self, field: Field) -> bool:
        """Whether it holds for the values of its source."""
        if self.verb == "has":
            return bool(field)
        if self.verb == "no":
            return not field
        found = any(str(value) in self.values for value in field or ())
        return found == (self.verb == "in")


@lru_cache(maxsize=1024)
def parse_condition(text: str) -> tuple[Test, ...]:
    """Read a condition; ``""`` and ``otherwise`` have no terms.

    Raises
    ------
    UsageError
        Not of one of the four forms.
    """
    terms = [t.strip() for t in text.split(" and ")] if text.strip() else []
    return tuple(_term(t) for t in terms if t != OTHERWISE)


def _term(text: str) -> Test:
    words = text.split()
    if len(words) == 2 and words[0] in ("has", "no"):
        return Test(words[0], parse_source(words[1]))
    if len(words) > 2 and words[1] == "in":
        return Test("in", parse_source(words[0]), _options(words[2:]))
    if len(words) > 3 and words[1:3] == ["not", "in"]:
        return Test("not in", parse_source(words[0]), _options(words[3:]))
    raise UsageError(
        f"{text!r} is no condition",
        remedy="write 'Modality in CT|MR', 'Modality not in SR|KO', 'has StudyDate' or 'no X'",
    )


def _options(words: list[str]) -> tuple[str, ...]:
    return tuple(option.strip() for option in " ".join(words).split("|"))


def holds(tests: tuple[Test, ...], values: Callable[[Source], Field]) -> bool:
    """Whether all terms hold for the fields that `values` returns."""
    return all(test.holds(values(test.source)) for test in tests)
