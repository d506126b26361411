"""Close an unannounced case of level 3: two faults at once.

One of them is in the data, where every status is a success.
"""

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong
from labkit.exercises.intermediate.nb06_unannounced_faults._closed import (
    GAVE_UP,
    GUESSED,
    GUESSED_SAYS,
    UNNAMED,
    UNNAMED_SAYS,
    judge,
)
from labkit.lab.faults.debrief import Debrief

EXERCISE = Exercise(
    fault="keys-missing",
    given="""
        from labkit.dimse import find, identifier
        lab.faults.clear()
        print(lab.faults.surprise(seed=3, level=3))
        mark = lab.mark()
    """,
    blank="""
        # Look, name it with lab.faults.diagnose(name, evidence), and repair it.
        result = ...  # then: lab.faults.debrief()
    """,
    answer="result",
    expects=Debrief,
    reference="""
        keys = identifier("STUDY", AccessionNumber="NG2600147", PatientID=None, StudyDate=None,
                          StudyInstanceUID=None)
        study = find(lab.archive, keys)[0]
        held = lab.received("ARCHIVE")
        images = [ds for ds in held if ds.StudyInstanceUID == study.StudyInstanceUID]
        lab.faults.diagnose("clock-ahead", [study, images])
        opened = lab.open_study(AccessionNumber="NG2600106")
        lab.faults.diagnose("keys-missing", [opened, opened.traces, lab.log("ARCHIVE", since=mark)])
        lab.configure("MR1", clock_minutes=0)
        lab.withdraw("ARCHIVE", study.StudyInstanceUID)
        lab.configure("WORKSTN", retrieve_keys="all")
        result = lab.faults.debrief()
    """,
    explanation="""
        Two callers, two causes, and each looked as if it were the other's. The workstation's
        C-FIND left out the Study Instance UID, which the status A900 says; the scanner's clock was
        a day ahead, which no status says. Repair one thing at a time and have the work done again
        after each.
    """,
    hints=(
        "Two callers: begin with lab.open_study(AccessionNumber='NG2600106').",
        "For MR1 look at what arrived, not at statuses: compare header and order, date included.",
        "They are keys-missing (A900: a unique key above) and clock-ahead (Study Date).",
    ),
    wrong=(
        GAVE_UP,
        Wrong(
            GUESSED,
            """
            lab.faults.diagnose("clock-ahead", [])
            lab.faults.diagnose("keys-missing", [])
            lab.configure("MR1", clock_minutes=0)
            keys = identifier("STUDY", AccessionNumber="NG2600147", StudyInstanceUID=None)
            lab.withdraw("ARCHIVE", find(lab.archive, keys)[0].StudyInstanceUID)
            lab.configure("WORKSTN", retrieve_keys="all")
            result = lab.faults.debrief()
            """,
            GUESSED_SAYS,
        ),
        Wrong(
            UNNAMED,
            """
            lab.configure("MR1", clock_minutes=0)
            keys = identifier("STUDY", AccessionNumber="NG2600147", StudyInstanceUID=None)
            lab.withdraw("ARCHIVE", find(lab.archive, keys)[0].StudyInstanceUID)
            lab.configure("WORKSTN", retrieve_keys="all")
            result = lab.faults.debrief()
            """,
            UNNAMED_SAYS,
        ),
    ),
)


def check(work: Work) -> Verdict:
    """Look at the debrief."""
    return judge(work, 3, 3, cite("PS3.4", "C.4.1.2.1"))
