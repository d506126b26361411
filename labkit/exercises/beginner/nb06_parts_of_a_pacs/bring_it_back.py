"""Bring the router back, and prove that it is.

Switching on is half of a repair. The other half is to see it work.
"""

from labkit.common import cite
from labkit.common.errors import NetworkError
from labkit.dimse import echo
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.evidence import exchanges

EXERCISE = Exercise(
    given="""
        from labkit.dimse import echo
        lab.stop_node("ROUTER")
    """,
    blank="""
        mark = lab.mark()
        ...  # switch the ROUTER on, and prove with one message that it answers
    """,
    reference="""
        mark = lab.mark()
        lab.start_node("ROUTER")
        echo(lab.router)
    """,
    explanation="""
        A machine that is switched on is not yet a machine that works: it may have come up with
        another address, with another title, or without its disk. The proof of a repair is that the
        act which failed now succeeds. Here that is an echo; for a scanner that could not send it
        would be one image, found in the archive.
    """,
    hints=(
        "lab.start_node() takes the name of a node.",
        "Then do what did not work before: send it a C-ECHO.",
        'lab.start_node("ROUTER"), and then echo(lab.router).',
    ),
    wrong=(
        Wrong(
            "not-proven",
            """
            mark = lab.mark()
            lab.start_node("ROUTER")
            """,
            """It is on, but nobody has asked it anything since. Prove the repair: do the act that
            failed before.""",
        ),
        Wrong(
            "another-one",
            """
            mark = lab.mark()
            lab.start_node("LEGACY")
            echo(lab.legacy)
            """,
            """LEGACY was never off. The one that did not answer is ROUTER.""",
        ),
    ),
)

RULE = cite("PS3.4", "A.4")


def check(work: Work) -> Verdict:
    """See that ROUTER answers, and that it has been asked since the mark."""
    asked = exchanges(work, "ROUTER", "C-ECHO")
    try:
        echo(work.lab.router, ae_title="ARCHIVE", timeout=5)
    except NetworkError:
        if exchanges(work, "LEGACY", "C-ECHO"):
            return failed(expected="ROUTER answers", got="LEGACY was asked; ROUTER is still off",
                          rule=RULE, mistake="another-one")  # fmt: skip
        return blank()
    if not asked:
        expected = "a C-ECHO that ROUTER has answered since it was switched on"
        got = "it is on, and has not been asked"
        return failed(expected=expected, got=got, rule=RULE, mistake="not-proven")
    return passed("ROUTER is on, and has answered you.", rule=RULE)
