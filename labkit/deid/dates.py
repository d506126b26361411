"""Dates that move: by whole days, the same for all of a patient (PS3.15 E.3.6).

Times of day stay, so that an uptake time or a time-intensity curve is as it was, over midnight
too.
"""

from __future__ import annotations

import re
from datetime import date, timedelta

_DA = re.compile(r"(\d{4})\.?(\d{2})\.?(\d{2})")
_DT = re.compile(r"(\d{4})(\d{2})?(\d{2})?(\d{2,6}(?:\.\d{1,6})?)?([+-]\d{4})?")
_TM = re.compile(r"\d{2}(:?\d{2}(:?\d{2}(\.\d{1,6})?)?)?")

DUMMIES = {"DA": "19000101", "TM": "000000", "DT": "19000101000000"}
"""What stands for a date or a time that cannot be left out."""


def moved(year: int, month: int, day: int, days: int) -> date | None:
    """Move a date, or return ``None`` where there is no such date."""
    try:
        return date(year, month, day) + timedelta(days=days)
    except (ValueError, OverflowError):
        return None


def moved_value(vr: str, text: str, days: int) -> str:
    """Move a value of VR DA, DT or TM.

    Parameters
    ----------
    vr
        ``DA``, ``DT`` or ``TM``.
    text
        Several values are parted by a backslash.
    days
        Negative: back.

    Returns
    -------
    str
        Empty for each value that is no date: what it is instead, nobody knows.
    """
    return "\\".join(_one(vr, value.strip(" \0"), days) for value in text.split("\\"))


def _one(vr: str, text: str, days: int) -> str:
    if vr == "TM":
        return text if _TM.fullmatch(text) else ""
    if vr == "DA":
        match = _DA.fullmatch(text)
        new = moved(int(match[1]), int(match[2]), int(match[3]), days) if match else None
        return f"{new:%Y%m%d}".rjust(8, "0") if new else ""
    match = _DT.fullmatch(text)
    if match is None or (match[4] and not match[3]):
        return ""
    new = moved(int(match[1]), int(match[2] or 1), int(match[3] or 1), days)
    if new is None:
        return ""
    whole = f"{new:%Y%m%d}".rjust(8, "0")
    digits = 8 if match[3] else 6 if match[2] else 4
    return whole[:digits] + (match[4] or "") + (match[5] or "")
