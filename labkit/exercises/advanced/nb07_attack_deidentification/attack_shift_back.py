"""On which day was it?

All dates of a data set were moved by the same number of days. You were examined in that hospital.
"""

from collections.abc import Callable

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed

_RIGHT = """
    def true_day(mine_true, mine_moved, other_moved):
        day = lambda text: datetime.strptime(text, "%Y%m%d")
        return (day(other_moved) + (day(mine_true) - day(mine_moved))).strftime("%Y%m%d")
"""

EXERCISE = Exercise(
    given="from datetime import datetime, timedelta",
    blank="""
    def true_day(mine_true, mine_moved, other_moved):
        ...  # the true date of the other patient's study

    # all are DA: "20191117". You know when you were there, and what became of it
    """,
    answer="true_day",
    expects=Callable,  # type: ignore[arg-type]
    reference=_RIGHT,
    explanation="""
        One known date gives all others, if everybody was moved by the same number of days. It need
        not be your own: a death in the news, a holiday on which the scanner stood still, or a date
        that was forgotten in a comment will do. So each patient gets a number of their own, from
        the key; intervals within a patient stay true (PS3.15 E.3.6).
    """,
    hints=(
        "By how many days was your own date moved, and in which direction?",
        "Take the other date back by as much. Dates are not numbers: 20200101 minus one day is in "
        "another year.",
        'datetime.strptime(text, "%Y%m%d") makes a date of DA; their difference is a timedelta.',
    ),
    wrong=(
        Wrong(
            "as-numbers",
            """
            def true_day(mine_true, mine_moved, other_moved):
                return str(int(other_moved) + int(mine_true) - int(mine_moved))
            """,
            """You calculated with DA as with numbers. From 20191231 to 20200101 is one day, not
            8870; the result is no date.""",
        ),
        Wrong(
            "always-back",
            _RIGHT.replace("+ (day(mine_true)", "- abs(day(mine_true)"),
            """You always went the same way. Dates may have been moved into the future or into the
            past; the sign of your own difference says which.""",
        ),
        Wrong(
            "wrong-way",
            _RIGHT.replace("day(mine_true) - day(mine_moved)", "day(mine_moved) - day(mine_true)"),
            """You moved the date further instead of back. Check it with your own: moved back, it
            has to be the day on which you were there.""",
        ),
    ),
)

RULE = cite("PS3.15", "E.3.6")


def check(work: Work) -> Verdict:
    """Over the end of a year, so that numbers do not do."""
    got = work.call("20191113", "20200115", "20200205")
    if got in (None, ...):
        return blank("It says nothing yet.")
    if not isinstance(got, str):
        return failed(expected="a text of DA, as in 20191204", got=str(got), rule=RULE)
    text = got
    if text != "20191204":
        known = {"20200408": "wrong-way", "20191203": "as-numbers"}
        return failed(expected="20191204", got=text, rule=RULE, mistake=known.get(text, ""))
    other = str(work.call("20240310", "20240301", "20240220"))
    if other != "20240229":
        return failed(expected="20240229, a leap day", got=other, rule=RULE,
                      mistake="always-back" if other == "20240211" else "")  # fmt: skip
    return passed("4 December 2019, from one examination of your own.", rule=RULE)
