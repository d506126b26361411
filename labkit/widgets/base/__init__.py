"""What the widgets share: one class in Python, and theme, DOM and hex view in the browser.

A widget is ``model.py`` (traits, all logic), ``view.js`` (drawing) and ``view.css``. Traits and
messages are the only contract between them: plain data, never a connection or a secret. Each shows
something useful without a browser's JavaScript as well: `LabWidget.fallback`.
"""

from labkit.widgets.base.widget import LabWidget

__all__ = ["LabWidget"]
