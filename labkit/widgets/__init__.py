"""What is in a file, a picture, a token, a trail, on the wire; what a mapping makes of it."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from labkit.widgets.association_timeline import AssociationTimeline
from labkit.widgets.audit_trail import AuditTrail
from labkit.widgets.header_browser import HeaderBrowser
from labkit.widgets.image_viewer import ImageViewer
from labkit.widgets.proxy_trace import ProxyTrace

if TYPE_CHECKING:
    from labkit.widgets.consent_switch import ConsentSwitch
    from labkit.widgets.mapping_workbench import MappingWorkbench
    from labkit.widgets.network_map import NetworkMap
    from labkit.widgets.token_inspector import TokenInspector

_LATER = {
    "ConsentSwitch": "labkit.widgets.consent_switch",
    "MappingWorkbench": "labkit.widgets.mapping_workbench",
    "NetworkMap": "labkit.widgets.network_map",
    "TokenInspector": "labkit.widgets.token_inspector",
}
"""Widgets that are loaded when they are asked for: they bring other layers with them."""

__all__ = [
    "AssociationTimeline",
    "AuditTrail",
    "ConsentSwitch",
    "HeaderBrowser",
    "ImageViewer",
    "MappingWorkbench",
    "NetworkMap",
    "ProxyTrace",
    "TokenInspector",
]


def __getattr__(name: str) -> Any:
    """Load a widget that brings more with it (PEP 562)."""
    if name in _LATER:
        return getattr(import_module(_LATER[name]), name)
    raise AttributeError(f"module 'labkit.widgets' has no attribute {name!r}")
