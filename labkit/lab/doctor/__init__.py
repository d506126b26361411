"""``labkit doctor``: is each server there, does it know us, and what is to be changed by whom?

Each node is examined layer by layer, from its name upwards, and the first layer that fails ends it:
what lies above cannot work either. Numbers are shown, never what was found.

::

    for finding in diagnose("labkit.toml"):      # or diagnose(open_lab())
        finding.node, finding.layer, finding.state, finding.said, finding.remedy

Names are loaded when first used: the command line must not wait for what it does not need.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from labkit.lab.doctor.examine import diagnose, findings, plan_of_lab, plan_of_own
    from labkit.lab.doctor.finding import Finding

_HOME = {
    "Finding": "finding", "diagnose": "examine", "findings": "examine", "plan_of_lab": "examine",
    "plan_of_own": "examine",
}  # fmt: skip

__all__ = ["Finding", "diagnose", "findings", "plan_of_lab", "plan_of_own"]


def __getattr__(name: str) -> Any:
    """Load a name from its module on first use (PEP 562)."""
    if name in _HOME:
        return getattr(import_module(f"labkit.lab.doctor.{_HOME[name]}"), name)
    raise AttributeError(f"module 'labkit.lab.doctor' has no attribute {name!r}")
