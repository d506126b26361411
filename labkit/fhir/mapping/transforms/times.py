"""Dates and times. A time without a zone is no moment, and FHIR refuses it."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from datetime import timedelta, tzinfo

from labkit.fhir.mapping.elements import Field
from labkit.fhir.mapping.links import Context
from labkit.fhir.mapping.trail import Omit

#: DA; the form with dots is ACR-NEMA's, still to be read (PS3.5 6.2, note to DA).
_DA = re.compile(r"(\d{4})(\d\d)(\d\d)|(\d{4})\.(\d\d)\.(\d\d)")
#: TM: hours alone, hours and minutes, or all; with colons in old files (PS3.5 6.2, note to TM).
_TM = re.compile(r"(\d\d)(?::?(\d\d)(?::?(\d\d)(?:\.(\d{1,6}))?)?)?")
_OFFSET = re.compile(r"([+-])(\d\d)(\d\d)")


def fhir_date(text: str) -> str:
    """Turn a DA into ``YYYY-MM-DD``, or return ``""`` if it is no day of the calendar."""
    found = _DA.fullmatch(text.strip())
    if not found:
        return ""
    year, month, day = (int(part) for part in found.groups() if part)
    try:
        return dt.date(year, month, day).isoformat() if year else ""
    except ValueError:
        return ""


def date_time(fields: Sequence[Field], ctx: Context) -> str | Omit:
    """Return a dateTime from DA, TM and Timezone Offset From UTC (0008,0201).

    With a time FHIR wants minutes, seconds and a zone; seconds "may be zero-filled", minutes may
    not (R4 datatypes.html#dateTime). The zone is (0008,0201) (PS3.3 C.12.1.1.8), else the site's,
    else there is none, and the date stands alone.
    """
    text = str((fields[0] or ("",))[0])
    day = fhir_date(text)
    if not day:
        return Omit("invalid", f"{text!r} is no date (PS3.5 6.2, DA)")
    return with_time(day, _first(fields, 1), _first(fields, 2), ctx)


def with_time(day: str, time: str, offset: str, ctx: Context) -> str:
    """Add a TM to a FHIR date as far as that can be done honestly."""
    found = _TM.fullmatch(time)
    if not found or found[2] is None or not _on_a_clock(found):
        return day
    hour, minute = int(found[1]), int(found[2])
    second = min(int(found[3] or 0), 59)  # 60 is a leap second, which Python's calendar has not
    moment = dt.datetime.fromisoformat(day).replace(hour=hour, minute=minute, second=second)
    zone = _offset(offset) if offset else ctx.site.zoneinfo()
    if zone is None:
        return day
    delta = moment.replace(tzinfo=zone).utcoffset() or timedelta()
    minutes = int(delta.total_seconds() // 60)  # zones before 1900 have seconds, FHIR has not
    sign = "-" if minutes < 0 else "+"
    fraction = f".{found[4]}" if found[4] else ""
    clock = f"{found[1]}:{found[2]}:{second:02d}{fraction}"
    return f"{day}T{clock}{sign}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"


def _on_a_clock(found: re.Match[str]) -> bool:
    return int(found[1]) < 24 and int(found[2] or 0) < 60 and int(found[3] or 0) <= 60


def _offset(text: str) -> tzinfo | None:
    """Read ``&ZZXX``: the sign is compulsory, ``-0000`` is forbidden (PS3.3 C.12.1.1.8)."""
    found = _OFFSET.fullmatch(text.strip())
    if not found or text.strip() == "-0000":
        return None
    delta = timedelta(hours=int(found[2]), minutes=int(found[3]))
    if int(found[3]) > 59 or not timedelta(hours=-12) <= delta <= timedelta(hours=14):
        return None
    return dt.timezone(-delta if found[1] == "-" else delta)


def why_no_time(fields: Sequence[Field], ctx: Context) -> Omit | None:
    """Say why `date_time` gave a date alone, or return ``None`` where it gave the time too."""
    time, offset = _first(fields, 1), _first(fields, 2)
    if not time:
        return None
    found = _TM.fullmatch(time)
    if not found or not _on_a_clock(found):
        return Omit("invalid", f"the time {time!r} is no TM; the date stands alone")
    if found[2] is None:
        return Omit(
            "invalid", f"the time {time!r} has no minutes, which FHIR wants; the date stands alone"
        )
    if offset and _offset(offset) is None:
        return Omit("invalid", f"{offset!r} is no Timezone Offset From UTC; the date stands alone",
                    "PS3.3 C.12.1.1.8")  # fmt: skip
    if not offset and ctx.site.zoneinfo() is None:
        return Omit(
            "no-zone", f"the time {time} has no zone: no (0008,0201), and the site file names none"
        )
    return None


def _first(fields: Sequence[Field], number: int) -> str:
    field = fields[number] if number < len(fields) else None
    return str(field[0]) if field else ""


def zone_of_site(fields: Sequence[Field], ctx: Context) -> str:
    """Name the zone where the header has none and the site file's was taken, else ``""``."""
    taken = _first(fields, 1) and not _first(fields, 2) and why_no_time(fields, ctx) is None
    return f"the zone {ctx.site.zone} of the site file" if taken else ""


#: Transforms that may leave part of a value out → the function that says why.
PARTIAL = {"date_time": why_no_time}
#: Transforms that may add what the site file says → the function that says what.
FROM_SITE = {"date_time": zone_of_site}

TRANSFORMS = (date_time,)
