"""ProxyTrace: each HTTP request beside the DIMSE messages that it caused."""

from labkit.widgets.proxy_trace.model import ProxyTrace

__all__ = ["ProxyTrace"]
