"""Façade 4: one list of several PACS, in pages.

Merge first, then sort, then page. A client that turns the pages sees each study once.
"""

import random
from collections.abc import Callable
from typing import Any

from pydicom.dataset import Dataset

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.advanced.nb03_build_a_facade._facade import IMPORTS, PAGE
from labkit.exercises.advanced.nb03_build_a_facade._old_pacs import header

EXERCISE = Exercise(
    given=IMPORTS,
    blank="""
        def page(answers, limit, offset):
            ...  # the studies of this page, and how many come after it: (matches, remaining)

        # answers: one list of matches for each PACS, in the order in which they happened to come
    """,
    answer="page",
    expects=Callable,  # type: ignore[arg-type]
    reference=PAGE,
    explanation="""
        limit and offset count in the list of all matches (PS3.18 8.3.4.4), and only whoever has
        merged has that list. A PACS gives its matches in any order, another one each time (PS3.4
        C.4.1.3.1), so the façade sorts, by something that no two studies share at the end: the
        Study Instance UID. What two PACS hold is one study. The price is that every page asks for
        everything; that is why a façade keeps the merged list for a short time.
    """,
    hints=(
        "Write the list of all studies first, each once, and forget about pages for a moment.",
        "A dict by StudyInstanceUID takes out the doubles. Sort by date, and by what when two have "
        "the same date?",
        "order.sort(key=lambda m: (m.StudyDate, m.StudyInstanceUID)); return order[offset:offset + "
        "limit], max(len(order) - offset - limit, 0)",
    ),
    wrong=(
        Wrong(
            "page-each",
            """
            def page(answers, limit, offset):
                found = []
                for answer in answers:
                    order = sorted(answer, key=lambda m: m.StudyInstanceUID)
                    found += order[offset:offset + limit]
                return found[:limit], max(sum(map(len, answers)) - offset - limit, 0)
            """,
            """You took a page of each PACS and put these together. offset counts in the whole list:
            your second page leaves out what the first cut off.""",
        ),
        Wrong(
            "by-arrival",
            PAGE.replace("sorted(merged.values(), key=lambda m: m.StudyInstanceUID)",
                         "list(merged.values())")
            .replace("order.sort(key=lambda m: m.StudyDate, reverse=True)", "pass"),
            """You kept the order of arrival. The PACS answers in another order at the next page,
            so a study is on both pages, and another one on none.""",
        ),
        Wrong(
            "date-alone",
            PAGE.replace("sorted(merged.values(), key=lambda m: m.StudyInstanceUID)",
                         "list(merged.values())"),
            """You sorted by date alone. Studies of one day keep the order of arrival among
            themselves, and a page that ends within a day repeats and skips.""",
        ),
        Wrong(
            "doubles",
            PAGE.replace("merged.setdefault(match.StudyInstanceUID, match)",
                         "merged[len(merged)] = match"),
            """You left in what both PACS have. The same study twice in a list is one that a
            reader opens twice.""",
        ),
        Wrong(
            "remaining-wrong",
            PAGE.replace("max(len(order) - offset - limit, 0)", "len(order) - limit"),
            """You forgot the offset when you counted what remains. A client that reads the Warning
            goes on asking for pages that are empty.""",
        ),
    ),
)  # fmt: skip

RULE = (cite("PS3.18", "8.3.4.4"), cite("PS3.4", "C.4.1.3.1"))


def _pacs(numbers: range) -> list[Dataset]:
    return [header(f"1.2.{n}", "", "", StudyDate=f"202601{10 + n % 4}") for n in numbers]


def _walk(work: Work, limit: int, seed: int) -> tuple[list[list[str]], list[Any]] | Verdict:
    """Turn the pages as a client does; the PACS answer in another order each time."""
    chance = random.Random(seed)  # the same in each run
    pages: list[list[str]] = []
    remaining: list[Any] = []
    while not pages or (pages[-1] and len(pages) < 9):
        answers = [_pacs(range(30)), _pacs(range(25, 52))]  # five are in both: 52 in all
        for answer in answers:
            chance.shuffle(answer)
        got = work.call(answers, limit, len(pages) * limit)
        if got is None or got is ...:
            return blank()
        if not isinstance(got, tuple) or len(got) != 2 or not hasattr(got[0], "__iter__"):
            return failed(expected="(matches, remaining)", got=got, rule=RULE)
        pages.append([str(getattr(match, "StudyInstanceUID", match)) for match in got[0]])
        remaining.append(got[1])
    return pages, remaining


def check(work: Work) -> Verdict:
    """Turn the pages of two PACS by 25 and by 7."""
    for limit, wanted in ((25, [25, 25, 2, 0]), (7, [7, 7, 7, 7, 7, 7, 7, 3, 0])):
        walked = _walk(work, limit, seed=limit)
        if isinstance(walked, Verdict):
            return walked
        pages, remaining = walked
        listed = [uid for one in pages for uid in one]
        there = {f"1.2.{n}" for n in range(52)}
        again, lost = len(listed) - len(set(listed)), len(there - set(listed))
        if again or lost or [len(one) for one in pages] != wanted:
            got = f"pages of {', '.join(str(len(p)) for p in pages)}: {again} twice, {lost} missing"
            return failed(expected=f"52 studies, each once, in pages of {limit}", got=got,
                          rule=RULE, mistake=_why(work, again, lost))  # fmt: skip
        left = [max(52 - (n + 1) * limit, 0) for n in range(len(pages))]
        if remaining != left:
            return failed(expected=f"remaining {left}", got=f"remaining {remaining}", rule=RULE,
                          mistake="remaining-wrong")  # fmt: skip
    return passed("52 studies of two PACS, each on one page, whatever order they came in.",
                  rule=RULE)  # fmt: skip


def _why(work: Work, again: int, lost: int) -> str:
    """Recognise the mistake: what does it do with two studies of one PACS, and with a double?"""
    both = [_pacs(range(2)), _pacs(range(2))]
    if len(work.call(both, 10, 0)[0]) > 2:
        return "doubles" if not lost else "page-each"

    def first(answer: list[Dataset]) -> str:
        shown = list(work.call([answer], 1, 0)[0])
        return str(getattr(shown[0], "StudyInstanceUID", "")) if shown else ""

    days, day = _pacs(range(2)), [header("1.2.1", "", "", StudyDate="20260110"),
                                  header("1.2.2", "", "", StudyDate="20260110")]  # fmt: skip
    if first(days) != first(days[::-1]):
        return "by-arrival"
    if first(day) != first(day[::-1]):
        return "date-alone"
    return "page-each" if lost else ""
