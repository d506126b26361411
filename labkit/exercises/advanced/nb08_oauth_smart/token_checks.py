"""Write what a guard checks.

The signature is right. That is where it begins.
"""

from collections.abc import Callable
from typing import Any

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.advanced.nb08_oauth_smart._tokens import IMPORTS

_RIGHT = """
    def accepts(header, claims, now):
        named = claims.get("aud", [])
        named = [named] if isinstance(named, str) else named
        return (
            header.get("alg") in ("RS384", "ES384")
            and str(header.get("typ", "")).lower() in ("at+jwt", "application/at+jwt")
            and claims.get("iss") == ISSUER
            and AUDIENCE in named
            and claims.get("exp", 0) > now
            and claims.get("nbf", 0) <= now
        )
"""
_NAMES = """
    ISSUER, AUDIENCE = "https://auth.example", "https://fhir.example/r4"
"""

EXERCISE = Exercise(
    secure=True,
    given=IMPORTS + _NAMES,
    blank="""
        ISSUER, AUDIENCE = "https://auth.example", "https://fhir.example/r4"

        def accepts(header, claims, now):
            ...  # True or False. The signature was checked, with a key that ISSUER publishes.
                 # alg RS384 or ES384, typ at+jwt, iss, aud, exp, and nbf where there is one;
                 # no leeway
    """,
    answer="accepts",
    expects=Callable,  # type: ignore[arg-type]
    reference=_NAMES + _RIGHT,
    explanation="""
        A signature says who made the token, not for whom. aud is a text or a list of texts (RFC
        7519 4.1.3), and has to name this service: else a token that a clinic's weather app got is
        good at its archive. typ keeps ID tokens out, which the same issuer signs with the same key
        (RFC 9068 4). alg is chosen by who checks, never by who asks (RFC 8725 3.1). A claim that
        is missing is not a claim that is fulfilled: without exp a token would be good for ever.
        Real guards allow half a minute between two clocks, and look jti up for what was revoked.
    """,
    hints=(
        "Each is one comparison. Join them with and; what is missing has to end in False.",
        "aud may be one text or a list: make a list of it first. 'in' on a text finds parts of it.",
        'claims.get("exp", 0) > now is False where there is no exp; claims.get("nbf", 0) <= now is '
        "True where there is no nbf. typ is compared in lower case.",
    ),
    wrong=(
        Wrong(
            "aud-is-a-text",
            _NAMES + _RIGHT.replace("AUDIENCE in named", 'claims.get("aud") == AUDIENCE'),
            """You took aud for a text. It is a list as soon as a token is for two services, such as
            FHIR and DICOMweb: then you turn everybody away.""",
        ),
        Wrong(
            "aud-as-a-part",
            _NAMES + _RIGHT.replace("named = [named] if isinstance(named, str) else named", ""),
            """You looked for the audience within a text. A token for https://fhir.example/r4-test
            has your name in it, and is not for you.""",
        ),
        Wrong(
            "aud-forgotten",
            _NAMES + _RIGHT.replace("and AUDIENCE in named", ""),
            """You did not look at aud. Every token of this issuer is good at your service, also
            those that were given to somebody else's.""",
        ),
        Wrong(
            "exp-if-there-is-one",
            _NAMES + _RIGHT.replace('get("exp", 0)', 'get("exp", now + 1)'),
            """You let a token without exp pass. What never ends cannot be waited out.""",
        ),
        Wrong(
            "good-at-its-end",
            _NAMES + _RIGHT.replace('claims.get("exp", 0) > now', 'claims.get("exp", 0) >= now'),
            """You let it pass in the second in which it ends. "On or after" exp it must not be
            accepted (RFC 7519 4.1.4).""",
        ),
        Wrong(
            "any-typ",
            _NAMES + _RIGHT.replace(
                'str(header.get("typ", "")).lower() in ("at+jwt", "application/at+jwt")', "True"
            ),
            """You did not look at typ. The ID token that tells an app who has logged in is signed
            with the same key, and is no key to the archive.""",
        ),
        Wrong(
            "alg-of-the-token",
            _NAMES + _RIGHT.replace('header.get("alg") in ("RS384", "ES384")', 'header.get("alg")'),
            """You let the token choose its algorithm. An attacker chooses none, or an HMAC whose
            secret is the public key.""",
        ),
    ),
)  # fmt: skip

RULE = (cite("RFC 9068", "4"), cite("RFC 8725", "3.1"), cite("RFC 7519", "4.1.3"))
_NOW = 1_768_500_000
_HEADER = {"alg": "ES384", "typ": "at+jwt", "kid": "1"}
_CLAIMS = {
    "iss": "https://auth.example", "aud": "https://fhir.example/r4", "exp": _NOW + 60,
    "iat": _NOW - 60, "sub": "lanternwick", "client_id": "viewer", "jti": "1", "scope": "user/*.rs",
}  # fmt: skip


def check(work: Work) -> Verdict:
    """Show it good tokens and bad ones."""
    two = ["https://pixels.example", _CLAIMS["aud"]]
    cases: list[tuple[str, dict[str, Any], dict[str, Any], bool, str]] = [
        ("a good one", {}, {}, True, ""),
        ("one for two services", {}, {"aud": two}, True, "aud-is-a-text"),
        ("one with application/at+JWT", {"typ": "application/at+JWT"}, {}, True, ""),
        ("one that is good since a minute", {}, {"nbf": _NOW - 60}, True, ""),
        ("one for another service", {}, {"aud": ["https://weather.example"]}, False,
         "aud-forgotten"),
        ("one for r4-test", {}, {"aud": "https://fhir.example/r4-test"}, False, "aud-as-a-part"),
        ("one without aud", {}, {"aud": None}, False, "aud-forgotten"),
        ("one that has ended", {}, {"exp": _NOW - 1}, False, ""),
        ("one that ends now", {}, {"exp": _NOW}, False, "good-at-its-end"),
        ("one that is good from now on", {}, {"nbf": _NOW}, True, ""),
        ("one without exp", {}, {"exp": None}, False, "exp-if-there-is-one"),
        ("one for tomorrow", {}, {"nbf": _NOW + 86400}, False, ""),
        ("one of another issuer", {}, {"iss": "https://auth.example.evil.example"}, False, ""),
        ("an ID token", {"typ": "JWT"}, {}, False, "any-typ"),
        ("one with alg none", {"alg": "none"}, {}, False, "alg-of-the-token"),
        ("one with alg HS384", {"alg": "HS384"}, {}, False, "alg-of-the-token"),
    ]  # fmt: skip
    for name, header, claims, right, mistake in cases:
        said = {k: v for k, v in {**_CLAIMS, **claims}.items() if v is not None}
        got = work.call({**_HEADER, **header}, said, _NOW)
        if got is None or got is ...:
            return blank()
        if bool(got) is not right:
            return failed(expected=f"{right} for {name}", got=str(bool(got)), rule=RULE,
                          mistake=mistake)  # fmt: skip
    return passed("Five good tokens and eleven bad ones, each told from the other.", rule=RULE)
