"""Façade 11: a PACS that takes its time.

503 and Retry-After while it works, and no second retrieve when the client comes again.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from labkit.common import cite
from labkit.common.errors import ResponseTimeout
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.advanced.nb03_build_a_facade._facade import IMPORTS, SERVE, STATUS

EXERCISE = Exercise(
    given=IMPORTS + STATUS + "\n    pool = ThreadPoolExecutor(4)\n",
    blank="""
        def serve(pending, key, fetch, patience):
            ...  # (status, headers, objects), after `patience` seconds at the most

        # pending: a dict of yours; pool.submit(fetch) gives a Future; status_of is step 8
    """,
    answer="serve",
    expects=Callable,  # type: ignore[arg-type]
    reference=SERVE,
    explanation="""
        Proxies and browsers give up after 30 or 60 seconds, an old tape robot needs minutes. 503
        with Retry-After says "come again", and every HTTP client understands it (RFC 9110 15.6.4,
        10.2.3; PS3.18 8.5 lists it). The retrieve goes on meanwhile, and is what the next request
        finds. Begun anew at each attempt, it never ends: each retry makes the PACS slower. What
        failed is taken out of pending, so that the next request may try again.
    """,
    hints=(
        "The client leaves, the retrieve stays. Where is it while nobody waits for it?",
        "pending[key] = pool.submit(fetch) if the key is new. future.done() after "
        "concurrent.futures.wait([future], timeout=patience) says whether it is there.",
        "Not done: return 503, {'Retry-After': '2'}, []. Done: (*status_of(objects), objects); "
        "on a LabkitError take the key out, and status_of(error).",
    ),
    wrong=(
        Wrong(
            "waits",
            SERVE.replace("wait([future], timeout=patience)", "wait([future])"),
            """You waited until it was there. The client's own limit runs out first, it sees an
            error of the connection, and comes again without having been told when.""",
        ),
        Wrong(
            "starts-again",
            SERVE.replace("if key not in pending:", "if True:"),
            """You began a retrieve for each request. A client that obeys Retry-After then has the
            PACS send the study again and again, and each is slower than the last.""",
        ),
        Wrong(
            "accepted",
            SERVE.replace("return 503,", "return 202,"),
            """You answered 202. To a client of WADO-RS that is a success: it reads an empty body as
            the study, and does not come again.""",
        ),
        Wrong(
            "empty-for-now",
            SERVE.replace('return 503, {"Retry-After": "2"}, []', "return 404, {}, []"),
            """You answered 404 while it was on its way. The client takes that the study does not
            exist, and may remember it.""",
        ),
        Wrong(
            "no-retry-after",
            SERVE.replace('{"Retry-After": "2"}', "{}"),
            """You sent 503 without Retry-After. The client has to guess, and most guess "now".""",
        ),
        Wrong(
            "failure-kept",
            SERVE.replace("pending.pop(key)", "pass"),
            """You left the failed retrieve in pending. The PACS is back, and your façade repeats
            yesterday's error.""",
        ),
    ),
)  # fmt: skip

RULE = (cite("RFC 9110", "10.2.3"), cite("RFC 9110", "15.6"), cite("PS3.18", "8.5"))
PATIENCE = 2.0
SHORT = 0.05


class _Pacs:
    """A retrieve that takes until it is let go."""

    def __init__(self) -> None:
        self.asked = 0
        self.go_on = threading.Event()

    def __call__(self) -> list[str]:
        self.asked += 1
        self.go_on.wait(PATIENCE * 3)
        return ["a", "b"]


def _within(act: Callable[[], Any]) -> Any:
    """Return what comes of an act, `None` where it takes too long."""
    said: list[Any] = []

    def run() -> None:
        try:
            said.append(act())
        except Exception as error:  # raised again where the check can show it
            said.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(PATIENCE)
    if said and isinstance(said[0], Exception):
        raise said[0]
    return said[0] if said else "nothing in time"


def check(work: Work) -> Verdict:
    """Be a client of a slow PACS, three times; then of one that fails."""
    pacs, pending = _Pacs(), dict[Any, Any]()
    try:
        first = _within(lambda: work.call(pending, "study", pacs, SHORT))
        if first is None or first is ...:
            return blank()
        if first == "nothing in time":
            return failed(expected="an answer within the patience", got="it waits for the PACS",
                          rule=RULE, mistake="waits")  # fmt: skip
        if not isinstance(first, tuple) or len(first) != 3:
            return failed(expected="(status, headers, objects)", got=first, rule=RULE)
        if first[0] != 503:
            known = {202: "accepted", 404: "empty-for-now"}
            return failed(expected="503 while the PACS works", got=str(first[0]), rule=RULE,
                          mistake=known.get(first[0], ""))  # fmt: skip
        if not str({str(k).lower(): v for k, v in first[1].items()}.get("retry-after")).isdigit():
            return failed(expected="Retry-After in seconds", got=first[1] or "no header", rule=RULE,
                          mistake="no-retry-after")  # fmt: skip
        second = _within(lambda: work.call(pending, "study", pacs, SHORT))
    finally:
        pacs.go_on.set()
    third = _within(lambda: work.call(pending, "study", pacs, PATIENCE))
    if pacs.asked != 1:
        return failed(expected="one retrieve for three requests", got=f"{pacs.asked}", rule=RULE,
                      mistake="starts-again")  # fmt: skip
    if second[0] != 503 or third[0] != 200 or list(third[2]) != ["a", "b"]:
        return failed(expected="503, then 200 with the objects", rule=RULE,
                      got=f"{second[0]}, then {third[0]} with {len(third[2])} objects")  # fmt: skip
    return _failing(work)


def _failing(work: Work) -> Verdict:
    def silent() -> list[str]:
        raise ResponseTimeout("no answer")

    pending: dict[Any, Any] = {}
    bad = _within(lambda: work.call(pending, "study", silent, PATIENCE))
    good = _within(lambda: work.call(pending, "study", lambda: ["a"], PATIENCE))
    if bad[0] != 504:
        return failed(expected="504 when the PACS is silent", got=str(bad[0]), rule=RULE)
    if good[0] != 200:
        return failed(expected="a new retrieve after one that failed", got=str(good[0]), rule=RULE,
                      mistake="failure-kept")  # fmt: skip
    return passed("503 while it works, 200 when it is there, one retrieve in all.", rule=RULE)
