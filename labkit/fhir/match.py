"""From a search value to SQL: one function a kind of search parameter (R4 search.html).

Each returns a condition on the rows of its index table, with the values kept apart as arguments:
nothing a client sends becomes part of the SQL text.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from labkit.fhir.dates import date_range, split_prefix
from labkit.fhir.index import fold
from labkit.fhir.references import known_types, split_reference

Condition = tuple[str, list[Any]]
#: Greater than any string that begins with what stands before it.
_LAST = "\U0010ffff"

MODIFIERS: dict[str, Sequence[str]] = {
    "token": ("not",),
    "reference": ("identifier",),  # and any resource type: subject:Patient=12
    "date": (),
    "string": ("exact", "contains"),
    "uri": ("below",),
}


def split_escaped(text: str, separator: str) -> list[str]:
    r"""Split at a separator that no backslash precedes (R4 search.html#escaping)."""
    out, current, chars = [], "", iter(text)
    for char in chars:
        if char == "\\":
            current += char + next(chars, "")
        elif char == separator:
            out.append(current)
            current = ""
        else:
            current += char
    return [*out, current]


def unescape(text: str) -> str:
    r"""Take the backslashes off: ``\,`` is a comma."""
    out, chars = "", iter(text)
    for char in chars:
        out += next(chars, "") if char == "\\" else char
    return out


def token(value: str, modifier: str, now: datetime, base_url: str) -> Condition:
    """``code``, ``system|code``, ``|code`` (no system), ``system|`` (any code of it)."""
    parts = [unescape(part) for part in split_escaped(value, "|")]
    if len(parts) > 2:
        raise ValueError("a token has at most one |: system|code")
    if len(parts) == 1:
        return "value = ?", [parts[0]]
    system, code = parts
    if not system and not code:
        raise ValueError("there is neither a system nor a code around the |")
    if not code:
        return "system = ?", [system]
    return "system = ? AND value = ?", [system, code]


def reference(value: str, modifier: str, now: datetime, base_url: str) -> Condition:
    """``Patient/12``, ``12``, an absolute URL; with ``:identifier`` a token."""
    if modifier == "identifier":
        return token(value, "", now, base_url)
    text = unescape(value)
    if modifier:
        if "/" in text:
            raise ValueError(f"with :{modifier} give the id alone")
        return "target_id = ? AND target_type = ? AND url = ''", [text, modifier]
    if "/" not in text and ":" not in text:
        return "target_id = ? AND url = ''", [text]
    kind, id_, url = split_reference(text, base_url)
    if url:
        head = text.split("/")[0]
        if ":" not in head and head not in known_types():
            raise ValueError(f"{head!r} is no resource type of R4; write Patient/12")
        return "url = ?", [url]
    return "target_id = ? AND target_type = ? AND url = ''", [id_, kind]


def date(value: str, modifier: str, now: datetime, base_url: str) -> Condition:
    """A date with a prefix; both sides are ranges (R4 search.html#prefix)."""
    prefix, text = split_prefix(unescape(value))
    low, high = date_range(text)
    inside = "(low >= ? AND high <= ?)"
    if prefix == "ap":
        middle = int(now.timestamp() * 1_000_000)
        slack = abs(middle - low) // 10  # the standard recommends a tenth of the gap to now
        return "low < ? AND high > ?", [high + slack, low - slack]
    return {
        "eq": (inside, [low, high]),
        "ne": (f"NOT {inside}", [low, high]),
        "gt": ("high > ?", [high]),
        "lt": ("low < ?", [low]),
        "ge": (f"(high > ? OR {inside})", [high, low, high]),
        "le": (f"(low < ? OR {inside})", [low, low, high]),
        "sa": ("low >= ?", [high]),
        "eb": ("high <= ?", [low]),
    }[prefix]


def string(value: str, modifier: str, now: datetime, base_url: str) -> Condition:
    """Begins with, whatever the case and accents; ``:contains`` anywhere; ``:exact`` as given."""
    text = unescape(value)
    folded = fold(text)
    if modifier == "exact":
        return "folded = ? AND exact = ?", [folded, text]
    if modifier == "contains":
        return "instr(folded, ?) > 0", [folded]
    return "folded >= ? AND folded < ?", [folded, folded + _LAST]


def uri(value: str, modifier: str, now: datetime, base_url: str) -> Condition:
    """The whole URI, to the letter; ``:below`` those that begin with it."""
    text = unescape(value)
    if modifier == "below":
        return "value >= ? AND value < ?", [text, text + _LAST]
    return "value = ?", [text]


MATCHERS = {"token": token, "reference": reference, "date": date, "string": string, "uri": uri}
