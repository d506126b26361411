"""Close an unannounced case of level 2.

Configuration: the conversation is fine, and what was agreed on does not happen.
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
        print(lab.faults.surprise(seed=11, level=2))
        mark = lab.mark()
    """,
    blank="""
        # Look, name it with lab.faults.diagnose(name, evidence), and repair it.
        result = ...  # then: lab.faults.debrief()
    """,
    answer="result",
    expects=Debrief,
    reference="""
        done = lab.examine("US1")
        queued = lab.log("ROUTER", since=mark).having("queued")
        held = find(lab.archive, identifier("STUDY", AccessionNumber="LK2600035"))
        lab.faults.diagnose("router-without-rule", [done, queued, done.traces])
        lab.configure("ROUTER", forward_to=["ARCHIVE"])
        result = lab.faults.debrief()
    """,
    explanation="""
        The success of a C-STORE is the router's word that it has the image, and not that the
        archive has. Between the two there is a rule, and it was gone. Whoever is responsible for a
        router looks at what comes in and at what goes out; this one had an entrance only.
    """,
    hints=(
        'Follow the image: lab.examine("US1"), then the log of the node that US1 sends to.',
        "ROUTER answers 0000 and queues. Does anything leave it? lab.settings('ROUTER').",
        'It is router-without-rule: lab.configure("ROUTER", forward_to=["ARCHIVE"]).',
    ),
    wrong=(
        GAVE_UP,
        Wrong(
            GUESSED,
            """
            lab.faults.diagnose("router-without-rule", ["ROUTER says that it has no rule"])
            lab.configure("ROUTER", forward_to=["ARCHIVE"])
            result = lab.faults.debrief()
            """,
            GUESSED_SAYS,
        ),
        Wrong(
            UNNAMED,
            """
            lab.configure("ROUTER", forward_to=["ARCHIVE"])
            result = lab.faults.debrief()
            """,
            UNNAMED_SAYS,
        ),
        Wrong(
            MISNAMED,
            """
            done = lab.examine("US1")
            lab.faults.diagnose("storage-full", [done, done.traces])
            lab.configure("ROUTER", forward_to=["ARCHIVE"])
            result = lab.faults.debrief()
            """,
            MISNAMED_SAYS,
        ),
    ),
)


def check(work: Work) -> Verdict:
    """Look at the debrief."""
    return judge(work, 2, 11, cite("PS3.4", "B.2.3"))
