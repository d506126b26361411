"""Primitive datatypes: is this JSON value one of that type (R4 datatypes.html#primitive)?"""

from __future__ import annotations

import base64
import binascii
import re
import xml.etree.ElementTree as ET
from decimal import Decimal
from typing import Any

from labkit.fhir.dates import date_range
from labkit.fhir.definitions import definitions

MAX_STRING = 1024 * 1024
_INTEGERS = {"integer": -(2**31), "unsignedInt": 0, "positiveInt": 1}
_DATES = ("date", "dateTime", "instant")
#: A narrative must not act (R4 narrative.html: no head, body, script, form, frame, object …).
_ACTIVE = {
    "script", "form", "input", "button", "iframe", "frame", "frameset", "object", "embed",
    "applet", "base", "link", "head", "body", "meta",
}  # fmt: skip
_XHTML = "{http://www.w3.org/1999/xhtml}"


def primitive_problem(kind: str, value: Any) -> str:
    """Say why `value` is no `kind`, or return ``""``."""
    if kind == "boolean":
        return "" if isinstance(value, bool) else f"{_show(value)} is not true or false"
    if kind in _INTEGERS:
        return _integer_problem(kind, value)
    if kind == "decimal":
        number = isinstance(value, (int, float, Decimal)) and not isinstance(value, bool)
        return "" if number else f"{_show(value)} is not a number (write it without quotes)"
    if not isinstance(value, str):
        return f"{_show(value)} is not a string in quotes, as {kind} has to be"
    if value == "":
        return "an empty string is not allowed: leave the element out"
    if kind in ("string", "markdown") and len(value) > MAX_STRING:
        return f"a {kind} has at most {MAX_STRING} characters"
    if kind == "base64Binary":
        return _base64_problem(value)
    if kind == "xhtml":
        return _xhtml_problem(value)
    if not definitions().primitives[kind].fullmatch(value):
        return _mismatch(kind, value)
    if kind in _DATES:
        try:
            date_range(value)
        except ValueError as error:
            return f"{_show(value)} is no day of the calendar ({error})"
    return ""


def _show(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "…"


def _integer_problem(kind: str, value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, int):
        return f"{_show(value)} is not a whole number (write it without quotes)"
    if not _INTEGERS[kind] <= value < 2**31:
        return f"{value} is outside {_INTEGERS[kind]} to {2**31 - 1}, the range of {kind}"
    return ""


def _base64_problem(value: str) -> str:
    try:
        base64.b64decode("".join(value.split()), validate=True)
    except (binascii.Error, ValueError):
        return "this is not base64 (RFC 4648 section 4)"
    return ""


def _mismatch(kind: str, value: str) -> str:
    if kind in ("dateTime", "instant") and re.match(r"\d{4}-\d\d-\d\dT", value):
        return (
            f"{_show(value)} is not a {kind}: once hours are given, minutes, seconds and the time "
            "zone are required, as in 2026-01-15T08:30:00+01:00"
        )
    if kind in _DATES:
        return f"{_show(value)} is not a {kind}; write it as 2026-01-15"
    if kind == "id":
        return f"{_show(value)} is not an id: 1 to 64 of A-Z a-z 0-9 - . only"
    if kind == "oid":
        return f"{_show(value)} is not an oid; write urn:oid:1.2.840…"
    if kind == "code":
        return f"{_show(value)} is not a code: no space at either end, no double spaces"
    return f"{_show(value)} is not a {kind}"


def _xhtml_problem(value: str) -> str:
    if "<!" in value.replace("<!--", ""):
        return "a narrative has no DOCTYPE, ENTITY or CDATA"
    try:
        root = ET.fromstring(value)  # nosec B314: without DOCTYPE there are no entities
    except ET.ParseError as error:
        return f"this is not well-formed XHTML ({error})"
    if root.tag != f"{_XHTML}div":
        return 'a narrative is one <div xmlns="http://www.w3.org/1999/xhtml">'
    for node in root.iter():
        name = str(node.tag).removeprefix(_XHTML).lower()
        if name in _ACTIVE or any(str(a).lower().startswith("on") for a in node.attrib):
            return f"a narrative must not have active content (<{name}>)"
        for attribute, text in node.attrib.items():
            if attribute in ("href", "src") and text.strip().lower().startswith("javascript:"):
                return "a narrative must not have active content (javascript:)"
    return ""
