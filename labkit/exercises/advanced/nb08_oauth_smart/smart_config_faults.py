"""Is this server's configuration fit to be used?

What a server says of itself is the first thing to read, and the first thing to refuse.
"""

from collections.abc import Callable
from typing import Any

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.advanced.nb08_oauth_smart._tokens import IMPORTS, secure

_RIGHT = """
    def faults(configuration):
        found = set()
        if not configuration.get("token_endpoint"):
            found.add("no-token-endpoint")
        methods = configuration.get("code_challenge_methods_supported", [])
        if "S256" not in methods:
            found.add("no-pkce")
        if "plain" in methods:
            found.add("plain")
        if "smart-imaging-access" not in configuration.get("capabilities", []):
            found.add("no-imaging")
        return found
"""

EXERCISE = Exercise(
    secure=True,
    given=IMPORTS,
    blank="""
        def faults(configuration):
            ...  # a set of what keeps an imaging viewer from using this server:
                 # "no-token-endpoint": there is nowhere to get a token
                 # "no-pkce": S256 is not offered.   "plain": plain is
                 # "no-imaging": it does not promise that its tokens open pixels
    """,
    answer="faults",
    expects=Callable,  # type: ignore[arg-type]
    reference=_RIGHT,
    explanation="""
        SMART says that code_challenge_methods_supported has S256 and that it shall not have plain:
        with plain the challenge is the verifier, and whoever reads the request can redeem the code.
        A list that is not there offers nothing. smart-imaging-access among the capabilities is the
        only place where a server says that the token of the ImagingStudy is taken at WADO-RS; it
        stands at the top, or for a service beside it in associated_endpoints.
    """,
    hints=(
        "Print lab.auth.smart_configuration() and find each of the four in it.",
        "Two of them look at one list, code_challenge_methods_supported. Ask whether S256 is in it "
        "and, by itself, whether plain is.",
        "A key may be missing: configuration.get(name, []) is then an empty list. Begin with an "
        "empty set, and found.add(…) for each fault.",
    ),
    wrong=(
        Wrong(
            "plain-overlooked",
            _RIGHT.replace('if "plain" in methods:', "if False:"),
            """You were content with S256. A server that also takes plain lets an attacker choose
            it: the weaker of the two is what counts.""",
        ),
        Wrong(
            "missing-is-fine",
            _RIGHT.replace('configuration.get("code_challenge_methods_supported", [])',
                           'configuration.get("code_challenge_methods_supported", ["S256"])'),
            """You took a list that is not there for a good one. RFC 8414 2: if it is omitted, the
            server does not support PKCE.""",
        ),
        Wrong(
            "looked-among-scopes",
            _RIGHT.replace('get("capabilities", [])', 'get("scopes_supported", [])'),
            """You looked for imaging among the scopes. There is no scope for it: the scope is that
            of the ImagingStudy. That the pixels follow it is a capability.""",
        ),
    ),
)  # fmt: skip

RULE = (cite("SMART App Launch 2.2", "conformance"), cite("RFC 8414", "2"))


def check(work: Work) -> Verdict:
    """Show it the lab's own configuration, and others that lack something."""
    own: dict[str, Any] = secure(work).auth.smart_configuration()
    without = {name: {k: v for k, v in own.items() if k != name} for name in own}
    methods = "code_challenge_methods_supported"
    cases: list[tuple[str, dict[str, Any], set[str], str]] = [
        ("the lab's own", own, set(), "looked-among-scopes"),
        ("one that takes plain too", {**own, methods: ["plain", "S256"]}, {"plain"},
         "plain-overlooked"),
        ("one that says nothing of PKCE", without[methods], {"no-pkce"}, "missing-is-fine"),
        ("one with plain only", {**own, methods: ["plain"]}, {"plain", "no-pkce"}, ""),
        ("one without imaging", {**own, "capabilities": ["launch-standalone"]}, {"no-imaging"}, ""),
        ("one without token endpoint", without["token_endpoint"], {"no-token-endpoint"}, ""),
    ]  # fmt: skip
    for name, configuration, right, mistake in cases:
        got = work.call(configuration)
        if got is None or got is ...:
            return blank()
        found = set(map(str, got)) if isinstance(got, (set, frozenset, list, tuple)) else None
        if found != right:
            shown = got if found is None else sorted(found)
            if mistake == "looked-among-scopes" and found != {"no-imaging"}:
                mistake = ""
            return failed(expected=f"{sorted(right)} for {name}", got=f"{shown}", rule=RULE,
                          mistake=mistake)  # fmt: skip
    return passed("Six configurations; yours is the one that may be used.", rule=RULE)
