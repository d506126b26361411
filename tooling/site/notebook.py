"""A notebook as a page: its text as Markdown, its cells as code, its stored outputs as they are.

mkdocs-jupyter would do it by nbconvert's HTML, whose pages load MathJax and require.js from other
hosts and carry JupyterLab's style sheet, 300 kB each; and mkdocs would not see the links in them.
"""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_SCRIPT = re.compile(r"<script\b.*?</script\s*>|<script\b[^>]*/?>", re.DOTALL | re.IGNORECASE)
_EXERCISE = re.compile(r"# exercise: ([a-z0-9-]+)")
_MOST_LINES = 60
"""An output of more lines is folded."""
OUTPUT = re.compile(r'<div class="nb-output" data-html="([A-Za-z0-9+/=]*)"></div>')


def page_of(path: Path) -> str:
    """Return the Markdown of a notebook's page."""
    cells = json.loads(path.read_text("utf-8"))["cells"]
    download = (
        f'<p class="nb-file"><a href="{path.name}" download>Download this notebook</a> · shown '
        "with the outputs that it was tested with; to work in it: <code>python3 lab.py</code></p>"
    )
    parts = []
    for number, cell in enumerate(cells):
        parts.append("\n\n".join(_cell(cell)))
        if number == 0:
            parts.append(download)
    return "\n\n".join(parts) + "\n"


def filled(page: str) -> str:
    """Put the outputs into the HTML that mkdocs made of a page."""
    return OUTPUT.sub(
        lambda match: f'<div class="nb-output" data-search-exclude>{_decoded(match[1])}</div>', page
    )


def _decoded(text: str) -> str:
    return base64.b64decode(text).decode("utf-8")


def _cell(cell: Mapping[str, Any]) -> Iterator[str]:
    source = "".join(cell["source"])
    if cell["cell_type"] == "markdown":
        yield source
        return
    if cell["cell_type"] != "code" or not source.strip():
        return
    folded = "folded" in cell.get("metadata", {}).get("tags", ())
    if exercise := _EXERCISE.match(source):
        yield f'<p class="nb-exercise" id="exercise-{exercise[1]}">Exercise</p>'
    fence = _fence(source)
    code = f"{fence}python\n{source}\n{fence}"
    if folded:
        inner = "\n".join(f"    {line}".rstrip() for line in code.splitlines())
        yield f'??? note "Gives away the answer above"\n\n{inner}'
    else:
        yield code
    shown = "".join(_output(output) for output in cell.get("outputs", ()))
    if shown:
        # In base64, since Markdown must not read it; `filled` puts it back.
        coded = base64.b64encode(shown.encode("utf-8")).decode("ascii")
        yield f'<div class="nb-output" data-html="{coded}"></div>'


def _fence(source: str) -> str:
    longest = max((len(run) for run in re.findall("`+", source)), default=0)
    return "`" * max(3, longest + 1)


def _output(output: Mapping[str, Any]) -> str:
    kind = output["output_type"]
    if kind == "stream":
        return _text("".join(output["text"]))
    if kind == "error":
        return _text("\n".join(output.get("traceback", ())))
    data = output.get("data", {})
    for media in ("image/png", "image/jpeg"):
        if media in data:
            body = "".join(data[media]).replace("\n", "")
            words = html.escape("".join(data.get("text/plain", "")) or "picture", quote=True)
            return f'<img alt="{words}" loading="lazy" src="data:{media};base64,{body}">\n'
    if "text/html" in data:
        # Every table has a frame of its own, which scrolls where the page is narrow.
        return f'<div class="nb-html">{_SCRIPT.sub("", "".join(data["text/html"]))}</div>\n'
    return _text("".join(data.get("text/plain", "")))


def _text(text: str) -> str:
    text = _ANSI.sub("", text).rstrip("\n")
    shown = f'<pre tabindex="0">{html.escape(text)}</pre>\n'
    lines = text.count("\n") + 1
    if lines > _MOST_LINES:
        return f"<details><summary>{lines} lines</summary>{shown}</details>\n"
    return shown
