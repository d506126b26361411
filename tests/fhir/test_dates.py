"""Dates as ranges."""

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labkit.fhir.dates import date_range, instant, split_prefix

DAY = 86_400_000_000


@pytest.mark.parametrize(
    ("text", "width"),
    [
        ("2026", 365 * DAY),
        ("2024", 366 * DAY),
        ("2024-02", 29 * DAY),
        ("2026-12", 31 * DAY),
        ("9999-12", 31 * DAY),
        ("0001-01-01", DAY),
        ("2026-01-15", DAY),
        ("2026-01-15T08:30", 60_000_000),
        ("2026-01-15T08:30:00Z", 1_000_000),
        ("2026-01-15T08:30:60Z", 1_000_000),
        ("2026-01-15T08:30:00.5Z", 100_000),
        ("2026-01-15T08:30:00.123456789+01:00", 1),
    ],
)
def test_a_date_is_as_wide_as_it_is_vague(text: str, width: int) -> None:
    low, high = date_range(text)
    assert high - low == width


def test_zones_meet() -> None:
    assert date_range("2026-01-15T08:30:00+01:00") == date_range("2026-01-15T07:30:00Z")
    assert date_range("2026-01-15T02:00:00-05:30") == date_range("2026-01-15T07:30:00Z")
    assert date_range("1970-01-01")[0] == 0


@pytest.mark.parametrize(
    "text", ["", "26", "2026-1", "2026-02-30", "15.1.2026", "2026-01-15T25:00:00Z", "x", "2026T10"]
)
def test_no_date(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        date_range(text)


@given(st.text(alphabet="0123456789-T:.Z+", max_size=30))
def test_any_text_is_a_range_or_a_value_error(text: str) -> None:
    try:
        low, high = date_range(text)
    except ValueError:
        return
    assert low < high


def test_prefixes() -> None:
    assert split_prefix("ge2026") == ("ge", "2026")
    assert split_prefix("2026") == ("eq", "2026")
    with pytest.raises(ValueError, match="no prefix"):
        split_prefix("xx2026")


def test_an_instant_is_utc_and_inside_its_own_range() -> None:
    moment = datetime(2026, 1, 15, 8, 30, 0, 123456, timezone(timedelta(hours=1)))
    assert instant(moment) == "2026-01-15T07:30:00.123Z"
