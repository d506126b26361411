"""Prove who you are, without a secret that travels.

A system signs a claim about itself; the lab's own server decides whether it believes it.
"""

import time
from collections.abc import Callable

import requests

from labkit.access.oauth import sign
from labkit.access.oauth.client import ASSERTION_TYPE
from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.advanced.nb08_oauth_smart._tokens import IMPORTS, secure

_RIGHT = """
    def claims(client_id, token_url, now):
        return {
            "iss": client_id,
            "sub": client_id,
            "aud": token_url,
            "exp": int(now) + 240,
            "jti": secrets.token_urlsafe(24),
        }
"""

EXERCISE = Exercise(
    secure=True,
    given=IMPORTS,
    blank="""
        def claims(client_id, token_url, now):
            ...  # the claims of a client assertion, good for four minutes; `now` in seconds
    """,
    answer="claims",
    expects=Callable,  # type: ignore[arg-type]
    reference=_RIGHT,
    explanation="""
        iss and sub are the client itself; aud is the URL of the token endpoint, so that an
        assertion that was sent to one server is worth nothing at another; exp is at most five
        minutes ahead; jti is new each time, and the server remembers it until then: whoever
        records the request cannot send it again. The private key never leaves the system. The
        server has the public one and needs no vault of secrets.
    """,
    hints=(
        "Five claims: who says it, about whom, for whom, until when, and which one of all it is.",
        "aud is the address that the form is posted to. exp counts seconds since 1970, from now.",
        "iss and sub: client_id. aud: token_url. exp: int(now) + 240. "
        "jti: secrets.token_urlsafe(24).",
    ),
    wrong=(
        Wrong(
            "aud-is-the-fhir-server",
            _RIGHT.replace('"aud": token_url', '"aud": token_url.rsplit("/", 1)[0]'),
            """You named the server, not its token endpoint. SMART wants the URL that the assertion
            is posted to.""",
        ),
        Wrong(
            "an-hour",
            _RIGHT.replace("+ 240", "+ 3600"),
            """You made it good for an hour. SMART allows five minutes: an assertion in a log is
            then old before anybody reads it.""",
        ),
        Wrong(
            "same-jti",
            _RIGHT.replace("secrets.token_urlsafe(24)", '"1"'),
            """You gave each assertion the same jti. The first one is taken; from the second on the
            server sees a replay. In production: it works once after each restart.""",
        ),
        Wrong(
            "milliseconds",
            _RIGHT.replace("int(now) + 240", "int(now * 1000) + 240_000"),
            """You counted milliseconds, as JavaScript does. A NumericDate is seconds: yours lies
            in the year 58000.""",
        ),
        Wrong(
            "no-issuer",
            _RIGHT.replace('"iss": client_id,', ""),
            """You left iss out. It has to be there, and be the same as sub: the client speaks about
            itself.""",
        ),
    ),
)

RULE = (cite("SMART App Launch 2.2", "client-confidential-asymmetric"), cite("RFC 7523", "3"))


def check(work: Work) -> Verdict:
    """Sign what it says with the key of ``backend``, and post it to the lab's own server twice."""
    lab = secure(work)
    url = lab.auth.smart_configuration()["token_endpoint"]
    client = lab.auth.clients["backend"]
    told: list[tuple[int, str]] = []
    for _ in range(2):
        got = work.call("backend", url, time.time())
        if got is None or got is ...:
            return blank()
        if not isinstance(got, dict):
            return failed(expected="a dict of claims", got=got, rule=RULE)
        try:
            made = sign({"typ": "JWT"}, got, client.signing_key)
        except (TypeError, ValueError) as error:
            return failed(expected="claims that JSON can hold", got=str(error), rule=RULE)
        form = {"grant_type": "client_credentials", "scope": "system/ImagingStudy.rs",
                "client_assertion_type": ASSERTION_TYPE, "client_assertion": made}  # fmt: skip
        answer = requests.post(url, data=form, timeout=30)
        said = answer.json().get("error_description", "") if answer.status_code != 200 else ""
        told.append((answer.status_code, said))
        if answer.status_code != 200:
            break
    end = got.get("exp")
    mistake = ""
    if len(told) == 2 and told[1][0] != 200:
        mistake = "same-jti"
    elif "iss" not in got:
        mistake = "no-issuer"
    elif got.get("aud") != url:
        mistake = "aud-is-the-fhir-server"
    elif isinstance(end, (int, float)) and end > 100 * time.time():
        mistake = "milliseconds"
    elif isinstance(end, (int, float)) and end > time.time() + 300:
        mistake = "an-hour"
    if told[-1][0] == 200:
        return passed("The lab's server gave a token for each of two assertions.", rule=RULE)
    when = "at the second one: " if len(told) == 2 else ""
    return failed(expected="a token for each of two assertions", got=f"{when}{told[-1][1]}",
                  rule=RULE, mistake=mistake)  # fmt: skip
