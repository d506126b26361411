"""By how much is the other site's clock wrong?

Two trails tell of the same transfers: ARCHIVE sent, ROUTER at Lakeside received, seconds later.
Their clocks do not agree. Twice something lay in a queue for hours.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from statistics import mean

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.advanced.nb11_audit._weeks import GIVEN, hidden

_RIGHT = """
    def clock_ahead(north, lakeside):
        sent = {record["what"]["StudyInstanceUID"]: datetime.fromisoformat(record["at"])
                for record in north if record.get("what", {}).get("destination") == "ROUTER"}
        gaps = [(datetime.fromisoformat(record["at"])
                 - sent[record["what"]["StudyInstanceUID"]]).total_seconds()
                for record in lakeside]
        return median(gaps)
"""

EXERCISE = Exercise(
    given=GIVEN,
    secure=True,
    blank="""
    def clock_ahead(north, lakeside):
        ...  # seconds by which Lakeside's clock is ahead of North General's; negative: behind

    # in north: C-MOVE with what.destination "ROUTER"; in lakeside: C-STORE of the same study
    """,
    answer="clock_ahead",
    expects=Callable,  # type: ignore[arg-type]
    reference=_RIGHT,
    explanation="""
        The same study, sent and received, gives the difference of the clocks plus the time on the
        way. The median does not mind the two that waited for hours; the mean does. Without this no
        story over two sites can be told in order. The cure is one source of time for all: IHE
        Consistent Time, by NTP.
    """,
    hints=(
        "Pair the records by Study Instance UID and look at the differences in seconds.",
        "All but two differ by nearly the same. Which average does not mind the two?",
        "statistics.median of (received - sent) in seconds.",
    ),
    wrong=(
        Wrong(
            "first-pair",
            _RIGHT.replace("median(gaps)", "gaps[0]"),
            """You took the first pair. It is one of those that waited in a queue.""",
        ),
        Wrong(
            "the-mean",
            _RIGHT.replace("median(gaps)", "mean(gaps)"),
            """You took the mean. Two that waited for hours pull it by more than any clock is
            wrong.""",
        ),
        Wrong(
            "seconds-of-a-timedelta",
            _RIGHT.replace(".total_seconds()", ".seconds"),
            """You took .seconds of the difference. That is never negative: of a clock that is a
            minute behind it makes one that is a day ahead. total_seconds() has the sign.""",
        ),
        Wrong(
            "wrong-way",
            _RIGHT.replace("median(gaps)", "-median(gaps)"),
            """Right size, wrong sign: a clock that is ahead writes a later time than it is.""",
        ),
    ),
)

RULE = cite("PS3.15", "A.5.2.5")


def check(work: Work) -> Verdict:
    """Hand it the trails of another week."""
    records, truth, _, lakeside, _ = hidden()
    got = work.call(records, lakeside)
    if got is None or got is ...:
        return blank("It returns nothing yet.")
    if not isinstance(got, (int, float)) or isinstance(got, bool):
        return failed(expected="seconds, a number", got=got, rule=RULE)
    if abs(got - truth.offset) <= 10:
        slow = [
            {**r, "at": (datetime.fromisoformat(r["at"]) - timedelta(hours=1)).isoformat()}
            for r in lakeside
        ]
        other = work.call(records, slow)
        if not isinstance(other, (int, float)) or abs(other - truth.offset + 3600) > 10:
            return failed(
                expected=f"about {truth.offset - 3600} seconds, for a clock that is behind",
                got=other, rule=RULE, mistake="seconds-of-a-timedelta",
            )  # fmt: skip
        return passed(f"{truth.offset} seconds, give or take the way.", rule=RULE)
    sent = {
        r["what"]["StudyInstanceUID"]: datetime.fromisoformat(r["at"])
        for r in records
        if r.get("what", {}).get("destination") == "ROUTER"
    }
    gaps = [
        (datetime.fromisoformat(r["at"]) - sent[r["what"]["StudyInstanceUID"]]).total_seconds()
        for r in lakeside
    ]
    known = {"first-pair": gaps[0], "the-mean": mean(gaps), "wrong-way": -truth.offset}
    named = [name for name, value in known.items() if abs(got - value) <= 10]
    return failed(
        expected=f"about {truth.offset} seconds", got=got, rule=RULE,
        mistake=named[0] if named else "",
    )  # fmt: skip
