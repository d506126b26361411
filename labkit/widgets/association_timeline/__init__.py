"""AssociationTimeline: what two DICOM applications said to each other, in the order of time."""

from labkit.widgets.association_timeline.model import AssociationTimeline

__all__ = ["AssociationTimeline"]
