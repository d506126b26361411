"""503: come back when you were told to.

A client that obeys Retry-After, gives up in the end, and does not repeat what cannot succeed.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from typing import Any

import requests

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.advanced.nb04_facade_in_operation._proxy import IMPORTS

_RIGHT = """
    def patient_get(get, path, sleep=time.sleep, tries=5):
        for attempt in range(tries):
            answer = get(path)
            if answer.status_code != 503 or attempt == tries - 1:
                return answer
            said = answer.headers.get("Retry-After", "")
            if said.isdigit():
                seconds = int(said)
            elif said:
                then = parsedate_to_datetime(said)
                seconds = max((then - datetime.now(timezone.utc)).total_seconds(), 0)
            else:
                seconds = 2 ** attempt
            sleep(seconds)
"""

EXERCISE = Exercise(
    given=IMPORTS,
    blank="""
        def patient_get(get, path, sleep=time.sleep, tries=5):
            ...  # the answer of get(path), after as many tries as it takes, 5 at the most

        # answer.status_code, answer.headers["Retry-After"]: seconds, or a date (RFC 9110 10.2.3)
    """,
    answer="patient_get",
    expects=Callable,  # type: ignore[arg-type]
    reference=_RIGHT,
    explanation="""
        Retry-After is the only thing that the server can say about when it makes sense to come
        again, in seconds or as a date (RFC 9110 10.2.3). Without it, wait longer each time. After
        some tries the last answer goes to the caller, as it is: 503 is then the truth. Only what
        is passing is repeated; 404 and 400 stay what they are, however often they are asked.
    """,
    hints=(
        "Which statuses may be different in ten seconds, and which never?",
        "On 503: sleep(int(Retry-After)), then again, until tries are used up; then return the "
        "last answer. What if Retry-After is a date, or missing?",
        "parsedate_to_datetime(said) - datetime.now(timezone.utc) gives the wait of a date; "
        "2 ** attempt is a wait where nothing was said.",
    ),
    wrong=(
        Wrong(
            "at-once",
            _RIGHT.replace("sleep(seconds)", "sleep(0)"),
            """You came back at once. The server said when, and a hundred clients that do not listen
            are the reason why it is busy.""",
        ),
        Wrong(
            "for-ever",
            _RIGHT.replace("for attempt in range(tries):", "for attempt in range(1000):")
            .replace("attempt == tries - 1", "attempt == 999"),
            """You never gave up. The caller waits behind a screen that says nothing, while the
            PACS is being replaced.""",
        ),
        Wrong(
            "repeats-anything",
            _RIGHT.replace("answer.status_code != 503", "answer.status_code < 400"),
            """You repeated every error. 404 is an answer: the study will not appear by being asked
            for five times.""",
        ),
        Wrong(
            "seconds-alone",
            _RIGHT.replace("seconds = max((then - datetime.now(timezone.utc)).total_seconds(), 0)",
                           "seconds = 1"),
            """You read Retry-After as seconds alone. A load balancer often gives a date, and you
            come before it.""",
        ),
        Wrong(
            "header-taken-for-granted",
            _RIGHT.replace(
                "seconds = 2 ** attempt", 'seconds = int(answer.headers["Retry-After"])'
            ),
            """You took for granted that the header is there. A proxy on the way answers 503 without
            one, and your client falls over.""",
        ),
    ),
)  # fmt: skip

RULE = (cite("RFC 9110", "10.2.3"), cite("RFC 9110", "15.6.4"))


class _Server:
    """Gives these answers in turn, the last one for ever; counts and remembers."""

    def __init__(self, *answers: tuple[int, str]) -> None:
        self._answers = answers
        self.asked = 0
        self.waits: list[float] = []

    def get(self, _path: str) -> requests.Response:
        """Answer a GET."""
        status, after = self._answers[min(self.asked, len(self._answers) - 1)]
        self.asked += 1
        if self.asked > 50:
            raise ConnectionError("asked more than 50 times")
        answer = requests.Response()
        answer.status_code = status
        if after:
            answer.headers["Retry-After"] = after
        return answer

    def sleep(self, seconds: float) -> None:
        """Remember how long, and do not."""
        self.waits.append(seconds)


def _run(work: Work, server: _Server) -> Any:
    return work.call(server.get, "/studies/1.2", sleep=server.sleep)


def check(work: Work) -> Verdict:
    """Be servers that are busy, gone, wrong and mute about when."""
    busy = _Server((503, "7"), (503, "3"), (200, ""))
    answer = _run(work, busy)
    if answer is None or answer is ...:
        return blank()
    if busy.waits != [7, 3] or getattr(answer, "status_code", 0) != 200:
        early = bool(busy.waits) and sum(busy.waits) < 1
        return failed(expected="waits of 7 s and 3 s, then the 200", rule=RULE,
                      got=f"waits of {busy.waits}, {getattr(answer, 'status_code', answer)}",
                      mistake="at-once" if early else "")  # fmt: skip
    gone = _Server((404, ""))
    if getattr(_run(work, gone), "status_code", 0) != 404 or gone.asked != 1:
        return failed(expected="one request where the answer is 404", got=f"{gone.asked}",
                      rule=RULE, mistake="repeats-anything" if gone.asked > 1 else "")  # fmt: skip
    full = _Server((503, "1"))
    try:
        last = getattr(_run(work, full), "status_code", 0)
    except Exception:  # the server's own limit, or the learner's way of giving up
        last = 0
    if full.asked > 5:
        return failed(expected="5 tries at the most", got=f"{min(full.asked, 50)} or more",
                      rule=RULE, mistake="for-ever")  # fmt: skip
    if full.asked != 5 or last != 503:
        return failed(expected="5 tries, then the 503 itself", rule=RULE,
                      got=f"{full.asked} tries, {last or 'an error'}")  # fmt: skip
    date = format_datetime(datetime.now(timezone.utc) + timedelta(seconds=60), usegmt=True)
    dated = _Server((503, date), (200, ""))
    _run(work, dated)
    if len(dated.waits) != 1 or not 30 <= dated.waits[0] <= 61:
        return failed(expected="a wait of about 60 s for a date that is a minute away",
                      got=f"waits of {[round(wait) for wait in dated.waits]}", rule=RULE,
                      mistake="seconds-alone")  # fmt: skip
    mute = _Server((503, ""), (503, ""), (200, ""))
    try:
        work.answer(mute.get, "/studies/1.2", sleep=mute.sleep)
    except Exception as error:  # whatever falls over here
        return failed(expected="a wait of its own where nothing is said", rule=RULE,
                      got=type(error).__name__, mistake="header-taken-for-granted")  # fmt: skip
    if len(mute.waits) != 2 or min(mute.waits) <= 0:
        return failed(expected="a wait of its own where nothing is said", got=f"{mute.waits}",
                      rule=RULE)  # fmt: skip
    return passed("It waits as it was told, gives up, and repeats nothing in vain.", rule=RULE)
