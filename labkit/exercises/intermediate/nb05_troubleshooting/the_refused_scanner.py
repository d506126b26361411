"""Get the scanner's images into the PACS: it is refused.

The association layer: who refuses whom, with which three numbers, and what is on the list?
"""

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong
from labkit.exercises.intermediate.nb05_troubleshooting._mend import CLEARED, changed, judge

EXERCISE = Exercise(
    given="""
        lab.faults.clear()
        lab.faults.surprise(seed=3, level=1)
        mark = lab.mark()
    """,
    blank="""
        # Find out why MR1 is refused, and mend it here: lab.configure(...)
    """,
    reference="""
        lab.configure("MR1", ae_title="MR1")
    """,
    explanation="""
        1/1/3 says that the archive does not know the calling AE title. Its log has the title that
        it was called by, and its settings the list: they differ in one character. Either side can
        be changed. The title on the list is the one that the worklist and the audit trail know,
        so the scanner is what is put right.
    """,
    hints=(
        'lab.examine("MR1") says which three numbers came back. PS3.8 Table 9-21 has them.',
        'lab.log("ARCHIVE", since=mark) says which title was refused; '
        'lab.settings("ARCHIVE")["accept_calling"] which ones are known.',
        "MR1 calls itself MR01. Change its ae_title, or add MR01 to the archive's list.",
    ),
    wrong=(
        Wrong(
            "changed-the-called-title",
            'lab.configure("MR1", called="MR1")',
            """You changed the title that MR1 calls. The archive knew itself well (that would have
            been 1/1/7); it is the caller that it does not know.""",
        ),
        Wrong(
            "small-letters",
            """
            known = lab.settings("ARCHIVE")["accept_calling"]
            lab.configure("ARCHIVE", accept_calling=[*known, "mr01"])
            """,
            """You put the title on the list in small letters. AE titles are compared as they are:
            mr01 is not MR01 (PS3.5 6.2, VR AE).""",
        ),
        Wrong(
            "opened-to-all",
            'lab.configure("ARCHIVE", accept_calling=None)',
            """You took the list away. Now anybody who finds the port may send and ask, under any
            title, and no log will say who it was. Put the list back (run the cell with the call
            again), and mend the one name.""",
        ),
        Wrong(
            "replaced-the-list",
            'lab.configure("ARCHIVE", accept_calling=["MR01"])',
            """You replaced the list by one title. MR01 may call, and everybody else is refused,
            the workstation first. A list is extended: [*known, "MR01"].""",
        ),
        CLEARED,
    ),
)

RULE = cite("PS3.8", "9.3.4")


def check(work: Work) -> Verdict:
    """Have MR1 examine again."""
    return judge(
        work,
        RULE,
        mended="Both sides agree on the scanner's name.",
        mistakes={
            "changed-the-called-title": lambda w: w.lab.settings("MR1")["called"] != "ARCHIVE",
            "small-letters": lambda w: (
                "mr01" in (w.lab.settings("ARCHIVE")["accept_calling"] or ())
            ),
            "replaced-the-list": lambda w: (
                changed(w, "ARCHIVE: accept_calling")
                and "WORKSTN" not in (w.lab.settings("ARCHIVE")["accept_calling"] or ())
            ),
        },
        shortcuts={
            "opened-to-all": (
                lambda w: not w.lab.settings("ARCHIVE")["accept_calling"],
                "ARCHIVE takes a call from every AE title",
            ),
        },
    )
