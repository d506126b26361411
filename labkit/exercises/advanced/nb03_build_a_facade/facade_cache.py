"""Façade 9: many ask, the PACS sends once.

Two readers open the same series in the same second. LEGACY must see one C-MOVE.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from labkit.common import cite
from labkit.common.errors import AssociationError
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.advanced.nb03_build_a_facade._facade import (
    AT_ONCE,
    CACHE,
    IMPORTS,
    NEW_STUDY,
    RETRIEVE,
)
from labkit.exercises.evidence import messages

_RUN = """
    mark = lab.mark()
    answers = at_once(Cache(), askers=8)
"""

EXERCISE = Exercise(
    given=IMPORTS + NEW_STUDY + RETRIEVE + AT_ONCE,
    blank="""
    class Cache:
        def get(self, key, fetch):
            ...  # what fetch() returns; called once for a key, however many ask

    """
    + _RUN,
    answer="Cache",
    expects=type,
    reference=CACHE + _RUN,
    explanation="""
        The first asker puts a Future under the key and fetches; the others find the Future and wait
        for it. The lock is held for the look into the dict alone, so that a slow study does not
        keep others waiting. What fails is taken out before those who wait are told: they all hear
        of it, and the next one tries again. The key is what was asked for, not the URL as it was
        typed: two URLs may name one series, and one URL may be asked in two transfer syntaxes.
    """,
    hints=(
        "Between looking into a dict and writing into it, the other seven look too. What has to "
        "be in it at that moment, since the objects are not there yet?",
        "A concurrent.futures.Future: setdefault(key, Future()) under a lock. Who put it there "
        "fetches and calls set_result; everybody returns future.result().",
        "And when fetch raises: take the key out, then future.set_exception(error). Fetch outside "
        "the lock.",
    ),
    wrong=(
        Wrong(
            "look-then-fetch",
            """
    class Cache:
        def __init__(self):
            self.kept = {}

        def get(self, key, fetch):
            if key not in self.kept:
                self.kept[key] = fetch()
            return self.kept[key]
    """
            + _RUN,
            """You looked, then fetched. All eight look before the first has anything, so all eight
            fetch: the cache helps the ninth reader, and the PACS had eight retrieves at once.""",
        ),
        Wrong(
            "one-lock",
            """
    class Cache:
        def __init__(self):
            self.kept, self.lock = {}, threading.Lock()

        def get(self, key, fetch):
            with self.lock:
                if key not in self.kept:
                    self.kept[key] = fetch()
                return self.kept[key]
    """
            + _RUN,
            """You held one lock while fetching. One C-MOVE, yes; and everybody who wants another
            study waits for the slowest one.""",
        ),
        Wrong(
            "failure-kept",
            CACHE.replace("with self.lock:\n                        del self.kept[key]", "pass")
            + _RUN,
            """You kept the failure. The PACS was away for a second, and your façade says so for
            ever.""",
        ),
        Wrong(
            "waiters-forgotten",
            CACHE.replace("future.set_exception(error)", "raise") + _RUN,
            """You told the first asker of the failure and left the others waiting for a result that
            never comes. Threads that hang are found a day later, when there are none left.""",
        ),
        Wrong(
            "by-study",
            CACHE.replace("def get(self, key, fetch):",
                          "def get(self, key, fetch):\n            key = key[0]") + _RUN,
            """You made the key shorter: what is kept under the study is whatever was asked for
            first, and the next one gets another series.""",
        ),
    ),
)  # fmt: skip

RULE = (cite("PS3.4", "C.4.2"), cite("RFC 9111", "4"))
PATIENCE = 2.0


def check(work: Work) -> Verdict:
    """Count the C-MOVEs at LEGACY; then be a second reader, and a PACS that fails."""
    asked = messages(work, "LEGACY", "C-MOVE-RQ", caller="")
    answers = work.namespace.get("answers")
    if not asked and isinstance(answers, list) and not any(answers):
        return blank("LEGACY was not asked for anything.")
    if len(asked) != 1:
        return failed(expected="one C-MOVE at LEGACY for eight askers", rule=RULE,
                      got=f"{len(asked)} of them",
                      mistake="look-then-fetch" if len(asked) > 1 else "")  # fmt: skip
    numbers = [len(one) if isinstance(one, list) else 0 for one in answers or ()]
    if len(numbers) != 8 or len(set(numbers)) != 1 or not numbers[0]:
        return failed(expected="the objects for each of the eight", got=numbers, rule=RULE)
    return _keys(work) or _others(work) or _failure(work) or passed(
        "Eight askers, one C-MOVE; a failure is heard by all and kept by nobody.", rule=RULE
    )  # fmt: skip


def _keys(work: Work) -> Verdict | None:
    cache = work.call()
    got = [cache.get((study, series), lambda: [object()]) for study, series in
           (("1", "1.1"), ("1", "1.2"), ("2", "1.1"), ("1", "1.1"))]  # fmt: skip
    if got[0] is got[1] or got[0] is got[2]:
        return failed(expected="another series under another key", got="the series before it",
                      rule=RULE, mistake="by-study")  # fmt: skip
    if got[0] is not got[3]:
        return failed(expected="no second retrieve of what is here", got="a second one", rule=RULE)
    return None


def _thread(act: Callable[[], Any]) -> tuple[threading.Thread, list[Any]]:
    said: list[Any] = []

    def run() -> None:
        try:
            said.append(act())
        except Exception as error:  # whatever the learner's class raises is looked at
            said.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread, said


def _others(work: Work) -> Verdict | None:
    """One study is slow; another one must not wait for it."""
    cache, begun, go_on = work.call(), threading.Event(), threading.Event()

    def slow() -> list[str]:
        begun.set()
        go_on.wait(PATIENCE * 3)
        return ["slow"]

    first, _ = _thread(lambda: cache.get(("1", "1.1"), slow))
    begun.wait(PATIENCE)
    second, said = _thread(lambda: cache.get(("2", "2.1"), lambda: ["quick"]))
    second.join(PATIENCE)
    waits = not said
    go_on.set()
    first.join(PATIENCE)
    second.join(PATIENCE)
    if waits:
        return failed(expected="another study at once while a slow one is fetched",
                      got="it waits", rule=RULE, mistake="one-lock")  # fmt: skip
    return None


def _failure(work: Work) -> Verdict | None:
    cache, begun, go_on = work.call(), threading.Event(), threading.Event()

    def failing() -> list[str]:
        begun.set()
        go_on.wait(PATIENCE)
        raise AssociationError("the PACS went away")

    first, _ = _thread(lambda: cache.get(("1", "1.1"), failing))
    begun.wait(PATIENCE)
    second, said = _thread(lambda: cache.get(("1", "1.1"), failing))
    second.join(0.05)  # so that it is waiting by now; if it is not, nothing is proven wrong
    go_on.set()
    first.join(PATIENCE)
    second.join(PATIENCE)
    if not said:
        return failed(expected="everybody who waits hears that it failed", got="they wait on",
                      rule=RULE, mistake="waiters-forgotten")  # fmt: skip
    third, again = _thread(lambda: cache.get(("1", "1.1"), lambda: ["whole"]))
    third.join(PATIENCE)
    if again != [["whole"]]:
        return failed(expected="a new attempt after a failure", got="the old failure", rule=RULE,
                      mistake="failure-kept")  # fmt: skip
    return None
