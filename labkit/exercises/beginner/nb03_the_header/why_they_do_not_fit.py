"""Say why two series do not fit over one another.

What must agree, compared as values and not as text (PS3.3 C.7.4.1, C.7.6.2).
"""

import copy
from collections.abc import Callable
from typing import Any

from pydicom.dataset import Dataset
from pydicom.valuerep import DSfloat

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed, show
from labkit.exercises.model import AnswerRaised

MUST_AGREE = (
    "FrameOfReferenceUID", "ImageOrientationPatient", "PixelSpacing", "Rows", "Columns",
)  # fmt: skip

EXERCISE = Exercise(
    given="""
        acute = lab.sample("ct-head").datasets("CT")[0]
        later = lab.sample("ct-head-followup").datasets("CT")[0]
    """,
    blank="""
        MUST_AGREE = [
            "FrameOfReferenceUID", "ImageOrientationPatient", "PixelSpacing", "Rows", "Columns",
        ]

        def disagreements(first, second):
            ...  # return a list of those keywords of MUST_AGREE that are not the same in both
    """,
    answer="disagreements",
    expects=Callable,  # type: ignore[arg-type]
    reference="""
        MUST_AGREE = [
            "FrameOfReferenceUID", "ImageOrientationPatient", "PixelSpacing", "Rows", "Columns",
        ]

        def disagreements(first, second):
            return [word for word in MUST_AGREE if first.get(word) != second.get(word)]
    """,
    explanation="""
        get() gives the value, or None where the element is absent, so that absent against present
        is a difference too. pydicom compares values: '0.46' and '0.460' are the same number, though
        not the same text, and DS lets every program write as many digits as it likes. Of the five,
        Frame of Reference UID is the one that decides: only where it is the same do the positions
        of two series mean the same points in space (PS3.3 C.7.4.1). Two scans three days apart
        cannot have that; a workstation must register them first.
    """,
    hints=(
        "ds.get('Rows') gives a value by keyword, and None where there is none. Compare those of "
        "the two data sets, for each keyword in the list.",
        "Compare values, not str(value): the same number may be written in several ways. And do "
        "not stop at the first difference.",
        "A list with a condition does it: [word for word in MUST_AGREE if ...]. The condition is "
        "first.get(word) != second.get(word).",
    ),
    wrong=(
        Wrong(
            "compared-as-text",
            """
            def disagreements(first, second):
                return [word for word in
                        ["FrameOfReferenceUID", "ImageOrientationPatient", "PixelSpacing",
                         "Rows", "Columns"]
                        if str(first.get(word)) != str(second.get(word))]
            """,
            """You compared text. Two programs write the same number in different ways, 0.46 and
            0.460, and your function calls that a difference.""",
        ),
        Wrong(
            "fails-where-one-is-absent",
            """
            def disagreements(first, second):
                return [word for word in
                        ["FrameOfReferenceUID", "ImageOrientationPatient", "PixelSpacing",
                         "Rows", "Columns"]
                        if first[word].value != second[word].value]
            """,
            """Your function raises where one of the two lacks an element. That is a disagreement
            like any other, and the most common one.""",
        ),
        Wrong(
            "stopped-at-the-first",
            """
            def disagreements(first, second):
                for word in ["FrameOfReferenceUID", "ImageOrientationPatient", "PixelSpacing",
                             "Rows", "Columns"]:
                    if first.get(word) != second.get(word):
                        return [word]
                return []
            """,
            """You returned the first difference and left the rest out: a return ends the function.
            Whoever mends that one will be back with the next.""",
        ),
    ),
)

RULE = (cite("PS3.3", "C.7.4.1"), cite("PS3.3", "C.7.6.2"))


def check(work: Work) -> Verdict:
    """Try it on the two head CTs, and on copies changed in known ways."""
    first = work.lab.sample("ct-head").datasets("CT")[0]
    second = work.lab.sample("ct-head-followup").datasets("CT")[0]
    wanted = [word for word in MUST_AGREE if first.get(word) != second.get(word)]
    got = work.call(first, second)
    if got in (None, ...):
        return blank("Your function returns nothing for the two head CTs.")
    if (verdict := _compare(got, wanted, "the head CT and its follow-up")) is not None:
        return verdict
    rewritten = _copy(first)
    rewritten.PixelSpacing = [DSfloat(f"{float(v):.4f}") for v in first.PixelSpacing]
    rewritten.ImageOrientationPatient = [
        DSfloat(f"{float(v):.6f}") for v in first.ImageOrientationPatient
    ]
    got = work.call(first, rewritten)
    if (verdict := _compare(got, [], "a copy with 0.4600 for 0.46")) is not None:
        return verdict
    lacking = _copy(first)
    del lacking.PixelSpacing
    for pair in ((first, lacking), (lacking, first)):
        try:
            got = work.call(*pair)
        except AnswerRaised as error:
            return failed(
                expected="PixelSpacing, where one of the two has none",
                got=error.message.split(", when called")[0],
                rule=RULE,
                mistake="fails-where-one-is-absent",
            )
        verdict = _compare(got, ["PixelSpacing"], "a copy without Pixel Spacing")
        if verdict is not None:
            return verdict
    return passed(f"Between the two head CTs: {', '.join(wanted)}.", rule=RULE)


def _compare(got: Any, wanted: list[str], what: str) -> Verdict | None:
    """Judge one answer: any collection of keywords will do, in any order."""
    words = [got] if isinstance(got, str) else got
    if not isinstance(words, (list, tuple, set, frozenset, dict)):
        return failed(expected="a list of keywords", got=show(got), rule=RULE)
    if {str(word) for word in words} == set(wanted):
        return None
    mistake = ""
    if not wanted and set(words) <= {"PixelSpacing", "ImageOrientationPatient"}:
        mistake = "compared-as-text"
    elif list(words) == wanted[:1]:
        mistake = "stopped-at-the-first"
    expected = ", ".join(wanted) or "no disagreement"
    return failed(expected=f"{expected}, for {what}", got=show(got), rule=RULE, mistake=mistake)


def _copy(ds: Dataset) -> Dataset:
    copied = copy.deepcopy(ds.group_dataset(0x0020))
    copied.update(copy.deepcopy(ds.group_dataset(0x0028)))
    return copied
