"""How large must the cache be? Ask yesterday.

A cache is chosen by what people open, not by what the disk has left.
"""

import random
from collections import OrderedDict
from collections.abc import Callable

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.advanced.nb04_facade_in_operation._proxy import IMPORTS

_RIGHT = """
    def hits(requests, limit):
        kept, found = OrderedDict(), 0
        for study, size in requests:
            if study in kept:
                found += 1
                kept.move_to_end(study)
                continue
            kept[study] = size
            while sum(kept.values()) > limit:
                kept.popitem(last=False)
        return found
"""

EXERCISE = Exercise(
    given=IMPORTS,
    blank="""
        def hits(requests, limit):
            ...  # how many of them a cache of `limit` bytes would have answered

        # requests: (study, bytes) in the order of the day; the one used longest ago goes first
    """,
    answer="hits",
    expects=Callable,  # type: ignore[arg-type]
    reference=_RIGHT,
    explanation="""
        The log of one working day says how each size would have done. The curve has a knee: below
        it the studies of one morning push each other out and every request costs a retrieve, above
        it more disk buys nothing. Used means used: a hit makes a study young again. What is larger
        than the cache passes through it, and takes everything else with it on the way.
    """,
    hints=(
        "Play the day through: for each request, is the study there? If not, it comes in, and what "
        "goes out?",
        "An OrderedDict keeps the order: move_to_end at a hit, popitem(last=False) while the bytes "
        "are above the limit.",
        "kept[study] = size, then while sum(kept.values()) > limit: kept.popitem(last=False). "
        "Count the requests that were in kept.",
    ),
    wrong=(
        Wrong(
            "first-in-first-out",
            _RIGHT.replace("kept.move_to_end(study)", "pass"),
            """You put out what came first, though it was used a moment ago. The study that is shown
            in this morning's conference came in yesterday, and is fetched again.""",
        ),
        Wrong(
            "studies-counted",
            _RIGHT.replace("while sum(kept.values()) > limit:",
                           "while len(kept) > limit // 100:"),
            """You counted studies. A radiograph has 10 MB and a CT a hundred times that: the
            limit of a disk is in bytes.""",
        ),
        Wrong(
            "never-put-out",
            _RIGHT.replace("while sum(kept.values()) > limit:", "while not kept:"),
            """You put nothing out. That is the hit rate of an endless disk: the best that any size
            can have.""",
        ),
        Wrong(
            "first-visit-a-hit",
            _RIGHT.replace("kept[study] = size", "kept[study] = size\n            found += 1"),
            """You counted the first visit too. Whoever opens a study for the first time has to wait
            for the PACS, whatever the size.""",
        ),
    ),
)  # fmt: skip

RULE = cite("RFC 9111", "4")


def _lru(requests: list[tuple[str, int]], limit: int, *, by_use: bool = True) -> int:
    kept: OrderedDict[str, int] = OrderedDict()
    found = 0
    for study, size in requests:
        if study in kept:
            found += 1
            if by_use:
                kept.move_to_end(study)
            continue
        kept[study] = size
        while sum(kept.values()) > limit:
            kept.popitem(last=False)
    return found


def check(work: Work) -> Verdict:
    """Play a made-up day through caches of six sizes."""
    chance = random.Random(4)  # the same day in each run
    sizes = {f"1.2.{n}": chance.choice([20, 80, 150, 400]) for n in range(40)}
    names = list(sizes)
    day = [(name, sizes[name]) for n in range(400)
           for name in [names[min(int(chance.expovariate(0.15)) + n // 40, 39)]]]  # fmt: skip
    for limit in (100, 500, 1000, 2000, 4000, 100_000):
        got = work.call(day, limit)
        if got is None or got is ...:
            return blank()
        right = _lru(day, limit)
        if got == right:
            continue
        endless = len(day) - len({name for name, _ in day})
        mistake = "first-in-first-out" if got == _lru(day, limit, by_use=False) else ""
        mistake = "never-put-out" if got == endless else mistake
        if work.call([("1", 10), ("2", 10)], 100) == 2:
            mistake = "first-visit-a-hit"
        elif work.call([("1", 10), ("2", 10), ("1", 10)], 100) == 0:
            mistake = "studies-counted"
        return failed(expected=f"{right} hits of {len(day)} with {limit} bytes", got=str(got),
                      rule=RULE, mistake=mistake)  # fmt: skip
    return passed("Six sizes, each with the hits that the day would have had.", rule=RULE)
