"""Work out how long the report took.

From the start of the CT of the head to the signature: the number that every department watches.
"""

from datetime import timedelta

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, failed, passed

EXERCISE = Exercise(
    given="""
        from datetime import datetime
        from labkit.dicom import sample
        report = sample("ct-head").datasets("SR")[0]
    """,
    blank="""
        minutes = ...  # from StudyDate and StudyTime to the Verification DateTime of `report`
    """,
    answer="minutes",
    expects=(int, float, timedelta),
    reference="""
        began = datetime.strptime(report.StudyDate + report.StudyTime, "%Y%m%d%H%M%S")
        signed = report.VerifyingObserverSequence[0].VerificationDateTime
        minutes = (datetime.strptime(signed, "%Y%m%d%H%M%S") - began).total_seconds() / 60
    """,
    explanation="""
        DICOM writes a time as the digits HHMMSS (TM) and a moment as YYYYMMDDHHMMSS (DT), so they
        look like numbers and are none: after 075959 comes 080000. Parse, then subtract. The moment
        of the signature stands one level down, in an item of the Verifying Observer Sequence,
        since more than one person may sign. Both times are local, and that is enough as long as
        one clock, and one time zone, made both.
    """,
    hints=(
        "Who signed, and when, is in report.VerifyingObserverSequence[0].",
        "Make a datetime of each: datetime.strptime(text, '%Y%m%d%H%M%S').",
        "Parse report.StudyDate + report.StudyTime and VerificationDateTime, subtract, and take "
        ".total_seconds() / 60.",
    ),
    wrong=(
        Wrong(
            "subtracted-digits",
            """
            signed = report.VerifyingObserverSequence[0].VerificationDateTime
            minutes = (int(signed[8:]) - int(report.StudyTime)) / 100
            """,
            """You subtracted the digits as if they were a number. An hour has 60 minutes, so from
            0752 to 0833 it is not 81. Make a datetime of each first.""",
        ),
        Wrong(
            "written-not-signed",
            """
            began = datetime.strptime(report.StudyTime, "%H%M%S")
            written = datetime.strptime(report.ContentTime, "%H%M%S")
            minutes = (written - began).total_seconds() / 60
            """,
            """You took Content Time: when the text was made. A report counts when it is signed, and
            that is Verification DateTime.""",
        ),
        Wrong(
            "seconds",
            """
            began = datetime.strptime(report.StudyDate + report.StudyTime, "%Y%m%d%H%M%S")
            signed = report.VerifyingObserverSequence[0].VerificationDateTime
            minutes = (datetime.strptime(signed, "%Y%m%d%H%M%S") - began).total_seconds()
            """,
            """Those are seconds. The answer is wanted in minutes.""",
        ),
    ),
)

RULE = cite("PS3.5", "6.2")


def check(work: Work) -> Verdict:
    """41 minutes, by the two moments in the report itself."""
    expected = "the minutes between the two moments"
    if isinstance(work.answer, timedelta):
        why = "The difference of two moments is a timedelta; .total_seconds() / 60 makes minutes."
        return failed(expected=expected, got=f"a timedelta, {work.answer}", rule=RULE, why=why)
    minutes = float(work.answer)
    if abs(minutes - 41) < 0.02:
        return passed("41 minutes from the scanner to a signed report.", rule=RULE)
    mistake = ""
    if abs(minutes - 81) < 0.02 or abs(minutes - 8100) < 2:
        mistake = "subtracted-digits"
    elif abs(minutes - 38) < 0.02:
        mistake = "written-not-signed"
    elif abs(minutes - 2460) < 1:
        mistake = "seconds"
    why = "Less than nothing: subtract the earlier moment from the later one." * (minutes < 0)
    return failed(expected=expected, got=f"{minutes:g}", rule=RULE, mistake=mistake, why=why)
