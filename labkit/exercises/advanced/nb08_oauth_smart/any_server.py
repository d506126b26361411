"""Get a token from a server of which you know the name alone.

The same lines have to work at a server that somebody else wrote: on containers it is Keycloak.
"""

import time
from collections.abc import Callable
from typing import Any

import requests

from labkit.access.oauth import sign
from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.advanced.nb08_oauth_smart._tokens import IMPORTS, secure

_RIGHT = """
    def system_token(issuer, get, post, sign, now):
        at = urlsplit(issuer)
        where = "/.well-known/oauth-authorization-server"
        about = get(f"{at.scheme}://{at.netloc}{where}{at.path}")
        if about is None or about["issuer"] != issuer:
            return None
        url = about["token_endpoint"]
        claims = {
            "iss": "backend",
            "sub": "backend",
            "aud": url,
            "iat": int(now),
            "exp": int(now) + 240,
            "jti": secrets.token_urlsafe(24),
        }
        return post(url, {
            "grant_type": "client_credentials",
            "scope": "system/ImagingStudy.rs",
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": sign(claims),
        })["access_token"]
"""

EXERCISE = Exercise(
    secure=True,
    given=IMPORTS,
    blank="""
        def system_token(issuer, get, post, sign, now):
            ...  # get(url): a document as a dict, None if there is none. post(url, form): a dict
                 # sign(claims): the assertion, signed with the key of the client "backend"
                 # Find where `issuer` gives tokens, prove that you are "backend", and return an
                 # access token for system/ImagingStudy.rs. None if it is another who answers
    """,
    answer="system_token",
    expects=Callable,  # type: ignore[arg-type]
    reference=_RIGHT,
    explanation="""
        All that differs between servers is in the metadata: where tokens are given, which methods
        there are. They lie at a place that the issuer's name gives: the well-known part comes
        between host and path (RFC 8414 3.1), and what is found there has to say the very name that
        you asked for (3.3), or somebody may lead you to a token endpoint of theirs. iat may be left
        out by RFC 7523; Keycloak 26.7.3 wants it where exp is more than a minute ahead, and it
        harms nowhere. Send what the strictest server asks for, and read what the laxest sends.
    """,
    hints=(
        "Nothing about the server is yours to guess. First the document, then the address in it.",
        "For the issuer https://login.example/tenant/7 the document is at "
        "https://login.example/.well-known/oauth-authorization-server/tenant/7.",
        'If about["issuer"] is not issuer: None, and nothing is sent. Else the five claims, with '
        'iat as the sixth, aud = about["token_endpoint"], and the form goes to that address.',
    ),
    wrong=(
        Wrong(
            "guessed-the-endpoint",
            _RIGHT.replace('url = about["token_endpoint"]', 'url = issuer + "/token"'),
            """You guessed the token endpoint. At the server of this lab it is there; at the next
            one your client stops.""",
        ),
        Wrong(
            "well-known-behind-the-path",
            _RIGHT.replace('f"{at.scheme}://{at.netloc}{where}{at.path}"', "issuer + where"),
            """You put the well-known part behind the issuer's path. RFC 8414 has it between host
            and path. Many servers answer at both; those of several tenants often do not.""",
        ),
        Wrong(
            "did-not-compare",
            _RIGHT.replace('about is None or about["issuer"] != issuer', "about is None"),
            """You did not look whose metadata they are, and proved yourself to somebody else. An
            assertion they can show to nobody, as aud names them; a password they could.""",
        ),
        Wrong(
            "no-iat",
            _RIGHT.replace('"iat": int(now),', ""),
            """You left iat out. RFC 7523 lets you; a server that measures how long an assertion is
            good for from iat to exp does not take it, and Keycloak is one.""",
        ),
        Wrong(
            "aud-is-the-issuer",
            _RIGHT.replace('"aud": url', '"aud": issuer'),
            """You named the issuer in aud. SMART wants the URL that the assertion is posted to.""",
        ),
    ),
)

RULE = (cite("RFC 8414", "3.1"), cite("RFC 8414", "3.3"), cite("RFC 7523", "3"))
_HERE, _OTHER = "https://login.example/tenant/7", "https://login.example/tenant/8"
_AT = "https://login.example/.well-known/oauth-authorization-server/tenant/7"
_TOKENS = "https://login.example/t7/oauth2"


class _Server:
    """A server of many tenants, as strict as the strictest."""

    def __init__(self, issuer: str) -> None:
        self.about = {"issuer": issuer, "token_endpoint": _TOKENS}
        self.asked: list[str] = []
        self.posted: list[str] = []
        self.claims: dict[str, Any] = {}

    def get(self, url: str) -> Any:
        """Answer where its metadata are, and nowhere else."""
        self.asked.append(str(url))
        return dict(self.about) if url == _AT else None

    def post(self, url: str, form: Any) -> dict[str, Any]:
        """Give a token to one who has proven all."""
        self.posted.append(str(url))
        return {"access_token": "of tenant 7"} if not self.problem() else {"error": "invalid"}

    def sign(self, claims: Any) -> str:
        """Keep the claims."""
        self.claims = dict(claims)
        return "an assertion"

    def problem(self) -> str:
        """Name what is wrong with what was sent."""
        if self.posted and self.posted[-1] != _TOKENS:
            return "guessed-the-endpoint"
        if self.claims.get("aud") != _TOKENS:
            return "aud-is-the-issuer" if self.claims.get("aud") == _HERE else "aud"
        return "" if "iat" in self.claims else "no-iat"


def check(work: Work) -> Verdict:
    """Try it at a server of ours, at one that is another, and at the one of this lab."""
    for issuer, wanted in ((_HERE, "of tenant 7"), (_OTHER, None)):
        server = _Server(issuer)
        try:
            got = work.answer(_HERE, server.get, server.post, server.sign, 1_770_000_000.0)
        except Exception as error:
            got = f"{type(error).__name__}: {error}"
        if not server.asked and not server.posted and (got is None or got is ...):
            return blank()
        if got == wanted and bool(server.posted) is bool(wanted):
            continue
        name = ""
        if server.posted:
            name = server.problem() if wanted else "did-not-compare"
        elif wanted and server.asked and _AT not in server.asked:
            name = "well-known-behind-the-path"
        if name == "aud":
            return failed(expected=f"aud: {_TOKENS}", got=server.claims.get("aud"), rule=RULE,
                          why="The token URL alone: not every server takes a list.")  # fmt: skip
        said = f"a token of {_HERE}" if wanted else "None: it says that it is tenant 8"
        return failed(expected=said, got=str(got), rule=RULE, mistake=name)
    return _for_real(work)


def _for_real(work: Work) -> Verdict:
    peer = secure(work).auth.peer()

    def get(url: str) -> Any:
        answer = requests.get(url, timeout=60)
        return answer.json() if answer.status_code == 200 else None

    def post(url: str, form: Any) -> Any:
        return requests.post(url, data=form, timeout=60).json()

    def signed(claims: Any) -> str:
        return sign({"typ": "JWT"}, dict(claims), peer.signing_key)

    try:
        got = work.answer(peer.issuer, get, post, signed, time.time())
    except Exception as error:
        got = f"{type(error).__name__}: {error}"
    if isinstance(got, str) and got.count(".") == 2 and " " not in got:
        return passed("A token of a server of which you knew the name.", rule=RULE)
    return failed(expected="a token of the lab's peer", got=str(got)[:200], rule=RULE)
