"""The pages of the rooms: a code, and what the instructor sees. HTML without a script."""

from __future__ import annotations

import html
from collections.abc import Iterable
from urllib.parse import quote

from labkit.workshop.rooms.house import State
from labkit.workshop.rooms.record import Room

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'; "
        # A form may lead on to a JupyterLab, which is at another port.
        "form-action 'self' http:"
    ),
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
_STYLE = """
:root { color-scheme: light dark; --ink: #1f2328; --soft: #57606a; --line: #d0d7de;
  --paper: #fff; --act: #0b5cad; --on-act: #fff; --well: #1a6b2f; --ill: #b42318 }
@media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --soft: #9da7b3; --line: #30363d;
  --paper: #0d1117; --act: #6cb6ff; --on-act: #0d1117; --well: #56d364; --ill: #ff8e86 } }
* { box-sizing: border-box }
body { font: 16px/1.5 system-ui, sans-serif; margin: 0 auto; padding: 2rem 1rem 3rem;
  color: var(--ink); background: var(--paper) }
main { max-width: 64rem; margin: 0 auto } main.narrow { max-width: 26rem; padding-top: 8vh }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 .5rem } p { margin: .5rem 0 }
label { display: block; font-weight: 600; margin: 1.5rem 0 .35rem }
input { font: 1.4rem/1.2 ui-monospace, monospace; letter-spacing: .08em; width: 100%;
  padding: .6rem .75rem; color: inherit; background: transparent; border: 1px solid var(--soft);
  border-radius: 6px }
button, .button { display: inline-block; font: inherit; font-weight: 600; padding: .6rem 1.4rem;
  margin-top: .75rem; border: 0; border-radius: 6px; background: var(--act); color: var(--on-act);
  text-decoration: none; cursor: pointer }
a { color: var(--act) } :focus-visible { outline: 3px solid #c77700; outline-offset: 2px }
.bad { border-left: 4px solid var(--ill); padding: .25rem 0 .25rem .75rem; margin: 1rem 0 }
.soft { color: var(--soft) }
.wide { overflow-x: auto; margin-top: 1.5rem }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; vertical-align: top; padding: .5rem 1rem .5rem 0;
  border-bottom: 1px solid var(--line) }
th { font-weight: 600; white-space: nowrap } thead th { color: var(--soft) }
code { font: 1rem ui-monospace, monospace; white-space: nowrap }
.well { color: var(--well); font-weight: 600 } .ill { color: var(--ill); font-weight: 600 }
@media print { .button, a.open { display: none } :root { --ink: #000; --paper: #fff } }
"""


def code_page(title: str, *, instructor: bool = False, problem: str = "") -> str:
    """Ask for a code."""
    who = "Instructor's page" if instructor else "Type the code you were given"
    field = "Instructor's code" if instructor else "Your code"
    said = f'<p class="bad" role="alert">{html.escape(problem)}</p>' if problem else ""
    return _page(
        title,
        f"""<main class="narrow"><h1>{html.escape(title)}</h1><p class="soft">{who}.</p>{said}
<form method="post"><label for="code">{field}</label>
<input id="code" name="code" autocomplete="off" autocapitalize="none" spellcheck="false"
 maxlength="40" required autofocus aria-describedby="how">
<p id="how" class="soft">Hyphens, spaces and capitals do not matter.</p>
<button type="submit">{"Show the rooms" if instructor else "Open my lab"}</button></form></main>""",
    )


def trouble_page(title: str, problem: str) -> str:
    """Say that a room could not be opened."""
    return _page(
        title,
        f"""<main class="narrow"><h1>Your lab could not be opened</h1>
<p class="bad" role="alert">{html.escape(problem)}</p>
<p>Tell your instructor, then <a href="/">try again</a>. What you have done is kept.</p></main>""",
    )


def rooms_page(title: str, where: str, rooms: Iterable[tuple[Room, State]]) -> str:
    """Show the instructor every room: its code, the way in, how its lab is.

    Parameters
    ----------
    where
        What learners open.
    """
    every = list(rooms)
    well = sum(state.lab == "well" and state.jupyter for _, state in every)
    rows = "".join(_row(room, state) for room, state in every)
    return _page(
        title,
        f"""<main><h1>{html.escape(title)}</h1>
<p>Learners open <code>{html.escape(where)}</code> and type their code.</p>
<p><strong>{well} of {len(every)}</strong> rooms are well.</p>
<p><a class="button" href="/instructor">Ask again</a></p>
<div class="wide" tabindex="0" role="region" aria-label="Rooms"><table><thead><tr>
<th scope="col">Learner</th><th scope="col">Code</th><th scope="col">JupyterLab</th>
<th scope="col">Lab</th><th scope="col">What it says</th></tr></thead>
<tbody>{rows}</tbody></table></div></main>""",
    )


def _row(room: Room, state: State) -> str:
    there = _word("answers", good=True) if state.jupyter else _word("does not answer", good=False)
    name = html.escape(room.name)
    return (
        f'<tr><th scope="row">{name}</th><td><code>{html.escape(room.code)}</code></td>'
        f'<td>{there} <a class="open" href="/instructor/room/{quote(room.name)}">open'
        f"<span hidden> the room of {name}</span></a></td>"
        f"<td>{_word(state.lab, good=state.lab == 'well')}</td>"
        f"<td>{html.escape(state.said)}</td></tr>"
    )


def _word(word: str, *, good: bool) -> str:
    return f'<span class="{"well" if good else "ill"}">{html.escape(word)}</span>'


def _page(title: str, body: str) -> str:
    return f"""<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{html.escape(title)}</title><style>{_STYLE}</style></head><body>{body}</body></html>"""
