"""Project 1: set up the sandbox, and prove that it is.

Before anything is sent, every machine that will take part has answered.
"""

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.evidence import exchanges

EXERCISE = Exercise(
    given="""
        from labkit.dimse import echo
    """,
    blank="""
        mark = lab.mark()  # the project begins here
        ...  # prove with a message each that ARCHIVE, LEGACY, ROUTER and WORKSTN answer
    """,
    reference="""
        mark = lab.mark()
        for node in (lab.archive, lab.legacy, lab.router, lab.workstn):
            echo(node)
    """,
    explanation="""
        Four echoes show that four addresses, four AE titles and four services are right, before the
        first image is at risk. Whoever installs a PACS writes the result into the acceptance
        protocol; your report does it from the nodes' own records. The table of health that the
        lab prints is the lab's word, not yours: it calls under a title of its own.
    """,
    hints=(
        "One message asks a machine whether it is there; you used it in 00 and 06.",
        "echo(node) for each of the four.",
        "for node in (lab.archive, lab.legacy, lab.router, lab.workstn): echo(node)",
    ),
    wrong=(
        Wrong(
            "archive-only",
            """
            mark = lab.mark()
            echo(lab.archive)
            """,
            """You asked ARCHIVE. The images will also go elsewhere: each machine that takes part
            has to answer.""",
        ),
        Wrong(
            "one-forgotten",
            """
            mark = lab.mark()
            for node in (lab.archive, lab.legacy, lab.workstn):
                echo(node)
            """,
            """One of the four is missing. The table of health shows it as well, but that is
            the lab's word: prove it yourself, with a C-ECHO.""",
        ),
    ),
)

RULE = cite("PS3.4", "A.4")
NODES = ("ARCHIVE", "LEGACY", "ROUTER", "WORKSTN")


def check(work: Work) -> Verdict:
    """See in each node's record that it answered the learner."""
    answered = [name for name in NODES if _answered(work, name)]
    if len(answered) == len(NODES):
        return passed("Four of four answer. The sandbox stands.", rule=RULE)
    if not answered:
        return blank()
    mistake = "one-forgotten" if len(answered) == 3 else ""
    if answered == ["ARCHIVE"]:
        mistake = "archive-only"
    missing = ", ".join(name for name in NODES if name not in answered)
    return failed(
        expected="a C-ECHO answered by each of the four",
        got=f"none from {missing}",
        rule=RULE,
        mistake=mistake,
    )


def _answered(work: Work, name: str) -> bool:
    found = exchanges(work, name, "C-ECHO")
    return any(x.status is not None and x.status.category == "Success" for x in found)
