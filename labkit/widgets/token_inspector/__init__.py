"""TokenInspector: what is in an access token, what checks it, and what it gives."""

from labkit.widgets.token_inspector.model import TokenInspector

__all__ = ["TokenInspector"]
