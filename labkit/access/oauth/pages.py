"""The pages that a user sees: log in, decide. HTML without a script."""

from __future__ import annotations

import html
from urllib.parse import urlsplit

from labkit.access.oauth.choice import Proposal
from labkit.access.oauth.parties import User
from labkit.access.scopes import OTHER, parse_scope

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 34rem; margin: 2rem auto; padding: 0 1rem;
  color: #1f2328; background: #fff }
h1 { font-size: 1.4rem } fieldset { border: 1px solid #8c959f; margin: 1rem 0; padding: .5rem 1rem }
label { display: block; margin: .5rem 0 } input[type=text], input[type=password], select {
  display: block; width: 100%; box-sizing: border-box; font: inherit; padding: .4rem;
  border: 1px solid #57606a; border-radius: 4px }
button { font: inherit; padding: .5rem 1.2rem; margin: .5rem .5rem 0 0; border: 1px solid #1f2328;
  border-radius: 4px; background: #f6f8fa } button.yes { background: #0b5cad; color: #fff }
:focus-visible { outline: 3px solid #b35c00; outline-offset: 2px }
.bad { border-left: 4px solid #b42318; padding-left: .7rem } code { overflow-wrap: anywhere }
@media (prefers-color-scheme: dark) { body { color: #e6edf3; background: #0d1117 }
  button { background: #21262d; color: #e6edf3 } button.yes { background: #1f6feb } }
"""
_OTHER = {
    "launch": "take over the context of the application that launched it",
    "launch/patient": "be told which patient you choose",
    "openid": "know who you are",
    "fhirUser": "know your record",
    "offline_access": "keep this access while you are away, for at most 30 days",
    "online_access": "keep this access while you work, for at most 8 hours",
}


def headers(redirect_uri: str = "") -> dict[str, str]:
    """Return what keeps a page from being framed, kept, scripted, or told of elsewhere."""
    to = urlsplit(redirect_uri)
    back = f" {to.scheme}://{to.netloc}" if to.scheme in ("http", "https") and to.netloc else ""
    return {
        "Content-Security-Policy": (
            "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; "
            f"frame-ancestors 'none'; form-action 'self'{back}"
        ),
        "X-Frame-Options": "DENY",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-store",
    }


def login_page(proposal: Proposal, request: str, problem: str = "") -> str:
    """Ask who it is."""
    said = f'<p class="bad" role="alert">{html.escape(problem)}</p>' if problem else ""
    name = html.escape(proposal.client.name)
    return _page(
        "Log in",
        f"""<p><strong>{name}</strong> asks for access to imaging data. Log in to decide.</p>{said}
<form method="post">{_hidden("request", request)}
<label>User name <input type="text" name="username" autocomplete="username" required></label>
<label>Password
<input type="password" name="password" autocomplete="current-password" required></label>
<button class="yes" type="submit">Log in</button></form>""",
    )


def consent_page(proposal: Proposal, request: str, ticket: str, problem: str = "") -> str:
    """Ask what may be done, and for which patient."""
    user = proposal.user or User("", "nobody", "")
    said = f'<p class="bad" role="alert">{html.escape(problem)}</p>' if problem else ""
    rows = "".join(
        '<label><input type="checkbox" name="scope" checked '
        f'value="{html.escape(word, quote=True)}"> '
        f"{html.escape(words_of(word))} <br><code>{html.escape(word)}</code></label>"
        for word in proposal.scope
    )
    options = "".join(
        f'<option value="{html.escape(id_, quote=True)}">{html.escape(name)}</option>'
        for id_, name in user.patients
    )
    patient = (
        f'<label>For this patient <select name="patient" required>{options}</select></label>'
        if proposal.needs_patient
        else ""
    )
    name, who = html.escape(proposal.client.name), html.escape(user.name)
    return _page(
        f"Allow {name}?",
        f"""<p>You are logged in as <strong>{who}</strong>.</p>{said}
<form method="post">{_hidden("request", request)}{_hidden("ticket", ticket)}
<fieldset><legend><strong>{name}</strong> wants to</legend>{rows}</fieldset>{patient}
<button class="yes" type="submit" name="decision" value="allow">Allow</button>
<button type="submit" name="decision" value="deny">Refuse</button></form>""",
    )


def error_page(error: str, description: str) -> str:
    """Say what is wrong, where the application cannot be told."""
    return _page(
        "This request cannot be answered",
        f'<p class="bad" role="alert"><code>{html.escape(error)}</code> '
        f"{html.escape(description)}</p><p>Nothing was sent to any application. "
        "Begin again from the application, and tell its makers if it happens again.</p>",
    )


def words_of(word: str) -> str:
    """Say what a scope means."""
    return _OTHER[word] if word in OTHER else parse_scope(word).words


def _hidden(name: str, value: str) -> str:
    return f'<input type="hidden" name="{name}" value="{html.escape(value, quote=True)}">'


def _page(title: str, body: str) -> str:
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}</title><style>{_STYLE}</style></head><body><main><h1>{title}</h1>"
        f"{body}</main></body></html>"
    )
