"""Links of a Markdown text, and whether what they point at is there."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

_LINK = re.compile(r"!?\[[^\]]*\]\(\s*<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\s*\)")
_TAGGED = re.compile(r"<(?:a|img)\b[^>]*?\b(?:href|src)=\"([^\"]+)\"")
_FENCE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`[^`\n]*`")
_HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*#*\s*$", re.MULTILINE)
_ANCHOR = re.compile(r"<a\s+(?:id|name)=\"([^\"]+)\"")


def links(markdown: str) -> list[str]:
    """Return the targets of all links and pictures, those inside code left out."""
    text = _CODE.sub("", _FENCE.sub("", markdown))
    return _LINK.findall(text) + _TAGGED.findall(text)


def broken(markdown: str, folder: Path) -> Iterator[str]:
    """Yield what is wrong with each link of a text that stands in `folder`.

    Only links within the repository are followed; nothing is asked of the network.
    """
    for target in links(markdown):
        if re.match(r"[a-z][a-z0-9+.-]*:", target):
            if not target.startswith(("https://", "http://", "mailto:")):
                yield f"the link {target} has an odd scheme"
            continue
        name, _, anchor = target.partition("#")
        if name.startswith("/"):
            yield f"the link {target} is absolute: it leads nowhere on another machine"
            continue
        path = (folder / unquote(name)).resolve() if name else None
        if path is not None and not path.exists():
            yield f"the link {target} leads to nothing"
        elif path is not None and anchor and not _has(path, unquote(anchor)):
            yield f"{name} has no heading for the link {target}"


def _has(path: Path, anchor: str) -> bool:
    return path.suffix not in (".md", ".ipynb") or anchor.lower() in anchors(path)


def anchors(path: Path) -> set[str]:
    """Return the anchors of a Markdown file or notebook, in small letters."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".ipynb":
        cells = json.loads(text)["cells"]
        text = "\n\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown")
    found = {anchor.lower() for anchor in _ANCHOR.findall(text)}
    seen: dict[str, int] = {}
    for heading in _HEADING.findall(_FENCE.sub("", text)):
        name = slug(heading)
        # The second heading of one text gets "-1", as on GitHub.
        found.add(name if name not in seen else f"{name}-{seen[name]}")
        seen[name] = seen.get(name, 0) + 1
    return found


def slug(heading: str) -> str:
    """Return the anchor that GitHub gives a heading."""
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)  # a link counts as its text
    text = re.sub(r"[^\w\- ]", "", text.lower())
    return text.strip().replace(" ", "-")
