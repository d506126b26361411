"""The portal's pages: plain HTML, no script; every word that comes from somewhere is escaped."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence

from labkit.exchange.portal.model import HELD, DocumentView, Share, StudyView, View

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 56rem; margin: 1.5rem auto;
  padding: 0 1rem; color: #1f2328; background: #fff }
h1 { font-size: 1.4rem } h2 { font-size: 1.15rem } a { color: #0b5cad }
table { border-collapse: collapse; width: 100% } caption { text-align: left; font-weight: 600 }
th, td { text-align: left; padding: .35rem .6rem .35rem 0; border-bottom: 1px solid #8c959f;
  vertical-align: top } label { display: block; margin: .5rem 0 }
input { font: inherit; padding: .4rem; border: 1px solid #57606a; border-radius: 4px }
button { font: inherit; padding: .4rem 1rem; border: 1px solid #1f2328; border-radius: 4px;
  background: #f6f8fa } ul.images { list-style: none; padding: 0; display: flex; flex-wrap: wrap;
  gap: .6rem } img { max-width: 100%; background: #000; border: 1px solid #8c959f }
:focus-visible { outline: 3px solid #b35c00; outline-offset: 2px }
.note { border-left: 4px solid #b42318; padding-left: .7rem }
@media (prefers-color-scheme: dark) { body { color: #e6edf3; background: #0d1117 }
  a { color: #6cb6ff } button, input { background: #21262d; color: #e6edf3 } }
"""
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; base-uri 'none'; "
        "frame-ancestors 'none'; form-action 'self'"
    ),
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}
THUMB = 192
"""Pixels of the edge of a small picture."""


def patient_page(view: View, shares: Iterable[Share], form: str) -> str:
    """Show what there is of a patient."""
    studies = _table(
        "Studies", ("Date", "Kind", "Study", "Images"),
        [(_text(s.started[:10] or "not told"), _text(", ".join(s.modalities)),
          f'<a href="/studies/{_text(s.StudyInstanceUID)}">'
          f'{_text(s.description or "Study without description")}</a>', _places(s))
         for s in view.studies],
    )  # fmt: skip
    rows = [(_text(d.date[:10] or "not told"), _text(d.status), _document(d))
            for d in (*view.reports, *view.documents)]  # fmt: skip
    papers = _table("Reports and documents", ("Date", "Status", "Document"), rows)
    links = _table(
        "Links that were given to others", ("For", "Study", "State", "End it"),
        [(_text(s.name), f"<code>{_text(s.StudyInstanceUID)}</code>", _text(s.state),
          _revoke(s, form)) for s in shares],
    )  # fmt: skip
    holes = "".join(f'<p class="note" role="alert">Not complete: {_text(text)}.</p>'
                    for text in view.unanswered)  # fmt: skip
    leave = _form("/leave", form, "Log out")
    return page(f"Images of {view.name}", f"{holes}{studies}{papers}{links}{leave}")


def study_page(study: StudyView, form: str, *, shared: bool = False) -> str:
    """Show one study and its pictures."""
    base = "/shared" if shared else f"/studies/{_text(study.StudyInstanceUID)}"
    pictures = "".join(
        f'<li><a href="{base}/images/{_text(series)}/{_text(sop)}"><img width="{THUMB}" '
        f'height="{THUMB}" loading="lazy" src="{base}/images/{_text(series)}/{_text(sop)}?small=1" '
        f'alt="Image {number} of {len(study.images)}: {_text(study.description or "study")}">'
        "</a></li>"
        for number, (series, sop) in enumerate(study.images, start=1)
    )
    shown = f'<ul class="images">{pictures}</ul>' if pictures else "<p>No picture can be shown.</p>"
    about = (
        f"<p>{_text(', '.join(study.modalities))}, {_text(study.started[:10] or 'date not told')}. "
        f"Images: {_places(study)}.</p><p>For orientation, not for diagnosis.</p>"
    )
    share = "" if shared else _share_form(study, form)
    way = "" if shared else '<p><a href="/">All studies</a></p>'
    leave = _form("/leave", form, "Close")
    return page(study.description or "Study", f"{about}{shown}{share}{way}{leave}")


def shared_page(share: Share) -> str:
    """Show a new link: this once."""
    return page(
        "The link is made",
        f"<p>For {_text(share.name)}. Send the link by one way and the passcode by another, such "
        f"as by telephone. Neither is shown again.</p><p>Link: <code>{_text(share.url)}</code></p>"
        f'<p>Passcode: <code>{_text(share.passcode)}</code></p><p><a href="/">All studies</a></p>',
    )


def passcode_page(problem: str = "") -> str:
    """Ask who has a link for its passcode."""
    said = f'<p class="note" role="alert">{_text(problem)}</p>' if problem else ""
    return page(
        "A study was shared with you",
        f'{said}<form method="post"><label>Passcode <input name="passcode" inputmode="numeric" '
        'autocomplete="one-time-code" maxlength="16" required></label>'
        '<button type="submit">Show the study</button></form>',
    )


def message_page(title: str, text: str) -> str:
    """Say one thing."""
    return page(title, f'<p class="note" role="alert">{_text(text)}</p>')


def page(title: str, body: str) -> str:
    """Put a page together; `body` is HTML, `title` is text."""
    said = _text(title)
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{said}</title><style>{_STYLE}</style></head><body><main><h1>{said}</h1>"
        f"{body}</main></body></html>"
    )


def _places(study: StudyView) -> str:
    said = [f"{name} {answer}" for name, answer in study.at.items()]
    return _text("; ".join(said) or "nowhere") if study.at else _text("nowhere")


def _document(document: DocumentView) -> str:
    title = _text(document.title)
    if document.reference.startswith("DocumentReference/") and document.here:
        return f'<a href="/documents/{_text(document.reference.partition("/")[2])}">{title}</a>'
    return title if document.here else f"{title} (kept elsewhere)"


def _share_form(study: StudyView, form: str) -> str:
    if HELD not in study.at.values():
        return ""
    return (
        f'<h2>Share this study</h2><form method="post" action="/shares">{_hidden("form", form)}'
        f"{_hidden('study', study.StudyInstanceUID)}"
        '<label>For (Practitioner/… or Organization/…) <input name="recipient" required></label>'
        '<label>Hours <input name="hours" type="number" min="1" max="24" value="1" required>'
        '</label><button type="submit">Make a link</button></form>'
    )


def _revoke(share: Share, form: str) -> str:
    if share.state != "open":
        return ""
    return _form(f"/shares/{share.id}/end", form, "End")


def _form(action: str, form: str, label: str) -> str:
    return (
        f'<form method="post" action="{_text(action)}">{_hidden("form", form)}'
        f'<button type="submit">{_text(label)}</button></form>'
    )


def _hidden(name: str, value: str) -> str:
    return f'<input type="hidden" name="{name}" value="{_text(value)}">'


def _table(caption: str, heads: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    if not rows:
        return f"<h2>{caption}</h2><p>None that may be shown.</p>"
    top = "".join(f'<th scope="col">{head}</th>' for head in heads)
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    head = f"<caption>{caption}</caption><thead><tr>{top}</tr></thead>"
    return f"<table>{head}<tbody>{body}</tbody></table>"


def _text(value: str) -> str:
    return html.escape(str(value), quote=True)
