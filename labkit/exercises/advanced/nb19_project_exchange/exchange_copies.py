"""What is kept, and what has to go

Copies are deleted after 90 days. Originals are not, for longer than anybody here will work.
"""

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.advanced.nb19_project_exchange._designs import (
    GIVEN,
    KEPT,
    LINES,
    SAFE,
    WHO,
    marked,
)

EXERCISE = Exercise(
    given=GIVEN + WHO + LINES + SAFE,
    blank="""
    # Make `kept` of `safe`: [retention] as the brief and its law want it. Look at
    # read_brief("region").law and .limits.
    kept = safe
    """,
    answer="kept",
    expects=str,
    reference=KEPT,
    explanation="""
        Two clocks that run apart: the law says how long an original is kept at least, the brief
        how long a copy is kept at most. keep counts copies, and says nothing about their age: with
        twenty places, a copy that nobody pushes out stays for years, uncorrected. A design that
        states the law lets the next reader check it.
    """,
    hints=(
        "mark(kept, parts=['design', 'attack']): look at kept-as-the-law-says and copies-gone.",
        "years and children_until are what the design does; law_years and law_children_until what "
        "the law wants; law says which.",
        "copies_days = 90.",
    ),
    wrong=(
        Wrong(
            "keep-is-no-age",
            KEPT.replace("\n    copies_days = 90", "")
            + '\n    kept = kept.replace("keep = 20", "keep = 5")\n',
            """You made the cache smaller. Five copies that nobody pushes out are as old as they
            like.""",
        ),
        Wrong(
            "law-made-to-fit",
            KEPT.replace("years = 10", "years = 7").replace("law_years = 10", "law_years = 7"),
            """You wrote the law so that the design keeps it: check_design is content, and the
            images are gone three years too early.""",
        ),
        Wrong(
            "copies-as-originals",
            KEPT.replace("copies_days = 90", "copies_days = 3650"),
            """Ten years is the law for originals. A copy at another hospital is to be gone after
            90 days: it is not corrected there, and its consent may be taken back.""",
        ),
    ),
)

RULE = (cite("brief region", "limits"), cite("brief region", "law"))


def check(work: Work) -> Verdict:
    """Let 91 days go by."""
    marks = marked(work.answer, "attack")
    if isinstance(marks, str):
        return failed(expected="a design that can be read", got=marks, rule=RULE)
    retention = marks.design.retention
    copies, law = marks.named("copies-gone"), marks.named("kept-as-the-law-says")
    keep = [site.keep for site in marks.design.sites]
    if not retention.copies_days and retention.years == 7 and max(keep) == 20:
        return blank("[retention] is that of the draft.")
    if not copies.full:
        mistake = "copies-as-originals" if retention.copies_days > 90 else "keep-is-no-age"
        return failed(expected=copies.expected, got=copies.got, rule=RULE, mistake=mistake)
    if not law.full:
        mistake = "law-made-to-fit" if retention.law_years < 10 else ""
        return failed(expected=law.expected, got=law.got, rule=RULE, mistake=mistake)
    return passed(f"{copies.got}; originals for {law.got}.", rule=RULE)
