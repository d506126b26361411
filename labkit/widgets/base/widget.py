"""The class under every widget."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import anywidget

from labkit.common.errors import LabkitError
from labkit.widgets.base.bundle import bundle_css, bundle_js


class LabWidget(anywidget.AnyWidget):  # type: ignore[misc]
    """A widget made of ``view.js`` and ``view.css`` in its `folder`.

    The view may send ``{"kind": …}``; `handlers` says which method answers which kind.
    """

    folder: ClassVar[Path]

    def __init__(self, **traits: object) -> None:
        super().__init__(**traits)
        self.on_msg(self._receive)

    @property
    def _esm(self) -> str:  # read when a widget is made, not at import
        return bundle_js(self.folder / "view.js")

    @property
    def _css(self) -> str:
        return bundle_css(self.folder)

    def summary(self) -> str:
        """Say in a few words what is shown; it must be the same each time."""
        return ""

    def fallback(self) -> dict[str, object]:
        """Return what a page without widgets shows instead, by MIME type."""
        return {}

    def handlers(self) -> dict[str, Callable[[dict[str, Any]], None]]:
        """Return the methods that answer messages of the view, by their ``kind``."""
        return {}

    def _receive(self, _widget: object, content: object, _buffers: object) -> None:
        if not isinstance(content, dict):
            return
        handler = self.handlers().get(str(content.get("kind")))
        if handler is None:
            return
        try:
            handler(content)
        except LabkitError as error:  # shown in the view: a traceback would go to a log
            self.send({"kind": "error", "about": content["kind"], "message": error.message,
                       "remedy": error.remedy})  # fmt: skip

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.summary()})"

    def _repr_mimebundle_(self, **kwargs: object) -> Any:
        bundle = super()._repr_mimebundle_(**kwargs)
        if bundle is None:  # closed
            return None
        data, metadata = bundle
        return {**data, "text/plain": repr(self), **self.fallback()}, metadata
