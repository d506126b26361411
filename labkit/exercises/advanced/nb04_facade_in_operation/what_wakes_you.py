"""What is to wake somebody at night?

Counters go up for ever. An alarm is about what they did in the last minutes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.advanced.nb04_facade_in_operation._proxy import IMPORTS, facade

_RIGHT = """
    def alarms(before, after):
        found = set()
        for name, now in after["upstreams"].items():
            if now["breaker"] != "closed":
                found.add("pacs")
            old = before["upstreams"].get(name, {}).get("requests", {})
            good = bad = 0
            for service, counts in now["requests"].items():
                for status, count in counts.items():
                    was = old.get(service, {}).get(status, 0)
                    grown = count - was if count >= was else count
                    if status in ("0000", "FF00", "FF01", "B000"):
                        good += grown
                    else:
                        bad += grown
            if good + bad >= 10 and bad / (good + bad) >= 0.2:
                found.add("pacs")
        new = {name: after["cache"][name] - (before["cache"][name]
               if after["cache"][name] >= before["cache"][name] else 0)
               for name in ("hits", "misses", "evicted")}
        if new["evicted"] >= 10 and new["misses"] > new["hits"]:
            found.add("cache")
        return found
"""

EXERCISE = Exercise(
    given=IMPORTS,
    blank="""
        def alarms(before, after):
            ...  # a set of what is wrong between two readings of lab.proxy.stats():
                 # "pacs": a breaker is not closed, or of 10 or more operations a fifth failed
                 # "cache": 10 or more objects were put out, and more misses than hits
    """,
    answer="alarms",
    expects=Callable,  # type: ignore[arg-type]
    reference=_RIGHT,
    explanation="""
        A counter tells how often since the start; what matters is how often since the last
        reading, so take differences, as Prometheus does with rate(). A counter that is lower than
        before has begun anew: the process was restarted. Few operations make no rate: one failure
        of one is 100 % and no alarm. And an alarm asks somebody to do something: mend the PACS,
        enlarge the cache. A client that asks for a study that is not there needs nobody at night.
    """,
    hints=(
        "Print lab.proxy.stats(). Which of the numbers can go down, and what of last week's "
        "outage?",
        "Subtract before from after, status by status; 0000 is a success, AssociationError is not. "
        "If a number is smaller than before, take it as it is.",
        "bad / (good + bad) >= 0.2 if there were 10 or more; the breaker needs no difference, it "
        "is a state: anything but closed.",
    ),
    wrong=(
        Wrong(
            "since-ever",
            _RIGHT.replace("grown = count - was if count >= was else count", "grown = count"),
            """You looked at the counters since the start. The outage of last week is in them, so
            the alarm never ends, and a new one is lost in the mean of a year.""",
        ),
        Wrong(
            "restart-forgotten",
            _RIGHT.replace("grown = count - was if count >= was else count", "grown = count - was"),
            """You subtracted across a restart. The counters began anew, the differences are
            negative, and the outage that made somebody restart it is not seen.""",
        ),
        Wrong(
            "one-of-one",
            _RIGHT.replace("good + bad >= 10 and bad / (good + bad) >= 0.2", "bad"),
            """You raised the alarm at a single failure. At three in the night there is one
            request, it fails, and somebody gets up for it. The second week nobody does.""",
        ),
        Wrong(
            "breaker-overlooked",
            _RIGHT.replace('if now["breaker"] != "closed":', 'if now["breaker"] == "melted":'),
            """You did not look at the breaker. While it is open the façade asks nothing, so there
            are no failures to count: the worst hour looks quiet.""",
        ),
        Wrong(
            "cold-is-small",
            _RIGHT.replace('new["evicted"] >= 10 and new["misses"] > new["hits"]',
                           'new["misses"] > new["hits"]'),
            """You took misses for a small cache. After a restart, and every morning, studies are
            opened for the first time; only where something was put out is there too little
            room.""",
        ),
    ),
)  # fmt: skip

RULE = (cite("RFC 9110", "15.6"), cite("PS3.7", "C"))


def _stats(good: int, bad: int, breaker: str = "closed", cache: tuple[int, int, int] = (0, 0, 0),
           status: str = "AssociationError") -> dict[str, Any]:  # fmt: skip
    counts = {"0000": good} | ({status: bad} if bad else {})
    hits, misses, evicted = cache
    return {
        "upstreams": {"LEGACY": {"requests": {"C-FIND": counts}, "associations": 1, "idle": 1,
                                 "breaker": breaker}},
        "cache": {"hits": hits, "misses": misses, "shared": 0, "stale": 0, "objects": 9,
                  "bytes": 9, "evicted": evicted},
        "retrieves": {"started": misses, "under_way": 0},
    }  # fmt: skip


CASES: tuple[tuple[str, dict[str, Any], dict[str, Any], set[str], str], ...] = (
    ("a quiet hour", _stats(100, 0), _stats(150, 1), set(), "one-of-one"),
    ("half of the operations fail", _stats(0, 0), _stats(20, 20), {"pacs"}, ""),
    ("the status is C000", _stats(10, 0), _stats(20, 10, status="C000"), {"pacs"}, ""),
    ("an outage last week", _stats(100, 900), _stats(200, 900), set(), "since-ever"),
    ("an outage after a year of peace", _stats(99_000, 0), _stats(99_010, 10), {"pacs"},
     "since-ever"),
    ("a restart, then failures", _stats(500, 40), _stats(8, 12), {"pacs"}, "restart-forgotten"),
    ("one operation, one failure", _stats(5, 0), _stats(5, 1), set(), "one-of-one"),
    ("the breaker is open, nothing is asked", _stats(9, 9), _stats(9, 9, "open"), {"pacs"},
     "breaker-overlooked"),
    ("the breaker tries", _stats(9, 9), _stats(9, 9, "half-open"), {"pacs"}, "breaker-overlooked"),
    ("a cold morning", _stats(9, 0, cache=(50, 50, 7)), _stats(99, 0, cache=(52, 90, 7)), set(),
     "cold-is-small"),
    ("studies push each other out", _stats(9, 0, cache=(5, 5, 0)), _stats(99, 0, cache=(9, 90, 60)),
     {"cache"}, ""),
    ("a full cache that helps", _stats(9, 0, cache=(5, 5, 0)), _stats(99, 0, cache=(300, 40, 30)),
     set(), ""),
)  # fmt: skip


def check(work: Work) -> Verdict:
    """Have it judge twelve pairs of readings, and the façade's own."""
    for what, before, after, wanted, mistake in CASES:
        got = work.call(before, after)
        if got is None or got is ...:
            return blank()
        if not isinstance(got, (set, frozenset, list, tuple)):
            return failed(expected="a set of alarms", got=got, rule=RULE)
        if set(got) != wanted:
            return failed(expected=f"{sorted(wanted) or 'no alarm'}: {what}",
                          got=f"{sorted(map(str, got)) or 'no alarm'}", rule=RULE,
                          mistake=mistake)  # fmt: skip
    live = facade(work).stats()
    if (
        live
        and "pacs" in set(work.call(live, live))
        and all(each["breaker"] == "closed" for each in live["upstreams"].values())
    ):
        return failed(expected="no alarm between two equal readings", got="pacs", rule=RULE)
    return passed("Twelve hours, and nobody was woken for nothing.", rule=RULE)
