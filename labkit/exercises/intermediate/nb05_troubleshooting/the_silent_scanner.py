"""Get the scanner's images into the PACS: it cannot connect at all.

The network layer: what does the error say, who else can connect, and what does MR1 dial?
"""

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong
from labkit.exercises.intermediate.nb05_troubleshooting._mend import (
    CLEARED,
    changed,
    judge,
    restarted,
)

EXERCISE = Exercise(
    given="""
        lab.faults.clear()
        lab.faults.surprise(seed=2, level=1)
        mark = lab.mark()
    """,
    blank="""
        # Find out why MR1 does not get through, and mend it here: lab.configure("MR1", ...)
    """,
    reference="""
        lab.configure("MR1", port=None)
    """,
    explanation="""
        The connection was refused, and others reached the archive: so the service runs, and MR1
        dials another port. A refusal is a good sign, for a machine answers at that address and says
        that nothing listens there. The archive's log cannot know of a call that never came to it.
        After every software update of a modality, compare its table of destinations with the sheet.
    """,
    hints=(
        'Do the work and read what it says: lab.examine("MR1"). Then try echo(lab.archive).',
        "You get through and MR1 does not: what does MR1 do otherwise? lab.settings('MR1').",
        "MR1 has a port of its own for the archive. None stands for the archive's port.",
    ),
    wrong=(
        Wrong(
            "restarted-the-archive",
            """
            lab.stop_node("ARCHIVE")
            lab.start_node("ARCHIVE")
            """,
            """You restarted the archive. It was well: echo(lab.archive) worked. All others were cut
            off for nothing, and MR1 still calls the wrong port.""",
        ),
        Wrong(
            "waits-longer",
            'lab.configure("MR1", timeout=30)',
            """You gave MR1 a longer timeout. The connection was refused at once; nobody was
            slow.""",
        ),
        Wrong(
            "a-port-from-memory",
            'lab.configure("MR1", port=104)',
            """You gave MR1 another port than the archive listens on. 104 and 11112 are registered
            for DICOM (PS3.8 9.1.1), and no server has to use them: what counts is what this one
            says, in lab.archive. None stands for just that.""",
        ),
        CLEARED,
    ),
)

RULE = cite("PS3.8", "9.1")


def check(work: Work) -> Verdict:
    """Have MR1 examine again."""
    return judge(
        work,
        RULE,
        mended="It was the port that MR1 dialled.",
        mistakes={
            "a-port-from-memory": lambda w: changed(w, "MR1: port"),
            "waits-longer": lambda w: w.lab.settings("MR1")["timeout"] > 3,
            "restarted-the-archive": restarted,
        },
    )
