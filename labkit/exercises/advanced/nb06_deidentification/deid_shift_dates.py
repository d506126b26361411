"""Move the dates, keep the distances.

Modified Dates (113107), for one patient: everything moves by the same number of days.
"""

from collections.abc import Callable

from pydicom.dataset import Dataset

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.advanced.nb06_deidentification._people import slice_of

_RIGHT = """
    from datetime import datetime, timedelta

    def move(ds, days):
        def moved(text):
            if len(text) < 8:
                return ""
            day = datetime.strptime(text[:8], "%Y%m%d") + timedelta(days=days)
            return day.strftime("%Y%m%d") + text[8:]

        for element in list(ds.iterall()):
            if element.tag == 0x00100030:
                element.value = ""
            elif element.VR in ("DA", "DT") and element.value:
                element.value = moved(str(element.value))
"""

EXERCISE = Exercise(
    blank="""
    def move(ds, days):
        ...  # move all dates of ds in place, as PS3.15 E.3.6 wants them moved; days is negative
    """,
    answer="move",
    expects=Callable,  # type: ignore[arg-type]
    reference=_RIGHT,
    explanation="""
        Dates are in DA and in DT, and in items of sequences: the start of the injection, from which
        SUV is computed, is a DT within the Radiopharmaceutical Information Sequence. Times of day
        stay: a study that begins at 23:58 and ends at 00:02 has two dates, and both move alike. A
        birth date is not of the study's time: no date option keeps it (Table E.1-1), and moved
        by the same number of days it would give the age.
    """,
    hints=(
        "Which value representations hold a date? Two. And where do elements stand?",
        "A DT has a date in front and may have a time and a zone behind; keep what is behind.",
        "One attribute is not moved but emptied: Table E.1-1 has no K and no C for it.",
    ),
    wrong=(
        Wrong(
            "study-date-only",
            """
            from datetime import datetime, timedelta

            def move(ds, days):
                day = datetime.strptime(ds.StudyDate, "%Y%m%d") + timedelta(days=days)
                ds.StudyDate = day.strftime("%Y%m%d")
            """,
            """You moved Study Date. There are 169 attributes with a date or time in Table E.1-1;
            Content Date still says the day.""",
        ),
        Wrong(
            "no-datetimes",
            _RIGHT.replace('("DA", "DT")', '("DA",)'),
            """You left DT as it was. Acquisition DateTime says the day as well as a DA does.""",
        ),
        Wrong(
            "top-level-only",
            _RIGHT.replace("ds.iterall()", "ds"),
            """You stayed at the top level. The date of the injection lies in a sequence, and the
            distance between the two is now wrong: so is every SUV.""",
        ),
        Wrong(
            "birth-date-moved",
            _RIGHT.replace("element.tag == 0x00100030", "False"),
            """You moved the birth date too. Study date minus birth date is then the age to the day,
            and one known birth date gives the number of days away.""",
        ),
        Wrong(
            "time-lost",
            _RIGHT.replace(' + text[8:]', ""),
            """You cut the time off the DT. From injection to acquisition it is minutes.""",
        ),
    ),
)  # fmt: skip

RULE = (cite("PS3.15", "E.3.6"), cite("PS3.5", "6.2"))


def pet() -> Dataset:
    """Make an object with dates of all kinds."""
    ds = slice_of(AcquisitionDateTime="20260228235811.500000+0100", SeriesDate="20260228")
    injection = Dataset()
    injection.RadiopharmaceuticalStartDateTime = "20260228225500"
    ds.RadiopharmaceuticalInformationSequence = [injection]
    return ds


def check(work: Work) -> Verdict:
    """Look at a study over midnight, with an injection before it."""
    ds = pet()
    work.call(ds, -400)
    if ds == pet():
        return blank()
    inner = ds.RadiopharmaceuticalInformationSequence[0]
    for got, wanted, mistake in (
        (ds.StudyDate, "20250124", ""),
        (ds.ContentDate, "20250125", "study-date-only"),
        (ds.SeriesDate, "20250124", "study-date-only"),
        (str(ds.AcquisitionDateTime)[:8], "20250124", "no-datetimes"),
        (str(ds.AcquisitionDateTime), "20250124235811.500000+0100", "time-lost"),
        (str(inner.RadiopharmaceuticalStartDateTime), "20250124225500", "top-level-only"),
        (ds.StudyTime, "235810", ""),
        (str(ds.PatientBirthDate or ""), "", "birth-date-moved"),
    ):
        if str(got) != wanted:
            return failed(expected=wanted or "an empty birth date", got=str(got), rule=RULE,
                          mistake=mistake)  # fmt: skip
    return passed("All dates 400 days back, the minutes as they were, no birth date.", rule=RULE)
