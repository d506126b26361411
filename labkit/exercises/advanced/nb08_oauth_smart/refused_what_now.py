"""Refused: what does a client do now?

Three statuses, four next steps. Most clients know one: log in again.
"""

from collections.abc import Callable

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.advanced.nb08_oauth_smart._tokens import IMPORTS

_RIGHT = """
    def next_step(status, challenge):
        if "insufficient_scope" in challenge:
            return "ask for more"
        if "invalid_request" in challenge:
            return "mend the request"
        if status == 401:
            return "get a token"
        return "give up"
"""

EXERCISE = Exercise(
    secure=True,
    given=IMPORTS,
    blank="""
        def next_step(status, challenge):
            ...  # status of the answer, text of its WWW-Authenticate header ("": there is none):
                 # "get a token": there is none, or it is not good any more
                 # "ask for more": the token is good and does not give this
                 # "mend the request": it was sent in a wrong way
                 # "give up": it is not about the token
    """,
    answer="next_step",
    expects=Callable,  # type: ignore[arg-type]
    reference=_RIGHT,
    explanation="""
        The code of RFC 6750 3.1 says what is wrong; the status is only its frame. RFC 6750 sends
        insufficient_scope with 403, IHE IUA answers 401 for the same (ITI-72): a client that looks
        at the status alone gets a new token, with the same scopes, is refused again, and goes
        round until the server locks it out. 401 without a code means that no token came. 403
        without a challenge is a policy that no token changes, such as a patient's consent.
    """,
    hints=(
        "Look at the code in the challenge first, and at the status only where there is none.",
        "Three codes: invalid_request, invalid_token, insufficient_scope. Which step has each?",
        "insufficient_scope: ask for more, whatever the status. invalid_request: mend the request. "
        "Then 401: get a token. What is left: give up.",
    ),
    wrong=(
        Wrong(
            "by-status-alone",
            """
            def next_step(status, challenge):
                steps = {401: "get a token", 403: "ask for more", 400: "mend the request"}
                return steps.get(status, "give up")
            """,
            """You went by the status. A server that follows IHE IUA answers 401 where scopes are
            missing: you fetch the same token again and again. And 403 may be a consent.""",
        ),
        Wrong(
            "always-a-new-token",
            """
            def next_step(status, challenge):
                return "get a token"
            """,
            """You log in again, whatever happened. Where a scope is missing or a consent says no,
            the next token is refused as well: a loop, and the user types a password in each
            turn.""",
        ),
        Wrong(
            "no-code-no-token",
            _RIGHT.replace("if status == 401:", 'if "invalid_token" in challenge:'),
            """You gave up where no token was sent. Then there is no code in the challenge (RFC 6750
            3.1), and the status says it: 401.""",
        ),
        Wrong(
            "every-403-is-a-scope",
            _RIGHT.replace('if "insufficient_scope" in challenge:',
                           'if "insufficient_scope" in challenge or status == 403:'),
            """You ask for more scopes at every 403. Without a challenge it is not about the token:
            a consent, a policy. More scopes change nothing.""",
        ),
    ),
)  # fmt: skip

RULE = (cite("RFC 6750", "3.1"), cite("ITI TF-2", "3.72"))
_REALM = 'Bearer realm="https://fhir.example/r4"'


def check(work: Work) -> Verdict:
    """Put answers to it as servers give them."""
    cases = [
        (401, _REALM, "get a token", "no-code-no-token"),
        (401, f'{_REALM}, error="invalid_token", error_description="expired"', "get a token", ""),
        (403, f'{_REALM}, error="insufficient_scope"', "ask for more", ""),
        (401, f'{_REALM}, error="insufficient_scope"', "ask for more", "by-status-alone"),
        (400, f'{_REALM}, error="invalid_request"', "mend the request", ""),
        (403, "", "give up", "every-403-is-a-scope"),
        (503, "", "give up", ""),
    ]
    answers = [work.call(status, challenge) for status, challenge, _, _ in cases]
    if all(answer is None or answer is ... for answer in answers):
        return blank()
    everywhere = all(answer == "get a token" for answer in answers)
    for (status, challenge, right, mistake), got in zip(cases, answers, strict=True):
        if got != right:
            mistake = "always-a-new-token" if everywhere else mistake
            return failed(expected=f"{right!r} for {status} {challenge or 'without a challenge'}",
                          got=f"{got!r}", rule=RULE, mistake=mistake)  # fmt: skip
    return passed("Seven refusals, each with its own next step.", rule=RULE)
