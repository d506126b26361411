"""ImageViewer: scroll, window, zoom, measure, and read the values of pictures."""

from labkit.widgets.image_viewer.model import ImageViewer

__all__ = ["ImageViewer"]
