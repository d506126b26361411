"""All faults, by name."""

from __future__ import annotations

import difflib

from labkit.common.errors import UsageError
from labkit.lab.faults import association, configuration, data, network
from labkit.lab.faults.model import Fault

FAULTS: dict[str, Fault] = {
    fault.name: fault
    for layer in (network, association, configuration, data)
    for fault in layer.FAULTS
}


def fault(name: str) -> Fault:
    """Return a fault by its name.

    Raises
    ------
    UsageError
        There is none; says which names are close.
    """
    known = str(name).strip().lower().replace("_", "-")
    if known not in FAULTS:
        close = difflib.get_close_matches(known, FAULTS, n=3) or list(FAULTS)[:3]
        raise UsageError(
            f"There is no fault {name!r}.",
            remedy=f"Did you mean {', '.join(close)}? lab.faults.list() has them all.",
        )
    return FAULTS[known]
