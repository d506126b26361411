"""Put right what is wrong in the archive, and what made it so.

The data layer: every status was a success. A repair has two halves.
"""

from labkit.common import cite
from labkit.dimse import find, identifier
from labkit.exercises import Exercise, Verdict, Work, Wrong
from labkit.exercises.intermediate.nb05_troubleshooting._mend import CLEARED, judge

EXERCISE = Exercise(
    given="""
        from labkit.dimse import find, identifier
        lab.faults.clear()
        lab.faults.inject("clock-ahead")
        mark = lab.mark()
    """,
    blank="""
        # 1. Mend what made the date wrong.
        # 2. Take the wrong images out of ARCHIVE, and have MR1 send them as they should be.
    """,
    reference="""
        lab.configure("MR1", clock_minutes=0)
        keys = identifier("STUDY", AccessionNumber="NG2600147", StudyInstanceUID=None)
        for study in find(lab.archive, keys):
            lab.withdraw("ARCHIVE", study.StudyInstanceUID)
        lab.examine("MR1")
    """,
    explanation="""
        The clock made the date wrong, and the images that it had dated stay wrong until somebody
        takes care of them. Here they are withdrawn and sent anew. Where patients cannot be examined
        again one corrects the header, gives the corrected objects new SOP Instance UIDs and
        rejects the old ones (IHE IOCM). Machines that keep time by NTP do not have this fault.
    """,
    hints=(
        'Compare: find(lab.archive, …) by AccessionNumber="NG2600147" with StudyDate=None, and the '
        "date of the order.",
        'lab.settings("MR1")["clock_minutes"]: 1440 minutes are a day.',
        'After the clock: lab.withdraw("ARCHIVE", StudyInstanceUID) and lab.examine("MR1").',
    ),
    wrong=(
        Wrong(
            "only-the-cause",
            'lab.configure("MR1", clock_minutes=0)',
            """You set the clock. What comes from now on is right, and the images that were sent
            before still have tomorrow's date.""",
        ),
        Wrong(
            "only-the-images",
            """
            keys = identifier("STUDY", AccessionNumber="NG2600147", StudyInstanceUID=None)
            for study in find(lab.archive, keys):
                lab.withdraw("ARCHIVE", study.StudyInstanceUID)
            """,
            """You withdrew the images, and the clock is still a day ahead: the next ones are wrong
            again.""",
        ),
        Wrong(
            "another-wrong-clock",
            'lab.configure("MR1", clock_minutes=-1440)',
            """You set the clock to another wrong time. clock_minutes says how many minutes the
            clock is from the time: it is not added to what was there. Right is 0.""",
        ),
        CLEARED,
    ),
)

RULE = cite("PS3.3", "C.7.2.1")


def check(work: Work) -> Verdict:
    """Have MR1 examine again, and look for what is left."""
    minutes = work.lab.settings("MR1")["clock_minutes"]
    ahead = minutes != 0
    keys = identifier("STUDY", AccessionNumber="NG2600147", StudyDate="20260117")
    there = len(find(work.lab.archive, keys, ae_title="WORKSTN")) > 0
    return judge(
        work,
        RULE,
        mended="Clock and archive are right.",
        mistakes={
            "another-wrong-clock": lambda w: minutes not in (0, 1440),
            "only-the-cause": lambda w: not ahead and there,
            "only-the-images": lambda w: ahead and not there,
        },
    )
