"""The frame of the report's pages: one file each, nothing loaded from anywhere, fit to print."""

from __future__ import annotations

from html import escape

_STYLE = """
:root { color-scheme: light dark; --ink: #1b1b1f; --paper: #fff; --soft: #f2f3f6; --line: #b9bcc6;
  --dim: #50535e; --good: #14602f; --bad: #9b1c1c; --look: #7a4b00; --link: #0b4fa8; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8e8ec; --paper: #17181c; --soft: #22242a;
  --line: #565a66; --dim: #b4b7c2; --good: #8fd8a8; --bad: #ff9d9d; --look: #f0c070; --link: #8fbcff; } }
* { box-sizing: border-box; }
body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper);
  max-width: 60rem; margin: 0 auto; padding: 1.5rem 1rem 3rem; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 .25rem; }
h2 { font-size: 1.2rem; margin: 2rem 0 .75rem; padding-bottom: .25rem; border-bottom: 1px solid var(--line); }
h3 { font-size: 1rem; margin: 0; }
p { margin: .4rem 0; } a { color: var(--link); }
.dim { color: var(--dim); } .sum { font-size: 1.1rem; }
.card { border: 1px solid var(--line); border-left-width: 5px; border-radius: 4px;
  padding: .7rem .9rem; margin: .7rem 0; break-inside: avoid; }
.head { display: flex; flex-wrap: wrap; gap: .2rem 1rem; justify-content: space-between; align-items: baseline; }
.word { font-weight: 600; white-space: nowrap; }
.passed { border-left-color: var(--good); } .passed .word { color: var(--good); }
.failed { border-left-color: var(--bad); } .failed .word { color: var(--bad); }
.review, .unchecked { border-left-color: var(--look); }
.review .word, .unchecked .word { color: var(--look); }
dl { display: grid; grid-template-columns: 7rem 1fr; gap: .15rem 1rem; margin: .5rem 0 0; }
dt { color: var(--dim); } dd { margin: 0; overflow-wrap: anywhere; }
.wide { overflow-x: auto; } table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .35rem .9rem .35rem 0; border-bottom: 1px solid var(--line); }
thead th { white-space: nowrap; } .num { text-align: right; white-space: nowrap; }
code { background: var(--soft); padding: 0 .25em; border-radius: 3px; overflow-wrap: anywhere; }
@media (max-width: 36rem) { dl { grid-template-columns: 1fr; gap: 0; } dd { margin-bottom: .35rem; } }
@media print { :root { --ink: #000; --paper: #fff; --soft: #fff; --dim: #333; --line: #888;
  --good: #000; --bad: #000; --look: #000; --link: #000; } body { font-size: 10pt; padding: 0; max-width: none; }
  @page { margin: 15mm; } .wide { overflow: visible; } }
"""  # noqa: E501


def page(title: str, body: str, *, language: str = "en") -> str:
    """Return a whole page; `title` is text, `body` is HTML."""
    return (
        f'<!doctype html>\n<html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        "style-src 'unsafe-inline'\">"
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head>"
        f"<body><main>{body}</main></body></html>\n"
    )


def pairs(rows: list[tuple[str, str]]) -> str:
    """Return labels (text) and values (HTML) as a list; an empty value is left out."""
    body = "".join(f"<dt>{escape(k)}</dt><dd>{v}</dd>" for k, v in rows if v)
    return f"<dl>{body}</dl>" if body else ""


def table(caption: str, head: list[str], rows: list[list[str]], numbers: frozenset[int]) -> str:
    """Return a table of HTML cells; `numbers` are the columns set to the right."""

    def kind(at: int) -> str:
        return ' class="num"' if at in numbers else ""

    heads = "".join(f'<th scope="col"{kind(n)}>{escape(h)}</th>' for n, h in enumerate(head))
    body = "".join(
        "<tr>"
        + "".join(
            f'<th scope="row">{c}</th>' if n == 0 else f"<td{kind(n)}>{c}</td>"
            for n, c in enumerate(row)
        )
        + "</tr>"
        for row in rows
    )
    return (
        f'<div class="wide" role="region" aria-label="{escape(caption)}" tabindex="0">'
        f"<table><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def text(value: str) -> str:
    """Return text as HTML, line ends kept."""
    return "<br>".join(escape(line) for line in value.splitlines())
