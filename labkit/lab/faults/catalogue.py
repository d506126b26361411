"""All faults, by name."""

from __future__ import annotations

import difflib
from collections.abc import Mapping

from labkit.common.errors import UsageError
from labkit.lab.containers.compose import SERVED
from labkit.lab.containers.reach import beyond
from labkit.lab.faults import association, configuration, data, network
from labkit.lab.faults.model import Fault

FAULTS: dict[str, Fault] = {
    fault.name: fault
    for layer in (network, association, configuration, data)
    for fault in layer.FAULTS
}


def acts(one: Fault, kinds: Mapping[str, str]) -> bool:
    """Whether a fault can be injected where products stand in the place of nodes.

    Parameters
    ----------
    kinds
        The product by the name of the node; empty on the embedded lab.
    """
    return kinds.get("ARCHIVE") not in one.not_with and not any(
        beyond(kinds[node], values) for node, values in one.settings.items() if node in kinds
    )


def backends(one: Fault) -> list[str]:
    """Return the names of the back ends on which a fault acts."""
    kinds = {node: kind for node, (_, kind, _, _) in SERVED.items()}
    return ["embedded", *(["containers"] if acts(one, kinds) else [])]


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
