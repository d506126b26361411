"""HIPAA's Safe Harbor, as a function.

A research table goes out with the images. Make each row such that Safe Harbor holds.
"""

from collections.abc import Callable
from typing import Any

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed

_RIGHT = """
    def harbor(row):
        old = row["age"] > 89
        zip3 = row["zip"][:3]
        return {
            "age": "90+" if old else row["age"],
            "birth_year": None if old else int(row["birth_date"][:4]),
            "zip": "000" if zip3 in SMALL else zip3,
            "study_year": int(row["study_date"][:4]),
            "finding": row["finding"],
        }
"""

EXERCISE = Exercise(
    blank="""
    # row: mrn, age, birth_date and study_date ("YYYY-MM-DD"), zip (5 digits), finding (a code)
    # SMALL: the first three digits of zip codes in which 20,000 people or fewer live
    def harbor(row):
        ...  # {"age": …, "birth_year": …, "zip": …, "study_year": …, "finding": …}
    """,
    given="""
    SMALL = {"036", "059", "102", "203", "205", "369", "556", "692", "821", "823", "878", "879",
             "884", "893"}
    """,
    answer="harbor",
    expects=Callable,  # type: ignore[arg-type]
    reference=_RIGHT,
    explanation="""
        45 CFR 164.514(b)(2) lists 18 kinds of identifiers. Of dates of an individual the year
        alone may stay. Ages over 89 become one category, and with them every element of a date that
        tells such an age: the year of birth goes as well. Of a zip code three digits stay, and 000
        where few people live. Numbers of records go. That PS3.15's Retain Patient Characteristics
        keeps an age of 93 shows that a profile of DICOM is not Safe Harbor.
    """,
    hints=(
        "Read 164.514(b)(2)(i)(B) on zip codes and (C) on dates. The age has a limit.",
        "What does the year of birth say of somebody who is 93? It says 93.",
        'Four rules: "90+" above 89, no birth year then, zip[:3] or "000", years alone.',
    ),
    wrong=(
        Wrong(
            "age-as-it-is",
            _RIGHT.replace('"90+" if old else row["age"]', 'row["age"]'),
            """You let an age of 93 stay. Ages over 89 are one category: there are few people of
            each.""",
        ),
        Wrong(
            "year-tells-the-age",
            _RIGHT.replace("None if old else ", ""),
            """You made the age 90+ and left the year of birth. It says the age again: (C) takes all
            elements of dates, the year too, that are indicative of an age over 89.""",
        ),
        Wrong(
            "whole-zip",
            _RIGHT.replace('row["zip"][:3]', 'row["zip"]'),
            """You let the whole zip code stay. Three digits may, where more than 20,000 live.""",
        ),
        Wrong(
            "small-zip",
            _RIGHT.replace('"000" if zip3 in SMALL else zip3', "zip3"),
            """You forgot the small areas. With 20,000 people or fewer, the digits become 000.""",
        ),
        Wrong(
            "month-stays",
            _RIGHT.replace('int(row["study_date"][:4])', 'row["study_date"][:7]'),
            """You kept the month. Of admission, discharge, service, birth and death the year alone
            may stay.""",
        ),
    ),
)

RULE = (cite("45 CFR", "164.514(b)(2)"),)
ROWS: tuple[tuple[dict[str, Any], dict[str, Any]], ...] = (
    ({"mrn": "NG-100644", "age": 86, "birth_date": "1939-05-31", "zip": "60637",
      "study_date": "2026-02-28", "finding": "C34.1"},
     {"age": 86, "birth_year": 1939, "zip": "606", "study_year": 2026, "finding": "C34.1"}),
    ({"mrn": "NG-100645", "age": 93, "birth_date": "1932-11-02", "zip": "60637",
      "study_date": "2026-01-12", "finding": "I61.0"},
     {"age": "90+", "birth_year": None, "zip": "606", "study_year": 2026, "finding": "I61.0"}),
    ({"mrn": "NG-100646", "age": 40, "birth_date": "1985-07-19", "zip": "03601",
      "study_date": "2025-12-30", "finding": "S62.3"},
     {"age": 40, "birth_year": 1985, "zip": "000", "study_year": 2025, "finding": "S62.3"}),
    ({"mrn": "NG-100647", "age": 89, "birth_date": "1936-03-02", "zip": "60614",
      "study_date": "2026-01-02", "finding": "R05"},
     {"age": 89, "birth_year": 1936, "zip": "606", "study_year": 2026, "finding": "R05"}),
)  # fmt: skip
_MISTAKES = {"study_year": "month-stays", "birth_year": "year-tells-the-age",
             "age": "age-as-it-is"}  # fmt: skip


def check(work: Work) -> Verdict:
    """Look at four people: one is old, one lives where few do, one is exactly 89."""
    for number, (row, wanted) in enumerate(ROWS):
        got = work.call(dict(row))
        if number == 0 and got in (None, ...):
            return blank()
        if not isinstance(got, dict):
            return failed(expected="a dict of five entries", got=got, rule=RULE)
        if set(got) != set(wanted):
            return failed(expected=sorted(wanted), got=sorted(map(str, got)), rule=RULE)
        for key, value in wanted.items():
            if got[key] != value:
                mistake = _MISTAKES.get(key, "")
                if key == "zip":
                    mistake = "whole-zip" if len(str(got[key])) > 3 else "small-zip"
                return failed(expected=f"{key}: {value!r} of {_told(row, key)}", got=got[key],
                              rule=RULE, mistake=mistake)  # fmt: skip
    return passed("Four rows that Safe Harbor lets go, as far as the table goes.", rule=RULE)


def _told(row: dict[str, object], key: str) -> str:
    source = {"study_year": "study_date", "birth_year": "birth_date"}.get(key, key)
    return f"{source} {row[source]!r} at age {row['age']}"
