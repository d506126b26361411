"""Range matching (PS3.4 C.2.2.2.5): ``a-b``, ``a-`` and ``-b`` of dates and times, inclusive.

A date range and a time range in one query are independent: 5 to 7 July and 10 to 18 h are three
windows of eight hours, not one of 56. (Combined matching would have to be negotiated.)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from labkit.pacs.matching.base import Clause, MatchError
from labkit.pacs.matching.normal import parse_date, parse_datetime, parse_time, time_form

RANGE_VRS = frozenset(("DA", "TM", "DT"))
_SHAPE = {
    "DA": "YYYYMMDD, or a range YYYYMMDD-YYYYMMDD",
    "TM": "HHMMSS, or a range HHMMSS-HHMMSS",
    "DT": "YYYYMMDDHHMMSS, or a range of two",
}


@dataclass(frozen=True)
class Range:
    """From `low` to `high`, both in search form and both included; ``""`` is open."""

    low: str
    high: str
    universal = False

    def matches(self, stored: Sequence[str]) -> bool:
        """Whether one of the values lies inside. An unknown value does not."""
        return any(
            value and value >= self.low and (not self.high or value <= self.high)
            for value in stored
        )

    def clause(self, column: str) -> Clause:
        """``column BETWEEN low AND high``."""
        if not self.high:
            return Clause(f"{column} >= ?", (self.low,))
        return Clause(f"{column} BETWEEN ? AND ?", (self.low or "!", self.high))


def parse_range(vr: str, value: str) -> Range:
    """Read a DA, TM or DT of a query; a single value is a range of one.

    A time that is not precise stands for all it could be: ``18`` as an upper end takes in 18:59:59
    (PS3.5 6.2: components that are left out say that the value is not precise).

    Raises
    ------
    MatchError
        It is neither a value nor a range of this VR.
    """
    low, dash, high = _split(vr, value)
    ends = _end(vr, low, upper=False), _end(vr, high if dash else low, upper=bool(dash))
    if ends == ("", "") or (low and not ends[0]) or (dash and high and not ends[1]):
        raise MatchError(
            f"{value!r} is no {vr}: write {_SHAPE[vr]}",
            remedy="An ISO date such as 2026-01-15 is written 20260115 in DICOM (PS3.5 6.2).",
        )
    return Range(*ends)


def _split(vr: str, value: str) -> tuple[str, str, str]:
    value = value.strip("\x00 ")
    if vr == "DT":  # a hyphen may also begin an offset from UTC: -0500
        for at, character in enumerate(value):
            left, right = value[:at], value[at + 1 :]
            if character == "-" and all(not side or parse_datetime(side) for side in (left, right)):
                return left, "-", right
        return value, "", ""
    low, dash, high = value.partition("-")
    return low.strip(), dash, high.strip()


def _end(vr: str, text: str, *, upper: bool) -> str:
    if vr == "DA":
        return parse_date(text) or ""
    if vr == "TM":
        match = parse_time(text)
        if match is None:
            return ""
        return time_form(match, "59", "9") if upper else time_form(match, "00", "0")
    match = parse_datetime(text)
    if match is None:
        return ""
    return (
        match[1].ljust(14, "9" if upper else "0")
        + "."
        + (match[2] or "").ljust(6, "9" if upper else "0")
    )
