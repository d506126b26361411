"""What mkdocs calls while it builds."""

from __future__ import annotations

import inspect
from typing import Any

from tooling.site.notebook import filled


def on_config(config: Any, **_: Any) -> Any:
    """Let mkdocstrings 1.0 work with pymdown-extensions 12, whose Highlight wants `md` too."""
    from mkdocstrings._internal.handlers import rendering
    from pymdownx.highlight import Highlight  # type: ignore[import-untyped]

    ours = rendering.Highlighter
    if "md" in inspect.signature(Highlight).parameters and Highlight in ours.__bases__:

        class WithMarkdown(Highlight):  # type: ignore[misc]
            def __init__(self, **options: Any) -> None:
                super().__init__(self.md, **options)

        def begin(self: Any, md: Any) -> None:
            self.md = md
            first(self, md)

        first = ours.__init__
        ours.__bases__ = (WithMarkdown,)
        ours.__init__ = begin  # type: ignore[method-assign]
    return config


def on_page_content(html: str, **_: Any) -> str:
    """Put the outputs of a notebook where they belong."""
    return filled(html)
