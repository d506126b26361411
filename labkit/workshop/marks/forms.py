"""The form of an answer: two answers of one form are the same answer."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from numbers import Real
from typing import Any

#: Digits that two computations of one number agree in.
_DIGITS = 6


def form(value: Any, depth: int = 6) -> str:
    """Return a plain value as text; ``""`` for what is not plain data.

    The order of a list counts, that of a set or a dictionary does not; a number and its type do
    not differ in form, nor a text and a class derived from text.
    """
    try:
        return _form(value, depth)
    except TypeError:
        return ""


def _form(value: Any, depth: int) -> str:
    if depth == 0:
        raise TypeError("too deep")
    if value is None or isinstance(value, bool):
        return str(value)
    if isinstance(value, Real):
        return f"{float(value):.{_DIGITS}g}"
    if isinstance(value, str):
        return repr(str(value).strip())
    if isinstance(value, bytes):
        return f"bytes {hashlib.sha256(value).hexdigest()[:16]}"
    if isinstance(value, (date, datetime, time)):
        return value.isoformat()
    if isinstance(value, timedelta):
        return f"{value.total_seconds():.{_DIGITS}g}"
    if isinstance(value, (set, frozenset)):
        return "{" + ", ".join(sorted(_form(each, depth - 1) for each in value)) + "}"
    if isinstance(value, Mapping):
        pairs = (f"{_form(k, depth - 1)}: {_form(v, depth - 1)}" for k, v in value.items())
        return "{" + ", ".join(sorted(pairs)) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_form(each, depth - 1) for each in value) + "]"
    if type(value).__name__ == "PersonName":
        return repr(str(value))
    raise TypeError(type(value).__name__)
