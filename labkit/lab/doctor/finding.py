"""One layer of one node, and what was found there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from labkit.common.errors import LabkitError

OK, FAILED, SKIPPED = "ok", "failed", "skipped"

Check = tuple[str, Callable[[], str]]
"""The name of a layer, and what examines it: it returns what it found, or raises."""


@dataclass(frozen=True)
class Finding:
    """What was found.

    Attributes
    ----------
    node, layer
        Where.
    state
        `OK`, `FAILED`, or `SKIPPED`: cannot be examined, and need not be.
    said
        What was found, one line.
    remedy
        What to change, and who has to; of a failure.
    entry
        What the administrator of the other side has to enter, line by line.
    """

    node: str
    layer: str
    state: str
    said: str
    remedy: str = ""
    entry: tuple[str, ...] = ()

    @property
    def lines(self) -> list[str]:
        """It in words."""
        word = {OK: "ok", FAILED: "FAILED", SKIPPED: "skipped"}[self.state]
        lines = [f"  {word:8}{self.layer:13}{self.said}"]
        if self.remedy:
            lines.append(f"  {'':21}-> {self.remedy}")
        return [*lines, *(f"  {'':24}{line}" for line in self.entry)]

    def to_json(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {**asdict(self), "entry": list(self.entry)}


class LayerFails(LabkitError):
    """A layer does not work; may carry the entry that would mend it."""

    def __init__(self, message: str, *, remedy: str, entry: Sequence[str] = ()) -> None:
        super().__init__(message, remedy=remedy)
        self.entry = tuple(entry)


class LayerSkipped(LabkitError):
    """A layer cannot be examined here, which is no fault."""


def examined(node: str, checks: Sequence[Check]) -> Iterator[Finding]:
    """Examine one layer after the other, until one fails."""
    for layer, check in checks:
        try:
            yield Finding(node, layer, OK, check())
        except LayerSkipped as error:
            yield Finding(node, layer, SKIPPED, error.message)
        except LabkitError as error:
            entry = getattr(error, "entry", ())
            yield Finding(node, layer, FAILED, error.message, error.remedy, entry)
            return
        except Exception as error:  # an answer that no library can read must not end the round
            said = f"what it answered cannot be read ({type(error).__name__})"
            yield Finding(node, layer, FAILED, said, "The server's administrator: read its log.")
            return
