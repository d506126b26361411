"""HeaderBrowser: the header of a data set as a tree that can be searched, compared and edited."""

from labkit.widgets.header_browser.model import HeaderBrowser

__all__ = ["HeaderBrowser"]
