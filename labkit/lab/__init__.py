"""The enterprise on the learner's machine: start it, join it, break it, put it back.

::

    lab = labkit.open_lab()          # joins the running lab of this workspace, or starts it
    lab.archive                      # a node: something to talk to with labkit.dimse
    lab.stop_node("ARCHIVE")         # break it ...
    lab.reset()                      # ... and put everything back

Names are loaded when first used: the command line must not wait for what it does not need.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from labkit.lab.health import Health, NodeHealth
    from labkit.lab.logtext import LogText
    from labkit.lab.nodes import Node
    from labkit.lab.open import open_lab
    from labkit.lab.protocol import Lab, Mark
    from labkit.lab.workspace import Workspace

_HOME = {
    "Health": "health",
    "Lab": "protocol",
    "LogText": "logtext",
    "Mark": "protocol",
    "Node": "nodes",
    "NodeHealth": "health",
    "Workspace": "workspace",
    "open_lab": "open",
}

__all__ = ["Health", "Lab", "LogText", "Mark", "Node", "NodeHealth", "Workspace", "open_lab"]


def __getattr__(name: str) -> Any:
    """Load a name from its module on first use (PEP 562)."""
    if name in _HOME:
        return getattr(import_module(f"labkit.lab.{_HOME[name]}"), name)
    raise AttributeError(f"module 'labkit.lab' has no attribute {name!r}")
