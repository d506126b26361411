"""Façade 8: say in HTTP what went wrong behind you.

Whose fault it is, and whether it helps to come again.
"""

import socket
from collections.abc import Callable
from typing import Any

from labkit.common import cite
from labkit.common.errors import (
    AssociationError,
    AssociationRejected,
    DimseError,
    ResponseTimeout,
)
from labkit.dimse import Peer, find, identifier
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.advanced.nb03_build_a_facade._facade import IMPORTS, STATUS

EXERCISE = Exercise(
    given=IMPORTS,
    blank="""
        def status_of(outcome):
            ...  # (HTTP status, headers) of a retrieve that came to this

        # outcome: the list of objects that came, or the error:
        #   AssociationError      nothing listens, the connection was lost
        #   AssociationRejected   error.result 1: permanently, 2: for the moment (congestion)
        #   ResponseTimeout       the PACS is silent
        #   DimseError            the PACS answered with a failure, error.status: A801, C000 …
    """,
    answer="status_of",
    expects=Callable,  # type: ignore[arg-type]
    reference=STATUS,
    explanation="""
        4xx says that the client should ask otherwise, 5xx that the servers are at fault. Behind a
        gateway there are three kinds: 502, what is behind answered badly or not at all; 504, it was
        not in time; 503, it is too much for the moment, come back after Retry-After seconds
        (RFC 9110 15.6, 10.2.3). A C-MOVE of an unknown study is a success with no sub-operations
        (PS3.4 C.4.2): 404 has to come from the count. 200 with an empty list says "there
        is nothing", and a doctor believes it.
    """,
    hints=(
        "Three questions: is there an answer at all, whose fault is it, does it help to wait?",
        "Nothing came and no error: 404. An error behind you is never the client's: 502, 503 or "
        "504.",
        "ResponseTimeout 504; AssociationRejected with result 2: 503 and {'Retry-After': '5'}; "
        "every other error 502; an empty list 404; else 200.",
    ),
    wrong=(
        Wrong(
            "empty-200",
            """
            def status_of(outcome):
                return 200, {}
            """,
            """You answer 200 whatever happens. An empty list while the PACS is down reads as "this
            patient has no earlier images", and nobody looks again.""",
        ),
        Wrong(
            "all-500",
            """
            def status_of(outcome):
                if isinstance(outcome, list):
                    return (200, {}) if outcome else (404, {})
                return 500, {}
            """,
            """You answer 500 to every error. That says that the façade is broken; whoever is called
            looks at the wrong server, and a client does not know whether to come again.""",
        ),
        Wrong(
            "down-is-404",
            """
            def status_of(outcome):
                if isinstance(outcome, ResponseTimeout):
                    return 504, {}
                if isinstance(outcome, AssociationRejected) and outcome.result == 2:
                    return 503, {"Retry-After": "5"}
                return (200, {}) if isinstance(outcome, list) and outcome else (404, {})
            """,
            """You answer 404 when the PACS cannot be asked. 404 is a statement about the study, and
            a cache may keep it.""",
        ),
        Wrong(
            "no-retry-after",
            STATUS.replace('{"Retry-After": "5"}', "{}"),
            """You sent 503 without Retry-After. Each client then comes back when it likes, most of
            them at once, to a PACS that has too much to do.""",
        ),
        Wrong(
            "client-blamed",
            STATUS.replace(
                "return 502, {}",
                "return (400 if isinstance(outcome, DimseError) else 502), {}"),
            """You answer 400 to a failure status of the PACS. A801 means that the PACS does not
            know the façade's address: no client can mend that by asking otherwise.""",
        ),
        Wrong(
            "silence-is-502",
            STATUS.replace("return 504, {}", "return 502, {}"),
            """You answer 502 to silence. 504 says that it was late, which is another fault with
            another cure: patience, or a firewall.""",
        ),
    ),
)  # fmt: skip

RULE = (cite("RFC 9110", "15.6"), cite("PS3.18", "8.5"))


def _down() -> AssociationError:
    """Make the error of a PACS that is not there: a port of this machine where nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        peer = Peer("LEGACY", "127.0.0.1", free.getsockname()[1])
    try:
        find(peer, identifier("STUDY", StudyInstanceUID="1.2"), timeout=5)
    except AssociationError as error:
        return error
    raise AssertionError("somebody listens where nobody should")


def check(work: Work) -> Verdict:
    """Ask for the status of eight outcomes."""
    cases: list[tuple[str, Any, int, str]] = [
        ("nothing listens", _down(), 502, "down-is-404"),
        ("the PACS is silent", ResponseTimeout("no answer in 30 s"), 504, "silence-is-502"),
        ("rejected for the moment",
         AssociationRejected("congestion", result=2, source=3, reason=1), 503, ""),
        ("rejected permanently",
         AssociationRejected("calling AE title", result=1, source=1, reason=3), 502, ""),
        ("C-MOVE ended with A801", DimseError("A801", status=0xA801), 502, "client-blamed"),
        ("C-MOVE ended with C000", DimseError("C000", status=0xC000), 502, "client-blamed"),
        ("success, and nothing came", [], 404, ""),
        ("three objects came", ["a", "b", "c"], 200, ""),
    ]  # fmt: skip
    got: list[tuple[str, Any]] = []
    for name, outcome, _, _ in cases:
        said = work.call(outcome)
        if said is None or said is ...:
            return blank()
        if not isinstance(said, tuple) or len(said) != 2 or not isinstance(said[0], int):
            return failed(expected="(status, headers)", got=said, rule=RULE)
        got.append((name, said))
    numbers = [said[0] for _, said in got]
    if set(numbers) == {200}:
        return failed(expected="another status for each outcome", got="200 for all of them",
                      rule=RULE, mistake="empty-200")  # fmt: skip
    if set(numbers[:6]) == {500}:
        return failed(expected="502, 503 or 504: the fault is behind the façade",
                      got="500 for every error", rule=RULE, mistake="all-500")  # fmt: skip
    for (name, _, wanted, mistake), number in zip(cases, numbers, strict=True):
        if number != wanted:
            known = {"down-is-404": number == 404, "client-blamed": 400 <= number < 500,
                     "silence-is-502": number == 502}.get(mistake, False)  # fmt: skip
            return failed(expected=f"{wanted} when {name}", got=str(number), rule=RULE,
                          mistake=mistake if known else "")  # fmt: skip
    headers = {str(k).lower(): str(v) for k, v in dict(got[2][1][1] or {}).items()}
    if not headers.get("retry-after", "").isdigit():
        return failed(expected="Retry-After in seconds with a 503", got=headers or "no header",
                      rule=(cite("RFC 9110", "10.2.3"), *RULE),
                      mistake="no-retry-after")  # fmt: skip
    return passed("Each outcome says whose fault it is, and whether to come again.", rule=RULE)
