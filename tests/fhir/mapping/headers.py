"""The headers of the golden suite, for other tests too."""

from __future__ import annotations

from benchmarks.golden.headers import CT, ROOT, code, header, item, rejection

__all__ = ["CT", "ROOT", "code", "header", "item", "rejection"]
