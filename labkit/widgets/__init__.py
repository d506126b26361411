"""HeaderBrowser, ImageViewer and AssociationTimeline: what is in a file, a picture, on the wire."""

from labkit.widgets.header_browser import HeaderBrowser

__all__ = ["HeaderBrowser"]
