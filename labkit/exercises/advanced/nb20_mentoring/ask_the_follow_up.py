"""Ask the follow-up question

Two minutes are left, and one question to each. It has to tell you what you do not know.
"""

from __future__ import annotations

import re
from typing import Any

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.advanced.nb20_mentoring._given import IMPORTS
from labkit.exercises.mentoring import Oral, oral

_GIVES_AWAY = {
    "data": r"accession|uid|header|order|wrong patient|another patient|somebody else",
    "failure": r"502|503|retry|partial|half|incomplete|twice|bounded",
}
_OPEN = re.compile(
    r"\b(what|how|which|why|whose|when|who|where|show|tell|describe|explain|walk)\b", re.IGNORECASE
)
_CLOSED = re.compile(
    r"^\s*(do|does|did|is|are|was|would|will|can|could|should|have|has)\b", re.IGNORECASE
)

EXERCISE = Exercise(
    given=IMPORTS,
    blank="""
    # For Cole (missing-study) and for Devon (legacy-pacs): the criterion that you ask about, and
    # the words of the question.
    asked = {
        "Cole": (..., "…"),
        "Devon": (..., "…"),
    }
    """,
    answer="asked",
    expects=dict,
    reference="""
    asked = {
        "Cole": ("data", "The patient has no study in the PACS. How do you look further?"),
        "Devon": ("failure", "The PACS stops after twelve of twenty slices. What happens next?"),
    }
    """,
    explanation="""
        Cole and Birch are a point apart, and so are Devon and Frey. What would change the order is
        where one has said enough and the other nothing. A good question puts a case and leaves the
        answer open: the key words of the rubric are not in it, and yes is no answer to it.
    """,
    hints=(
        "Lay the scores of Birch and Cole side by side. Where is one at 3 and the other low "
        "because little was said?",
        "Put a case, and ask what they do: what, how, which. Read it again: does it hold a word "
        "that only the answer should?",
        'oral("missing-study").criterion("data").follow_up is one way to ask it; Devon\'s is '
        '"failure" of the other.',
    ),
    wrong=(
        Wrong(
            "leading-question",
            """
    asked = {
        "Cole": ("data", "How would you search by accession number and study UID?"),
        "Devon": ("failure", "What do you do on a 503 with Retry-After?"),
    }
    """,
            """Your question holds the answer. Whoever repeats it gets the points, and you know as
            much as before.""",
        ),
        Wrong(
            "yes-or-no",
            """
    asked = {
        "Cole": ("data", "Do you look further if the patient has no study?"),
        "Devon": ("failure", "Would you handle errors of the PACS properly?"),
    }
    """,
            """Your question can be answered by yes. Ask what, how or which.""",
        ),
        Wrong(
            "asks-what-was-said",
            """
    asked = {
        "Cole": ("status", "The scanner has a success for each image. What do you make of it?"),
        "Devon": ("load", "Twenty frames at once. How many associations does the PACS see?"),
    }
    """,
            """The candidate has said that already, and has 3. The answer cannot change anything;
            ask where you do not know.""",
        ),
    ),
)

RULE = (cite("PS3.4", "C.2.2.2.1"), cite("RFC 9110", "15.6.4"))


def check(work: Work) -> Verdict:
    """Look at what each question could change, and at its words."""
    asked: dict[str, Any] = work.answer
    cases = {"Cole": oral("missing-study"), "Devon": oral("legacy-pacs")}
    if not asked or all(not _given(asked.get(who)) for who in cases):
        return blank()
    for who, one in cases.items():
        pair: Any = asked.get(who)
        if not _given(pair):
            return failed(expected=f"(criterion, question) for {who}", got=pair, rule=RULE)
        verdict = _one(who, one, *map(str, pair))
        if verdict is not None:
            return verdict
    return passed("Each question puts a case, and its answer can change the order.", rule=RULE)


def _given(pair: Any) -> bool:
    return isinstance(pair, tuple) and len(pair) == 2 and ... not in pair


def _one(who: str, one: Oral, criterion: str, question: str) -> Verdict | None:
    names = [each.name for each in one.criteria]
    if criterion not in names:
        return failed(expected=f"one of {', '.join(names)}", got=criterion, rule=RULE)
    expected = "an open question about what could change the order"
    got = f"{who}, {criterion}: {question}"
    if one.references[who, criterion].level == 3:
        return failed(expected=expected, got=got, rule=RULE, mistake="asks-what-was-said")
    if re.search(_GIVES_AWAY.get(criterion, r"(?!)"), question, re.IGNORECASE):
        return failed(expected=expected, got=got, rule=RULE, mistake="leading-question")
    if _CLOSED.search(question.split(". ")[-1]) or not _OPEN.search(question):
        return failed(expected=expected, got=got, rule=RULE, mistake="yes-or-no")
    return None
