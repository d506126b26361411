"""Join a widget's JavaScript modules into the one module that anywidget loads: no build, no node.

The files are ordinary ES modules, so an editor, a linter and a browser understand them. Joining
follows ``import { … } from "./file.js";``, puts what is imported first, and drops the import lines
and the word ``export``; only the entry keeps its ``export default``. Top-level names must therefore
differ between the files of a widget; the browser refuses the module if they do not.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

_IMPORT = re.compile(r'^import \{[^}]*\} from "(\.[^"]+)";\n', re.M)
_EXPORT = re.compile(r"^export (?=(?:async )?function|class|const|let)", re.M)


@cache
def bundle_js(entry: Path) -> str:
    """Return `entry` and all it imports as one ES module."""
    done: list[Path] = []
    parts: list[str] = []

    def add(file: Path) -> None:
        if file in done:
            return
        done.append(file)
        text = file.read_text("utf-8")
        for found in _IMPORT.finditer(text):
            add((file.parent / found[1]).resolve())
        parts.append(f"// {file.parent.name}/{file.name}\n{_EXPORT.sub('', _IMPORT.sub('', text))}")

    add(entry.resolve())
    return "\n".join(parts)


@cache
def bundle_css(folder: Path) -> str:
    """Return the shared style sheets, then the widget's own."""
    shared = Path(__file__).parent
    files = [*sorted(shared.glob("*.css")), folder / "view.css"]
    return "\n".join(file.read_text("utf-8") for file in files)
