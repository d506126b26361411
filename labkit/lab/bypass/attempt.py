"""One way to see what must not be seen, and a run of them all."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from labkit.common.errors import LabkitError
from labkit.lab.bypass.doors import Doors


@dataclass(frozen=True)
class Attempt:
    """One attempt.

    Attributes
    ----------
    name, door
        What it is called, and the door it is made at.
    says
        What is tried, in words.
    act
        Tries, and says whether something of the study was seen.
    before
        What was seen earlier, when it was allowed; it goes into ``doors.memory[name]``.
    """

    name: str
    door: str
    says: str
    act: Callable[[Doors], bool]
    before: Callable[[Doors], Any] | None = None


@dataclass(frozen=True)
class Tried:
    """What came of an attempt."""

    name: str
    target: str
    succeeded: bool
    says: str = ""

    def to_dict(self) -> dict[str, Any]:
        """As ``labkit bypass --json`` has it."""
        return {"name": self.name, "target": self.target, "succeeded": self.succeeded}


def attempt(
    name: str, door: str, before: Callable[[Doors], Any] | None = None
) -> Callable[[Callable[[Doors], bool]], Attempt]:
    """Make an attempt of a function; its docstring says what is tried."""

    def made(act: Callable[[Doors], bool]) -> Attempt:
        return Attempt(name, door, (act.__doc__ or "").strip(), act, before)

    return made


def found_in(module: Mapping[str, Any]) -> tuple[Attempt, ...]:
    """Return the attempts of a module, in the order they are written."""
    return tuple(value for value in module.values() if isinstance(value, Attempt))


def run(doors: Doors, attempts: Iterable[Attempt]) -> list[Tried]:
    """Look around while it is allowed, have the consent withdrawn, and try everything.

    An attempt that cannot be made, since a connection is refused, has not succeeded.
    """
    todo = list(attempts)
    doors.consent(True)
    for each in todo:
        if each.before is not None:
            doors.memory[each.name] = each.before(doors)
    doors.consent(False)
    return [Tried(each.name, each.door, _succeeds(each, doors), each.says) for each in todo]


def _succeeds(each: Attempt, doors: Doors) -> bool:
    try:
        return bool(each.act(doors))
    except (LabkitError, httpx.HTTPError):
        doors.consent(False)  # it may have been given for a moment
        return False
