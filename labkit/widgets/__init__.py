"""What is in a file, in a picture, on the wire, in a trail; what a mapping and a façade make."""

from typing import TYPE_CHECKING, Any

from labkit.widgets.association_timeline import AssociationTimeline
from labkit.widgets.audit_trail import AuditTrail
from labkit.widgets.header_browser import HeaderBrowser
from labkit.widgets.image_viewer import ImageViewer
from labkit.widgets.proxy_trace import ProxyTrace

if TYPE_CHECKING:
    from labkit.widgets.mapping_workbench import MappingWorkbench

__all__ = [
    "AssociationTimeline", "AuditTrail", "HeaderBrowser", "ImageViewer", "MappingWorkbench",
    "ProxyTrace",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """Load the workbench when it is asked for (PEP 562): it brings FHIR with it."""
    if name == "MappingWorkbench":
        from labkit.widgets.mapping_workbench import MappingWorkbench

        return MappingWorkbench
    raise AttributeError(f"module 'labkit.widgets' has no attribute {name!r}")
