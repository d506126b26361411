"""A deck as one HTML file: text, pictures, style and viewer are all in it."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from importlib.resources import files
from typing import Any

from labkit.workshop.slides.cutting import Section, Slide

_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_SCRIPT = re.compile(r"<script\b.*?</script\s*>|<script\b[^>]*/?>", re.DOTALL | re.IGNORECASE)
_LINK = re.compile(r"(!?)\[([^\]]*)\]\((?!https://)[^)\s]*\)")
_CODE = re.compile(r"(```.*?```|`[^`\n]+`)", re.DOTALL)
_PAGE = """\
<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; \
style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<title>{title}</title>
<style>
{style}
</style>
</head>
<body>
<main id="deck" aria-label="Slides">
{slides}
</main>
<nav id="bar" aria-label="Slides">
<button id="back" title="Back (←)" aria-label="Back">‹</button>
<span id="where" role="status"></span>
<button id="on" title="On (space)" aria-label="On">›</button>
<button id="all" title="All slides (o)">All</button>
<button id="speak" title="Speaker's window (s)">Notes</button>
</nav>
<script>
{script}
</script>
</body>
</html>
"""


def page(sections: Sequence[Section], language: str = "en") -> str:
    """Return the deck of a notebook's sections.

    The same notebook gives the same bytes.
    """
    from pygments.formatters import HtmlFormatter  # type: ignore[import-untyped]

    here = files("labkit.workshop.slides")
    colours = HtmlFormatter(style="default").get_style_defs(".code")
    dark = HtmlFormatter(style="github-dark").get_style_defs(".code")
    style = (here / "viewer.css").read_text("utf-8") + colours
    style += f"\n@media (prefers-color-scheme: dark) {{\n{dark}\n}}\n"
    made = []
    for across, section in enumerate(sections):
        for down, slide in enumerate(section.slides):
            made.append(_slide(section, slide, across, down))
    return _PAGE.format(
        language=html.escape(language), title=html.escape(_plain(sections[0].title)), style=style,
        script=(here / "viewer.js").read_text("utf-8"), slides="\n".join(made),
    )  # fmt: skip


def _slide(section: Section, slide: Slide, across: int, down: int) -> str:
    kind = "title" if across == 0 and down == 0 else "exercise" if slide.exercise else "plain"
    level = "h1" if across == 0 and down == 0 else "h2"
    title = _inline(section.title)
    word = '<p class="mark">Exercise</p>' if slide.exercise else ""
    parts = [word, _markdown(slide.text), _highlighted(slide.code)]
    parts += [_output(output) for output in slide.outputs]
    notes = _worded(section.notes.strip()) if down == 0 else ""
    aside = f"<aside hidden>{html.escape(notes)}</aside>" if notes else ""
    return (
        f'<section class="{kind}" data-at="{across}/{down}" tabindex="-1" aria-label="Slide '
        f'{across + 1}.{down + 1}"><div class="fit"><{level}>{title}</{level}>'
        f"{''.join(parts)}</div>{aside}</section>"
    )


def _markdown(text: str) -> str:
    """Make HTML of Markdown; what leads to a file of the workbook is words, for it is not here."""
    if not text:
        return ""
    import mistune

    render = mistune.create_markdown(plugins=["table", "strikethrough"])
    return f'<div class="text">{render(_worded(text))}</div>'


def _worded(text: str) -> str:
    parts = _CODE.split(text)
    return "".join(part if at % 2 else _LINK.sub(r"\2", part) for at, part in enumerate(parts))


def _inline(text: str) -> str:
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(_LINK.sub(r"\2", text)))


def _plain(text: str) -> str:
    return _LINK.sub(r"\2", text).replace("`", "")


def _highlighted(source: str) -> str:
    if not source:
        return ""
    from pygments import highlight  # type: ignore[import-untyped]
    from pygments.formatters import HtmlFormatter
    from pygments.lexers import PythonLexer  # type: ignore[import-untyped]

    made: str = highlight(source, PythonLexer(), HtmlFormatter(cssclass="code"))
    return made


def _output(output: Any) -> str:
    data = output.get("data", {})
    for media in ("image/png", "image/jpeg"):
        if media in data:
            words = html.escape("".join(data.get("text/plain", "")) or "picture", quote=True)
            body = "".join(data[media]).replace("\n", "")
            return f'<img alt="{words}" src="data:{media};base64,{body}">'
    if "text/html" in data:
        return f'<div class="out">{_SCRIPT.sub("", "".join(data["text/html"]))}</div>'
    text = "".join(output.get("text", "") or data.get("text/plain", ""))
    if output.get("output_type") == "error":
        text = "\n".join(output.get("traceback", ()))
    return f"<pre class='out'>{html.escape(_ANSI.sub('', text).rstrip())}</pre>"
