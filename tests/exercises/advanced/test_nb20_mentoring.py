"""Notebook 20: right answers other than the reference, and wrong ones that nobody foresaw."""

from __future__ import annotations

import pytest

from labkit.lab import Lab
from tests.exercises.beginner.learner import attempt, falls_short, passes

REPAIR = """
    mended = theirs
    for old, new in (
        ('2.25.2026102.1"\\nauthority = "2.25.2026101.2"',
         '2.25.2026102.1"\\nauthority = "2.25.2026102.9"'),
        ("tls = false", "tls = true"), (', "TEST"]', "]"), ("children_until = 18",
        "children_until = 28"), ("copies_days = 18250", "copies_days = 365"),
        ("mbit = 12\\n", "mbit = 50\\n"), ("mbit = 10000", "mbit = 1000"),
        ('forward = ["north"]\\n', 'forward = ["north"]\\npasses = "once"\\n'),
    ):
        assert old in mended, old
        mended = mended.replace(old, new, 1)
    mended += '\\n[identity]\\nmanager = "centre"\\n'
"""
ORDER = """
    order = ["nobody-cross-references", "one-authority", "busy-line", "copies-outlive",
             "children-too-short", "title-of-nobody", "line-in-the-clear", "round-and-round",
             "idle-line"]
    exception = "busy-line"
    because = "137 % in working hours: the morning's head scans come in the afternoon"
"""


def test_the_loop_may_end_at_the_centre(lab: Lab) -> None:
    passes(lab, "mentor-repair", REPAIR)


@pytest.mark.parametrize(
    ("left", "says"),
    [
        (('"copies_days = 365"', '"copies_days = 18000"'), "copies"),
        (("mbit = 50", "mbit = 20"), "working hours"),
        (('"tls = true"', '"tls = false"'), "in the clear"),
        (("passes", "# passes"), "goes round for ever:   what is made"),
    ],
)
def test_what_is_left_is_said(lab: Lab, left: tuple[str, str], says: str) -> None:
    assert left[0] in REPAIR
    verdict = attempt(lab, "mentor-repair", REPAIR.replace(*left))
    assert verdict.outcome == "failed" and says in verdict.got, verdict


def test_another_exception_can_be_defended(lab: Lab) -> None:
    passes(lab, "mentor-order", ORDER)
    falls_short(lab, "mentor-order", ORDER.replace("137 %", "far too full"), "without-a-number")
    moved = ORDER.replace('exception = "busy-line"', 'exception = "copies-outlive"')
    falls_short(lab, "mentor-order", moved)


def test_a_review_of_eight_with_one_false_alarm_is_good(lab: Lab) -> None:
    from labkit.exercises.advanced.nb20_mentoring.mentor_review import EXERCISE

    less = EXERCISE.reference.replace(":82", ":88")  # a line that is wide enough
    verdict = attempt(lab, "mentor-review", less)
    assert verdict.outcome == "passed" and "missed one" in verdict.why, verdict
    assert falls_short(lab, "mentor-review", "comments = ['TLS is missing']") is None


def test_other_questions_that_separate(lab: Lab) -> None:
    passes(
        lab,
        "ask-the-follow-up",
        """
    asked = {"Cole": ("data", "Nothing is found for this name. What else could be so?"),
             "Devon": ("failure", "Explain what the platform gets while the PACS restarts.")}
    """,
    )


def test_other_feedback(lab: Lab) -> None:
    passes(
        lab,
        "give-feedback",
        """
    keep = (9, "Looking in the archive itself is right; it is the only one who can say.")
    change = (7, "The restart emptied the router's memory, and with it what had happened.")
    then = "Read the router's log before anything on it is restarted."
    """,
    )


def test_the_study_may_be_asked_for_by_its_uid(lab: Lab) -> None:
    passes(
        lab,
        "stand-as-candidate",
        """
    done = lab.examine("US1")
    keys = identifier("STUDY", StudyInstanceUID=lab.received("ROUTER")[-1].StudyInstanceUID) \\
        if lab.received("ROUTER") else identifier("STUDY", AccessionNumber="LK2600035")
    echo(lab.router)
    find(lab.archive, keys)
    lab.faults.diagnose("router-without-rule",
                        [done.traces, lab.log("ROUTER", since=mark).having("queued")])
    lab.configure("ROUTER", forward_to=["ARCHIVE"])
    lab.examine("US1")
    find(lab.archive, identifier("STUDY", AccessionNumber="LK2600035"))
    result = lab.faults.debrief()
    """,
    )
