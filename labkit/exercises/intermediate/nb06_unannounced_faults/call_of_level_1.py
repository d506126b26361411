"""Close an unannounced case of level 1.

Network or association: whatever it is, the error and the archive's log have it.
"""

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong
from labkit.exercises.intermediate.nb06_unannounced_faults._closed import (
    GAVE_UP,
    GUESSED,
    GUESSED_SAYS,
    MISNAMED,
    MISNAMED_SAYS,
    UNNAMED,
    UNNAMED_SAYS,
    judge,
)
from labkit.lab.faults.debrief import Debrief

EXERCISE = Exercise(
    given="""
        from labkit.dimse import find, identifier
        lab.faults.clear()
        print(lab.faults.surprise(seed=13, level=1))
        mark = lab.mark()
    """,
    blank="""
        # Look, name it with lab.faults.diagnose(name, evidence), and repair it.
        result = ...  # then: lab.faults.debrief()
    """,
    answer="result",
    expects=Debrief,
    reference="""
        done = lab.examine("MR1")
        refused = lab.log("ARCHIVE", since=mark).having("not authorised")
        lab.faults.diagnose("store-not-permitted", [done, refused, done.traces])
        lab.configure("ARCHIVE", permissions={})
        result = lab.faults.debrief()
    """,
    explanation="""
        C-ECHO works, the association is accepted with all its contexts, and the C-STORE is
        answered with an A-ABORT. An abort carries two numbers and no reason: the log of the other
        side is the only place where one can be. A test by C-ECHO proves the road and the titles,
        never the permission.
    """,
    hints=(
        'Begin with lab.examine("MR1"): which step fails, and how?',
        "It is aborted at the C-STORE. lab.log('ARCHIVE', since=mark) says why.",
        'It is store-not-permitted; look at lab.settings("ARCHIVE")["permissions"].',
    ),
    wrong=(
        GAVE_UP,
        Wrong(
            GUESSED,
            """
            lab.faults.diagnose("store-not-permitted", [])
            lab.configure("ARCHIVE", permissions={})
            result = lab.faults.debrief()
            """,
            GUESSED_SAYS,
        ),
        Wrong(
            UNNAMED,
            """
            lab.configure("ARCHIVE", permissions={})
            result = lab.faults.debrief()
            """,
            UNNAMED_SAYS,
        ),
        Wrong(
            MISNAMED,
            """
            done = lab.examine("MR1")
            lab.faults.diagnose("class-refused", [done, done.traces])
            lab.configure("ARCHIVE", permissions={})
            result = lab.faults.debrief()
            """,
            MISNAMED_SAYS,
        ),
    ),
)


def check(work: Work) -> Verdict:
    """Look at the debrief."""
    return judge(work, 1, 13, cite("PS3.8", "9.3.8"))
