"""Make the challenge of a verifier.

The one computation of PKCE that every client gets wrong once.
"""

import base64
import hashlib
from collections.abc import Callable

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.advanced.nb08_oauth_smart._tokens import IMPORTS

_RIGHT = """
    def challenge(verifier):
        digest = hashlib.sha256(verifier.encode("ascii")).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")
"""

EXERCISE = Exercise(
    secure=True,
    given=IMPORTS,
    blank="""
        def challenge(verifier):
            ...  # the code_challenge for code_challenge_method=S256, as text
    """,
    answer="challenge",
    expects=Callable,  # type: ignore[arg-type]
    reference=_RIGHT,
    explanation="""
        code_challenge = BASE64URL(SHA256(ASCII(code_verifier))): the 32 bytes of the digest, in
        the alphabet with - and _, without the = at the end (RFC 7636 4.2, and Appendix A for
        BASE64URL). It is always 43 characters long. The server computes the same from the verifier
        that comes with the code; who has only seen the request has the challenge, and no way back
        from it.
    """,
    hints=(
        "hashlib.sha256(…).digest() gives bytes. What goes into the URL is a text made of them.",
        "base64 has an alphabet for URLs: urlsafe_b64encode. It fills up with =, which RFC 7636 "
        "leaves out.",
        "base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()), then .rstrip(b'=') "
        "and .decode().",
    ),
    wrong=(
        Wrong(
            "hex-digest",
            """
            def challenge(verifier):
                return hashlib.sha256(verifier.encode()).hexdigest()
            """,
            """You wrote the digest in hexadecimal: 64 characters. The server compares text with
            text and answers invalid_grant, long after the request was accepted.""",
        ),
        Wrong(
            "padded",
            _RIGHT.replace('.rstrip(b"=")', ""),
            """You left the = at the end. BASE64URL of RFC 7636 has none; and = would have to be
            escaped in a URL.""",
        ),
        Wrong(
            "other-alphabet",
            _RIGHT.replace("urlsafe_b64encode", "b64encode"),
            """You used the alphabet with + and /. Without the = at the end it works for the
            verifiers whose digest has neither: one login in four, and nobody finds out why the
            others fail.""",
        ),
        Wrong(
            "hex-in-base64",
            _RIGHT.replace(".digest()", ".hexdigest().encode()"),
            """You encoded the hexadecimal text of the digest. It is the 32 bytes that are
            encoded.""",
        ),
        Wrong(
            "plain",
            """
            def challenge(verifier):
                return verifier
            """,
            """You sent the verifier itself. That is the method plain: everybody who sees the
            request can redeem the code.""",
        ),
    ),
)

RULE = (cite("RFC 7636", "4.2"), cite("RFC 7636", "Appendix B"))
_OF_THE_RFC = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"


def check(work: Work) -> Verdict:
    """Compare with Appendix B of the RFC, and with verifiers whose digests have every letter."""
    for verifier in (_OF_THE_RFC, *(f"{n:02}" + "A" * 41 for n in range(12))):
        got = work.call(verifier)
        if got is None or got is ...:
            return blank()
        raw = hashlib.sha256(verifier.encode()).digest()
        padded = base64.urlsafe_b64encode(raw).decode()
        right = padded.rstrip("=")
        if got == right:
            continue
        mistakes = {
            raw.hex(): "hex-digest",
            padded: "padded",
            verifier: "plain",
            base64.b64encode(raw).decode().rstrip("="): "other-alphabet",
            base64.b64encode(raw).decode(): "other-alphabet",
            base64.urlsafe_b64encode(raw.hex().encode()).rstrip(b"=").decode(): "hex-in-base64",
        }
        mistake = mistakes.get(got, "") if isinstance(got, str) else ""
        if isinstance(got, bytes):
            return failed(expected="a text", got=f"{got!r}, which are bytes: .decode() is missing",
                          rule=RULE)  # fmt: skip
        return failed(
            expected=f"{right} for {verifier}", got=f"{got!r}", rule=RULE, mistake=mistake
        )
    return passed("That of the RFC, and twelve more.", rule=RULE)
