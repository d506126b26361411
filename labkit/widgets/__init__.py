"""HeaderBrowser, ImageViewer and AssociationTimeline: what is in a file, a picture, on the wire."""

from labkit.widgets.association_timeline import AssociationTimeline
from labkit.widgets.header_browser import HeaderBrowser
from labkit.widgets.image_viewer import ImageViewer

__all__ = ["AssociationTimeline", "HeaderBrowser", "ImageViewer"]
