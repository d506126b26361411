"""What an instructor does to the labs of many learners at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from difflib import get_close_matches

from labkit.common.errors import UsageError
from labkit.lab import launch
from labkit.lab.remote import Control
from labkit.workshop.release import Workshop
from labkit.workshop.rooms.together import Outcome, together

PATIENCE = 60.0
"""Seconds that one lab may take; a reset that seeds anew takes about five."""


def break_(workshop: Workshop, fault: str, names: Sequence[str]) -> list[Outcome]:
    """Inject a fault of the catalogue into labs.

    Raises
    ------
    UsageError
        There is no such fault; no lab was touched.
    """
    from labkit.lab.faults.catalogue import FAULTS

    if fault not in FAULTS:
        close = get_close_matches(fault, FAULTS, n=3)
        meant = f"Did you mean {' or '.join(close)}? " if close else ""
        raise UsageError(
            f"There is no fault {fault!r}.", remedy=f"{meant}`labkit faults list` shows them all."
        )

    def act(control: Control) -> str:
        control.call("POST", "/faults/inject", {"name": fault})
        return f"{fault} is active"

    return _each(workshop, names, act)


def mend(workshop: Workshop, names: Sequence[str]) -> list[Outcome]:
    """Take all faults of labs away: each is as it was before."""

    def act(control: Control) -> str:
        control.call("POST", "/faults/clear")
        return "no fault is active"

    return _each(workshop, names, act)


def reset(workshop: Workshop, names: Sequence[str]) -> list[Outcome]:
    """Put labs back to their first state; what learners have solved and written is kept."""

    def act(control: Control) -> str:
        control.call("POST", "/reset")
        return "in its first state"

    return _each(workshop, names, act)


def _each(workshop: Workshop, names: Sequence[str], act: Callable[[Control], str]) -> list[Outcome]:
    def ask(name: str) -> str:
        found = launch.joined(workshop.workspace(name))
        return act(Control(found, timeout=PATIENCE))

    return together(names, ask, patience=PATIENCE)
