"""labkit: an imaging enterprise on your own machine, and exercises that check themselves on it.

The names below are all there is at the top; each is loaded when it is first used, so that
``import labkit`` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from labkit.exercises import check, hint, progress, solution
    from labkit.fhir.mapping.folder import map_folder
    from labkit.lab import open_lab
    from labkit.widgets import (
        AssociationTimeline,
        HeaderBrowser,
        ImageViewer,
        MappingWorkbench,
        TokenInspector,
    )

__version__ = "0.1.0"

_HOME = {
    "AssociationTimeline": "labkit.widgets",
    "HeaderBrowser": "labkit.widgets",
    "ImageViewer": "labkit.widgets",
    "MappingWorkbench": "labkit.widgets",
    "TokenInspector": "labkit.widgets",
    "check": "labkit.exercises",
    "hint": "labkit.exercises",
    "map_folder": "labkit.fhir.mapping.folder",
    "open_lab": "labkit.lab",
    "progress": "labkit.exercises",
    "solution": "labkit.exercises",
}

__all__ = [
    "AssociationTimeline",
    "HeaderBrowser",
    "ImageViewer",
    "MappingWorkbench",
    "TokenInspector",
    "check",
    "hint",
    "map_folder",
    "open_lab",
    "progress",
    "solution",
]


def __getattr__(name: str) -> Any:
    """Load a public name from its layer on first use (PEP 562)."""
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    raise AttributeError(f"module 'labkit' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
