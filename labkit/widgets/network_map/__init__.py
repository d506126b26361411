"""NetworkMap: the sites and lines of an exchange, and what flows over them."""

from labkit.widgets.network_map.model import NetworkMap

__all__ = ["NetworkMap"]
