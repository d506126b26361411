"""Get the scanner's images in: A700, and the disk is half empty.

The configuration layer: a status says what kind of trouble, a log says which.
"""

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong
from labkit.exercises.intermediate.nb05_troubleshooting._mend import (
    CLEARED,
    judge,
    restarted,
)

EXERCISE = Exercise(
    fault="a700-without-full-disk",
    given="""
        lab.faults.clear()
        lab.faults.surprise(seed=3, level=2)
        mark = lab.mark()
    """,
    blank="""
        # Find out what the archive really complains about, and mend it: lab.configure(...)
    """,
    reference="""
        copied = lab.settings("MR1")["copies"]
        lab.configure("MR1", copies=[*copied, "AccessionNumber"])
    """,
    explanation="""
        PS3.4 Table B.2-1 has A7xx for "out of resources", and products answer A700 to whatever goes
        wrong while they store; Orthanc did so for years. The archive's log named the attribute that
        was missing. To drop the demand would let the images in and leave the report without
        a link to its order, so the scanner is what is put right.
    """,
    hints=(
        'lab.examine("MR1") gives the status. Do not believe it: lab.log("ARCHIVE", since=mark).',
        "An attribute is missing in what MR1 sends. Where would MR1 have it from?",
        'lab.settings("MR1")["copies"] is what MR1 copies from the worklist. Add AccessionNumber.',
    ),
    wrong=(
        Wrong(
            "made-room",
            'lab.configure("ARCHIVE", room=10**9)',
            """You made room. There was room: read the log of the archive, not the name of the
            status.""",
        ),
        Wrong(
            "restarted-the-archive",
            """
            lab.stop_node("ARCHIVE")
            lab.start_node("ARCHIVE")
            """,
            """You restarted the archive. It came back with the same rule, and refuses the same
            images.""",
        ),
        Wrong(
            "dropped-the-demand",
            'lab.configure("ARCHIVE", required=[])',
            """You took the demand away. The images come in without an Accession Number, and no
            report will find its order. The archive was right; the scanner leaves something out.
            Run the cell with the call again, and mend the scanner.""",
        ),
        CLEARED,
    ),
)

RULE = cite("PS3.4", "B.2.3")


def check(work: Work) -> Verdict:
    """Have MR1 examine again."""
    return judge(
        work,
        RULE,
        mended="The archive gets what it wants.",
        mistakes={
            "made-room": lambda w: w.lab.settings("ARCHIVE")["room"] is not None,
            "restarted-the-archive": restarted,
        },
        shortcuts={
            "dropped-the-demand": (
                lambda w: "AccessionNumber" not in w.lab.settings("MR1")["copies"],
                "images in ARCHIVE that have no Accession Number",
            ),
        },
    )
