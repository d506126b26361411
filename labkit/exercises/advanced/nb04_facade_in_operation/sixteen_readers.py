"""Sixteen readers in one moment.

The whole department opens the same study. Show that LEGACY sends it once.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, failed, passed
from labkit.exercises.advanced.nb04_facade_in_operation._proxy import IMPORTS, NEW_STUDY, facade
from labkit.exercises.evidence import messages

_RUN = """
    cold = str(new_study()[0].StudyInstanceUID)
    mark = lab.mark()
"""
_RIGHT = """
    start = threading.Barrier(16)

    def reader(_):
        start.wait()
        return get(f"/studies/{cold}").status_code

    with ThreadPoolExecutor(16) as threads:
        answers = list(threads.map(reader, range(16)))
"""

EXERCISE = Exercise(
    given=IMPORTS + NEW_STUDY,
    blank=_RUN
    + """
    answers = ...  # the statuses of 16 GETs of /studies/{cold}, all sent in the same moment

    # get(path) sends one and waits for the answer
    """,
    answer="answers",
    expects=list,
    reference=_RUN + _RIGHT,
    explanation="""
        A load test has to have the load: sixteen threads, held at a barrier until all are there.
        The first request to look finds nothing and begins the retrieve; the others join it, and
        the façade's record says shared, or hit if they came when it was over. What it cost is not
        for the façade to say: it is what LEGACY saw.
    """,
    hints=(
        "get waits for its answer. What is needed so that sixteen of them run at the same time?",
        "ThreadPoolExecutor(16), and a threading.Barrier(16) that each waits at before it asks.",
        "def reader(_): start.wait(); return get(f'/studies/{cold}').status_code, then "
        "list(threads.map(reader, range(16)))",
    ),
    wrong=(
        Wrong(
            "one-after-the-other",
            _RUN + '    answers = [get(f"/studies/{cold}").status_code for _ in range(16)]\n',
            """You asked one after the other. That is one miss and fifteen hits: any cache can do
            it, and nothing is proven about sixteen at once.""",
        ),
        Wrong(
            "warmed-up",
            _RUN + '    get(f"/studies/{cold}")\n' + _RIGHT,
            """You fetched the study before the test. All sixteen are hits, whatever the façade does
            when it has nothing.""",
        ),
        Wrong(
            "past-the-facade",
            _RUN
            + """
    from labkit.dimse import get as c_get
    keys = identifier("STUDY", StudyInstanceUID=cold)
    with ThreadPoolExecutor(16) as threads:
        answers = [200 for _ in threads.map(lambda _: c_get(lab.legacy, keys), range(16))]
            """,
            """You went to LEGACY yourself, sixteen times. That is what it would have to bear
            without a façade.""",
        ),
    ),
)  # fmt: skip

RULE = (cite("PS3.18", "10.4.1"), cite("PS3.4", "C.4.3"))


def _interval(trace: dict[str, Any]) -> tuple[float, float]:
    began = datetime.fromisoformat(trace["started"]).timestamp()
    return began, began + trace["seconds"]


def check(work: Work) -> Verdict:
    """Look at the façade's records, and at what LEGACY saw since the mark."""
    cold, mark = str(work.namespace.get("cold")), work.namespace.get("mark")
    traces = [t for t in facade(work).traces(since=mark) if cold in t["target"]]
    asked = len(messages(work, "LEGACY", "C-GET-RQ", caller=""))
    asked += len(messages(work, "LEGACY", "C-MOVE-RQ", caller=""))
    if not traces:
        return failed(expected="16 requests at the façade", got="none", rule=RULE,
                      mistake="past-the-facade" if asked > 1 else "")  # fmt: skip
    overlapping = sum(
        one is not other and _interval(one)[0] < _interval(other)[1]
        and _interval(other)[0] < _interval(one)[1]
        for one in traces for other in traces
    )  # fmt: skip
    if not overlapping:
        return failed(expected="requests that overlap", got=f"{len(traces)} one after the other",
                      rule=RULE, mistake="one-after-the-other")  # fmt: skip
    first = min(traces, key=lambda trace: _interval(trace)[0])
    if len(traces) > 16 or all(_interval(first)[1] < _interval(t)[0] for t in traces if t != first):
        return failed(expected="16 requests, none of them before the others", rule=RULE,
                      got=f"{len(traces)}, the first one alone", mistake="warmed-up")  # fmt: skip
    if len(traces) < 16 or work.answer != [200] * 16:
        return failed(expected="16 answers of 200", rule=RULE,
                      got=f"{len(traces)} requests, {work.answer}")  # fmt: skip
    if asked != 1:
        return failed(expected="one retrieve at LEGACY", got=str(asked), rule=RULE)
    return passed("Sixteen readers at once, sixteen whole studies, one retrieve.", rule=RULE)
