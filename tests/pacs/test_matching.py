"""Each matching type of PS3.4 C.2.2.2, in Python and in SQL: both say the same."""

import sqlite3

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.dataset import Dataset

from labkit.pacs.matching import MatchError, NameMatcher, forms, matcher_for, matches
from tests.effort import effort

CASES = [
    # vr, query, stored, whether it matches
    ("LO", "", "anything", True),
    ("LO", "*", "", True),
    ("LO", "Chest", "Chest", True),
    ("LO", "chest", "Chest", False),  # single values are case-sensitive …
    ("PN", "smith^john", "SMITH^John", True),  # … names need not be (C.2.2.2.1)
    ("PN", "Smith", "Smith^John", False),
    ("PN", "Smith^John^^^", "Smith^John", True),
    ("PN", "Smith*", "Smith^John", True),
    ("PN", "*^John", "Smith^John", True),
    ("PN", "Sm?th^*", "Smith^John", True),
    ("PN", "Sm?th^*", "Smooth^John", False),
    ("PN", "山田^太郎", "Yamada^Tarou=山田^太郎=やまだ^たろう", True),
    ("PN", "=山田*", "Yamada^Tarou=山田^太郎=やまだ^たろう", True),
    ("PN", "Yamada*=山田*", "Yamada^Tarou=山田^太郎=やまだ^たろう", True),
    ("PN", "Yamada*=田中*", "Yamada^Tarou=山田^太郎=やまだ^たろう", False),
    ("PN", "ﾔﾏﾀﾞ^ﾀﾛｳ", "ヤマダ^タロウ", True),  # half and full width
    ("PN", "MÜLLER*", "Müller^Änne", True),
    ("LO", "CH*T", "CHEST", True),
    ("LO", "CH?ST", "CHEST", True),
    ("LO", "CH?T", "CHEST", False),
    ("LO", "[CT]*", "[CT] head", True),  # only * and ? are special
    ("LO", "[CT]*", "C head", False),
    ("LO", "100%*", "100% sure", True),
    ("SH", "A_1*", "AX1", False),
    ("DA", "20260115", "20260115", True),
    ("DA", "20260115", "2026.01.15", True),  # the old form, PS3.5 6.2
    ("DA", "20260101-20260131", "20260115", True),
    ("DA", "20260101-20260131", "20260131", True),
    ("DA", "20260101-20260131", "20260201", False),
    ("DA", "20260116-", "20260115", False),
    ("DA", "-20260115", "20260115", True),
    ("DA", "-20260115", "", False),
    ("TM", "2230", "223000", True),  # by meaning
    ("TM", "2230", "223000.000", True),
    ("TM", "2230", "223001", False),
    ("TM", "1000-1800", "180000", True),
    ("TM", "10-18", "185959.5", True),  # an end that is not precise takes in all it may be
    ("TM", "1000-", "0959", False),
    ("DT", "20260115-20260116", "20260115120000", True),
    ("DT", "20260115-", "20260114", False),
    ("DT", "20260115", "20260115000000.000000", True),
    ("UI", "1.2.3", "1.2.3", True),
    ("UI", "1.2.3\\1.2.4", "1.2.4", True),
    ("UI", "1.2.3\\1.2.4", "1.2.5", False),
    ("IS", "7", "007", True),
    ("IS", " 7 ", "7", True),
    ("DS", "1.50", "1.5", True),
    ("DS", "1.5", "15e-1", True),
    ("CS", "CT", "MR\\CT", True),  # one value of several is enough
    ("CS", "CT", "CTA", False),
    ("LT", "a\\b", "a\\b", True),  # a backslash is part of a text
]


@pytest.mark.parametrize(("vr", "query", "stored", "expected"), CASES)
def test_matching_types(vr: str, query: str, stored: str, expected: bool) -> None:
    matcher = matcher_for(vr, query)
    assert matcher.matches(forms(vr, stored)) is expected
    assert in_sql(vr, query, stored) is expected


def in_sql(vr: str, query: str, stored: str) -> bool:
    """Ask SQLite the same, with one row for each search form, as the index has columns."""
    matcher = matcher_for(vr, query)
    values = forms(vr, stored)
    db = sqlite3.connect(":memory:")
    if isinstance(matcher, NameMatcher):
        values = [*values, "", "", ""][:3]
        db.execute("CREATE TABLE t (a, b, c)")
        db.execute("INSERT INTO t VALUES (?, ?, ?)", values)
        parts = [[group.clause(column) for column in "abc"] for group in matcher.groups]
        either = ["(" + " OR ".join(c.sql for c in part) + ")" for part in parts]
        where = " AND ".join(either) or "1"
        given = [value for part in parts for c in part for value in c.values]
    else:
        db.execute("CREATE TABLE t (a)")
        db.executemany("INSERT INTO t VALUES (?)", [(value,) for value in values])
        clause = matcher.clause("a")
        where, given = clause.sql, list(clause.values)
    found = db.execute(f"SELECT 1 FROM t WHERE {where}", given).fetchone()
    db.close()
    return found is not None


@pytest.mark.parametrize(
    ("vr", "query", "words"),
    [
        ("DA", "2026-01-15", "YYYYMMDD"),
        ("DA", "15.01.2026", "YYYYMMDD"),
        ("DA", "2026*", "YYYYMMDD"),
        ("DA", "-", "YYYYMMDD"),
        ("TM", "half past ten", "HHMMSS"),
        ("DT", "soon", "YYYYMMDDHHMMSS"),
        ("UI", "1.2.*", "no wild cards"),
        ("UI", "1.2.x", "is no UID"),
        ("IS", "1?", "no wild cards"),
        ("CS", "CT\\MR", "several values"),
    ],
)
def test_values_that_cannot_be(vr: str, query: str, words: str) -> None:
    with pytest.raises(MatchError) as caught:
        matcher_for(vr, query)
    assert words in str(caught.value)
    assert caught.value.remedy


def test_uid_lists_may_be_long() -> None:
    uids = "\\".join(f"1.2.{number}" for number in range(5000))
    assert in_sql("UI", uids, "1.2.4999")
    assert not in_sql("UI", uids, "1.2.5000")


text = st.text(alphabet="abABäÄ山^=*?[]%_ .", max_size=8)


@settings(max_examples=effort(400, 60_000), deadline=None)
@given(vr=st.sampled_from(["LO", "PN", "SH", "UT"]), query=text, stored=text)
def test_python_and_sql_agree(vr: str, query: str, stored: str) -> None:
    matcher = matcher_for(vr, query)
    assert matcher.matches(forms(vr, stored)) is in_sql(vr, query, stored)


digits = st.text(alphabet="0123456789-.:", max_size=14)


@settings(max_examples=effort(400, 60_000), deadline=None)
@given(vr=st.sampled_from(["DA", "TM", "DT", "IS", "DS", "UI"]), query=digits, stored=digits)
def test_numbers_and_dates_never_surprise(vr: str, query: str, stored: str) -> None:
    try:
        matcher = matcher_for(vr, query)
    except MatchError:
        return
    assert matcher.matches(forms(vr, stored)) is in_sql(vr, query, stored)


def item(**values: object) -> Dataset:
    ds = Dataset()
    for keyword, value in values.items():
        setattr(ds, keyword, value)
    return ds


def test_sequences_match_within_one_item() -> None:
    stored = item(
        RequestAttributesSequence=[
            item(RequestedProcedureID="R1", ScheduledProcedureStepID="S1"),
            item(RequestedProcedureID="R2", ScheduledProcedureStepID="S2"),
        ]
    )

    def asked(**values: object) -> Dataset:
        return item(RequestAttributesSequence=[item(**values)])

    assert matches(asked(RequestedProcedureID="R2"), stored)
    assert matches(asked(RequestedProcedureID="R2", ScheduledProcedureStepID="S?"), stored)
    assert not matches(asked(RequestedProcedureID="R1", ScheduledProcedureStepID="S2"), stored)
    assert matches(asked(), stored)
    assert matches(item(RequestAttributesSequence=[]), stored)
    assert matches(asked(RequestedProcedureID=""), Dataset())
    assert not matches(asked(RequestedProcedureID="R1"), Dataset())


def test_bytes_and_numbers_of_a_data_set_are_compared_as_text() -> None:
    assert matches(item(Rows=512), item(Rows=512))
    assert not matches(item(Rows=512), item(Rows=256))
    assert matches(item(ImageType=[]), item(ImageType=["ORIGINAL", "PRIMARY"]))
