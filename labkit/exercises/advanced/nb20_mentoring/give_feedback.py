"""Give Ashby the feedback

Two of fifteen points, and a pleasant talk. What do you say, so that the next time is better?
"""

from __future__ import annotations

from typing import Any

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.advanced.nb20_mentoring._given import IMPORTS
from labkit.exercises.mentoring import Comment, oral

_KEEP = "Comparing the titles on both sides is right: one look, and nothing is changed by it."
_CHANGE = (
    "You took the scanner's 0000 for the archive's. It was the router's, so the study was looked "
    "for in the viewer while it lay in a queue."
)
_NEXT = "Next time ask of each status which machine said it, and go to that machine's log."


def _source(keep: Any, change: Any, then: str) -> str:
    return f"    keep = {keep!r}\n    change = {change!r}\n    then = {then!r}\n"


EXERCISE = Exercise(
    given=IMPORTS,
    blank="""
    # Lines are those of oral("missing-study").candidate("Ashby").
    keep = ...    # (line, what was good about it, and why)
    change = ...  # (line, what it would have led to): one thing, the one with most harm
    then = ...    # what to do next time instead
    """,
    answer="(keep, change, then)",
    expects=tuple,
    reference=_source((3, _KEEP), (5, _CHANGE), _NEXT),
    explanation="""
        One thing to keep, one to change, each with the line in which it was said, and one act for
        next time. Which one to change is a choice: line 5 is what loses the study, and whoever asks
        whose success it is does not restart the archive in line 7 either.
    """,
    hints=(
        "Which line earned the one point for association? Begin with it, and mean it.",
        "Lines 2, 5 and 7 each cost a criterion. Which of them sends others the wrong way?",
        'keep = (3, "…why…"), change = (5, "…what follows…"), then = "Next time ask of each '
        'status …".',
    ),
    wrong=(
        Wrong(
            "praise-without-a-line",
            _source((10, "You communicate well and have a structured approach."), (5, _CHANGE),
                    _NEXT),
            """What you praise is how it was said, not what. Ashby keeps the fluency, and has
            learned nothing of the method. Name a line that earned points.""",
        ),
        Wrong(
            "blames-the-person",
            _source((3, _KEEP), (5, "You always guess, and it was obviously careless to trust it."),
                    _NEXT),
            """You speak of the person. Say what the line leads to; that can be changed.""",
        ),
        Wrong(
            "no-next-step",
            _source((3, _KEEP), (5, _CHANGE), "Be more careful."),
            """"Be more careful" cannot be done. Name an act that can be seen: what is asked, of
            which machine.""",
        ),
        Wrong(
            "everything-at-once",
            _source((3, _KEEP), ([2, 4, 5, 7, 8, 9], "All of these lines are wrong, and each of "
                    "them would have led the search elsewhere."), _NEXT),
            """Six things at once are none. Choose the one that does most harm; the others follow
            from it or wait.""",
        ),
    ),
)  # fmt: skip

RULE = cite("PS3.4", "B.2.3")
_WORST = (2, 5, 7, 8)
_ACTS = ("ask", "look", "read", "echo", "search", "follow", "send", "compare", "check", "open",
         "log", "find")  # fmt: skip


def check(work: Work) -> Verdict:
    """Look at the lines that were chosen, and at how it is said."""
    if len(work.answer) != 3 or all(part is ... for part in work.answer):
        return blank()
    keep, change, then = work.answer
    if not all(isinstance(part, tuple) and len(part) == 2 for part in (keep, change)):
        return failed(expected="keep and change are (line, words)", got=work.answer, rule=RULE)
    if isinstance(change[0], (list, tuple, set)):
        return failed(expected="one line to change", got=str(change[0]), rule=RULE,
                      mistake="everything-at-once")  # fmt: skip
    good = [line for key, reference in oral("missing-study").references.items()
            if key[0] == "Ashby" and reference.level > 0 for line in reference.lines
            if line != 4]  # fmt: skip
    if keep[0] not in good:
        return failed(expected="a line that earned a point", got=f"line {keep[0]}", rule=RULE,
                      mistake="praise-without-a-line")  # fmt: skip
    if change[0] not in _WORST:
        why = "Other lines cost more: which ones sent others the wrong way, or changed something?"
        return failed(expected="the line with most harm", got=f"line {change[0]}", rule=RULE,
                      why=why)  # fmt: skip
    # The same rules as for comments on a design: place, consequence, not the person.
    said = Comment(f":{change[0]}", "", str(change[1]), "feedback to Ashby", str(then) + "?")
    if said.fault == "blames-the-person":
        return failed(expected="what the line leads to", got=str(change[1]), rule=RULE,
                      mistake="blames-the-person")  # fmt: skip
    if said.fault or len(str(keep[1]).split()) < 5:
        return failed(expected="why it was good, and what the other leads to", got=str(change[1]),
                      rule=RULE)  # fmt: skip
    words = str(then).lower().split()
    if len(words) < 5 or not any(word.startswith(_ACTS) for word in words):
        return failed(expected="an act for next time", got=str(then), rule=RULE,
                      mistake="no-next-step")  # fmt: skip
    return passed("One to keep, one to change, and something to do.", rule=RULE)
