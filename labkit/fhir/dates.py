"""FHIR dates as ranges of time (R4 search.html#date).

A date that says less than a second is a range: ``2026-01`` runs from the first of January to the
first of February. Every comparison of the search is one of two ranges, so both sides become
``[low, high)``, in microseconds since 1970-01-01 UTC. A date without a zone is read as UTC; the
standard leaves that to the server.
"""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date, datetime, timedelta, timezone
from typing import Any

#: Stands for "no lower bound" and "no upper bound" of a Period; fits an SQLite integer.
OPEN_LOW, OPEN_HIGH = -(2**62), 2**62
PREFIXES = ("eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap")

_SHAPE = re.compile(
    r"(?P<y>\d{4})(-(?P<m>\d\d)(-(?P<d>\d\d)"
    r"(T(?P<H>\d\d):(?P<M>\d\d)(:(?P<S>\d\d)(\.(?P<f>\d+))?)?(?P<z>Z|[+-]\d\d:\d\d)?)?)?)?"
)
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_MICROSECOND = timedelta(microseconds=1)


def date_range(text: str) -> tuple[int, int]:
    """Return ``[low, high)`` of a date, dateTime or instant, in microseconds since 1970 UTC.

    Raises
    ------
    ValueError
        Not a date of FHIR, or no day of the calendar (30 February).
    """
    match = _SHAPE.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not a date; write 2026, 2026-01, 2026-01-15 or "
                         "2026-01-15T08:30:00+01:00")  # fmt: skip
    part = match.groupdict()
    year, month, day = int(part["y"]), int(part["m"] or 1), int(part["d"] or 1)
    try:
        return _range(part, year, month, day)
    except OverflowError as error:
        raise ValueError(f"{text!r} is outside the years 1 to 9999") from error


def _range(part: dict[str, Any], year: int, month: int, day: int) -> tuple[int, int]:
    # A leap second (…:60) is read as the second before it, as Python's calendar has none.
    second = min(int(part["S"] or 0), 59)
    fraction = (part["f"] or "")[:6]
    low = datetime(
        year, month, day, int(part["H"] or 0), int(part["M"] or 0), second,
        int(fraction.ljust(6, "0")), tzinfo=_zone(part["z"]),
    )  # fmt: skip
    start = (low - _EPOCH) // _MICROSECOND
    if not part["m"]:
        return start, start + (date(year, 12, 31) - date(year, 1, 1)).days * _DAY + _DAY
    if not part["d"]:
        return start, start + monthrange(year, month)[1] * _DAY
    if not part["H"]:
        return start, start + _DAY
    if not part["S"]:
        return start, start + 60_000_000
    return start, start + 10 ** (6 - len(fraction))


_DAY = 86_400_000_000


def _zone(text: str | None) -> timezone:
    if text in (None, "Z"):
        return timezone.utc
    assert text is not None
    offset = timedelta(hours=int(text[1:3]), minutes=int(text[4:6]))
    return timezone(-offset if text[0] == "-" else offset)


def split_prefix(text: str) -> tuple[str, str]:
    """Split ``"ge2026-01-01"`` into ``("ge", "2026-01-01")``; without a prefix it is ``eq``."""
    if text[:2] in PREFIXES:
        return text[:2], text[2:]
    if text[:2].isalpha():
        raise ValueError(f"{text[:2]!r} is no prefix; the prefixes are {', '.join(PREFIXES)}")
    return "eq", text


def moment(microseconds: int) -> datetime:
    """Return the moment so many microseconds after 1970-01-01 UTC."""
    return _EPOCH + timedelta(microseconds=microseconds)


def instant(moment: datetime) -> str:
    """Write a moment as a FHIR instant in UTC, with milliseconds."""
    utc = moment.astimezone(timezone.utc)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03d}Z"
