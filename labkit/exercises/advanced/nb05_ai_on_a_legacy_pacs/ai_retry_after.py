"""Wait when you are asked to.

The façade answers 503 while the old PACS is busy, and says when to come again.
"""

from collections.abc import Callable
from contextlib import suppress
from types import SimpleNamespace
from typing import Any

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.model import AnswerRaised

_RIGHT = """
    def fetch(get, sleep):
        for _ in range(5):
            answer = get()
            wait = answer.headers.get("Retry-After")
            if answer.status_code != 503 or wait is None:
                break
            sleep(int(wait))
        return answer
"""

EXERCISE = Exercise(
    blank="""
    def fetch(get, sleep):
        ...  # the answer of get(), after as much waiting as the server asks for; at most 5 calls

    # get() answers like requests: .status_code, .headers; wait by sleep(seconds)
    """,
    answer="fetch",
    expects=Callable,  # type: ignore[arg-type]
    reference=_RIGHT,
    explanation="""
        503 with Retry-After is a promise: not now, but then (RFC 9110 10.2.3). The façade is
        fetching meanwhile, so whoever asks again at once gets nothing sooner and makes the old PACS
        slower. Other errors are no promise, and a bound on the attempts keeps one bad study from
        stopping all others.
    """,
    hints=(
        "Which answers ask you to come again, and where do they say when?",
        "503 alone does not: it needs the header Retry-After, here in seconds.",
        "for _ in range(5): answer = get(); stop unless it is a 503 with Retry-After; else sleep.",
    ),
    wrong=(
        Wrong(
            "at-once",
            _RIGHT.replace("sleep(int(wait))", "sleep(0)"),
            """You asked again at once. The PACS needs the time that its façade named, and each of
            your requests takes some of it.""",
        ),
        Wrong(
            "for-ever",
            _RIGHT.replace("for _ in range(5):", "while True:"),
            """You wait as long as the server says, for ever. A study that never comes holds up all
            that wait behind it; tell about it, and go on.""",
        ),
        Wrong(
            "every-error",
            _RIGHT.replace(
                "if answer.status_code != 503 or wait is None:", "if answer.status_code < 400:"
            ).replace("sleep(int(wait))", "sleep(int(wait or 1))"),
            """You try again after every error. A 404 will be a 404 the next time too, and a 502
            names a PACS that cannot, not one that asks for time.""",
        ),
        Wrong(
            "gave-up",
            """
            def fetch(get, sleep):
                return get()
            """,
            """You took the 503 for the last word. It is the façade's way to say that the study is
            on its way.""",
        ),
    ),
)

RULE = (cite("RFC 9110", "10.2.3"), cite("RFC 9110", "15.6.4"))


class _TooOften(Exception):
    """It asked without end."""


class Server:
    """Answers from a list, the last one for ever; notes calls and waits."""

    def __init__(self, *answers: tuple[int, str]) -> None:
        self.answers, self.calls = list(answers), 0
        self.waits: list[float] = []

    def get(self) -> Any:
        """Answer."""
        self.calls += 1
        if self.calls > 50:
            raise _TooOften
        status, wait = self.answers[min(self.calls, len(self.answers)) - 1]
        return SimpleNamespace(
            status_code=status, ok=status < 400, headers={"Retry-After": wait} if wait else {}
        )

    def sleep(self, seconds: float) -> None:
        """Note a wait."""
        self.waits.append(float(seconds))


def check(work: Work) -> Verdict:
    """Have it meet a busy server, one that stays busy, and three that fail."""
    busy = Server((503, "20"), (503, "7"), (200, ""))
    got = work.call(busy.get, busy.sleep)
    if got is None or got is ...:
        return blank("It returns nothing yet.")
    status = getattr(got, "status_code", None)
    if status == 503 and busy.calls == 1:
        return failed(expected="200, at the third time", got="503", rule=RULE, mistake="gave-up")
    if status != 200 or busy.waits != [20.0, 7.0]:
        return failed(expected="200 after waiting 20 and 7 seconds", rule=RULE, mistake="at-once",
                      got=f"{status} after waiting {busy.waits}")  # fmt: skip
    never = Server((503, "1"))
    with suppress(AnswerRaised):  # it may raise in the end, which is a way to tell
        work.call(never.get, never.sleep)
    if never.calls > 50:
        return failed(expected="5 calls at most", got="no end", rule=RULE, mistake="for-ever")
    if not 2 <= never.calls <= 5:
        return failed(expected="2 to 5 calls of a server that stays busy", got=never.calls,
                      rule=RULE, mistake="for-ever" if never.calls > 5 else "")  # fmt: skip
    for status in (404, 502, 503):
        failing = Server((status, ""))
        with suppress(AnswerRaised):
            work.call(failing.get, failing.sleep)
        if failing.calls > 1:
            return failed(expected=f"one call: a {status} without Retry-After asks for nothing",
                          got=f"{failing.calls} calls", rule=RULE,
                          mistake="every-error")  # fmt: skip
    return passed("It waits as asked, not for ever, and not for errors.", rule=RULE)
