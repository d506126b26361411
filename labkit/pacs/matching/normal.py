"""Search forms: a stored value and a query's value that mean the same get the same text.

"Attribute matching is by meaning": ``2230`` and ``223000.00`` are one time, ``SMITH^JOHN`` and
``Smith^John^^`` one name (PS3.4 C.2.2.2.1). The index keeps the search form beside the value.
"""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal, InvalidOperation

_TM = re.compile(r"(\d\d)(?::?(\d\d)(?::?(\d\d)(?:\.(\d{1,6}))?)?)?")
_DA = re.compile(r"(\d{4})\.?(\d\d)\.?(\d\d)")
_DT = re.compile(r"(\d{4,14})(?:\.(\d{1,6}))?([+-]\d{4})?")


def name_form(text: str) -> str:
    """One component group of a name: case, width and empty trailing components do not count.

    Case-insensitive matching of PN is the archive's choice, which PS3.4 C.2.2.2.1 permits.
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    components = [component.strip() for component in folded.split("^")]
    return "^".join(components).rstrip("^")


def forms(vr: str, text: str) -> list[str]:
    """The search forms of a stored value.

    Parameters
    ----------
    vr
        Value representation.
    text
        The value; several are joined with a backslash.

    Returns
    -------
    list of str
        One for each value, and for PN one for each component group that is not empty (alphabetic,
        ideographic, phonetic: PS3.5 6.2.1). Never empty: an unknown value has the form ``""``.
    """
    if not text:
        return [""]
    if vr == "PN":
        groups = [name_form(group) for name in text.split("\\") for group in name.split("=")]
        return [group for group in groups if group] or [""]
    if vr in ("LT", "ST", "UT", "UR"):  # one value; a backslash is part of the text
        return [form(vr, text)]
    return [form(vr, value) for value in text.split("\\")]


def form(vr: str, value: str) -> str:
    """The search form of one value, not a name. One that its VR forbids stays as it is."""
    value = value.strip("\x00 ")
    if vr == "DA" and (match := _DA.fullmatch(value)):
        return "".join(match.groups())
    if vr == "TM" and (match := _TM.fullmatch(value)):
        return time_form(match, "00", "0")
    if vr == "DT" and (match := _DT.fullmatch(value)):
        return match[1].ljust(14, "0") + "." + (match[2] or "").ljust(6, "0")
    if vr in ("IS", "DS"):
        try:
            number = Decimal(value)
        except InvalidOperation:
            return value
        return str(int(number)) if number == number.to_integral_value() else str(number.normalize())
    return value


def time_form(match: re.Match[str], filler: str, fraction: str) -> str:
    """A TM in full, ``HHMMSS.FFFFFF``; what is not said is filled in."""
    hour, minute, second, part = match.groups()
    return f"{hour}{minute or filler}{second or filler}.{(part or '').ljust(6, fraction)}"


def parse_time(value: str) -> re.Match[str] | None:
    """Take a TM apart: hour, minute, second, fraction; ``None`` if it is none (PS3.5 6.2)."""
    return _TM.fullmatch(value)


def parse_date(value: str) -> str | None:
    """A DA as eight digits, or ``None`` if it is none."""
    match = _DA.fullmatch(value)
    return "".join(match.groups()) if match else None


def parse_datetime(value: str) -> re.Match[str] | None:
    """Take a DT apart: digits, fraction, offset; ``None`` if it is none."""
    return _DT.fullmatch(value)
