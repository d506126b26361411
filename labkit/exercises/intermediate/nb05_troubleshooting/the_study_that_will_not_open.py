"""Have studies open at the workstation again: they are found, and do not come.

The configuration layer: who opens which connection, and who has to know whose address?
"""

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong
from labkit.exercises.intermediate.nb05_troubleshooting._mend import (
    CLEARED,
    judge,
    restarted,
)

EXERCISE = Exercise(
    given="""
        lab.faults.clear()
        lab.faults.surprise(seed=2, level=2)
        mark = lab.mark()
    """,
    blank="""
        # Find out why studies do not open at WORKSTN, and mend it here
    """,
    reference="""
        lab.add_node(lab.workstn)
    """,
    explanation="""
        C-FIND answers on the association of the one who asks; C-MOVE sends on a new association,
        and its request names the destination by AE title only. So the archive needs an entry with
        the workstation's address, and A801 says that it has none. `labkit nodes add` does the
        same in a terminal.
    """,
    hints=(
        'lab.open_study(AccessionNumber="NG2600106") shows which step fails, and its status.',
        "A801. The archive's log lists the destinations that it knows, as lab.destinations() does.",
        "lab.add_node takes AE title, host and port, or a node of the lab, which has all three.",
    ),
    wrong=(
        Wrong(
            "registered-another-title",
            'lab.add_node("WORKSTN2", lab.workstn.host, lab.workstn.port)',
            """You registered the right address under another AE title. The C-MOVE names WORKSTN,
            and the archive looks for just that.""",
        ),
        Wrong(
            "restarted-the-workstation",
            """
            lab.stop_node("WORKSTN")
            lab.start_node("WORKSTN")
            """,
            """You restarted the workstation. It was never called: the archive did not know where
            it is.""",
        ),
        CLEARED,
    ),
)

RULE = cite("PS3.4", "C.4.2.1.5")


def check(work: Work) -> Verdict:
    """Open a study again."""
    return judge(
        work,
        RULE,
        mended="The archive knows where WORKSTN is.",
        mistakes={
            "registered-another-title": _elsewhere,
            "restarted-the-workstation": lambda w: restarted(w, "WORKSTN"),
        },
    )


def _elsewhere(work: Work) -> bool:
    """Whether the workstation's address stands under another title."""
    port = work.lab.workstn.port
    return any(
        peer.port == port for title, peer in work.lab.destinations().items() if title != "WORKSTN"
    )
