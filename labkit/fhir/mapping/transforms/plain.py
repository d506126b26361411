"""Text, numbers, UIDs and dates: values that stay what they are."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from labkit.fhir.mapping.elements import Field
from labkit.fhir.mapping.trail import Omit

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
#: PS3.5 9.1: components without leading zeros, 64 characters; FHIR's oid asks the same.
_UID = re.compile(r"[0-2](\.(0|[1-9][0-9]*))+")
#: FHIR's code: no space at either end, none twice.
_CODE = re.compile(r"\S+(\s\S+)*")
_INTEGER = re.compile(r"[+-]?\d{1,12}")


def string(fields: Sequence[Field], ctx: Any) -> str | Omit:
    r"""Return the text; several values stay joined by ``\`` as in the file (PS3.5 6.2)."""
    text = clean("\\".join(str(v) for v in fields[0] or ()))
    return text or Omit("empty-type-2")


def code(fields: Sequence[Field], ctx: Any) -> str:
    """Return a constant of the table as a FHIR code."""
    return str((fields[0] or ("",))[0])


def display(fields: Sequence[Field], ctx: Any) -> dict[str, str]:
    """Return a constant of the table as words in place of a code or a reference."""
    return {"display": str((fields[0] or ("",))[0])}


def strings(fields: Sequence[Field], ctx: Any) -> list[str] | Omit:
    """Return each value as a text of its own."""
    found = [text for v in fields[0] or () if (text := clean(str(v)))]
    return found or Omit("empty-type-2")


def unsigned(fields: Sequence[Field], ctx: Any) -> int | Omit:
    """Return an IS as unsignedInt (R4 datatypes.html#unsignedInt): 0 to 2147483647."""
    text = str((fields[0] or ("",))[0]).strip()
    if not _INTEGER.fullmatch(text):
        return Omit("invalid", f"{text!r} is not an integer string (PS3.5 6.2)")
    number = int(text)
    if not 0 <= number < 2**31:
        return Omit("invalid", f"{number} does not fit: FHIR's unsignedInt is 0 to 2147483647")
    return number


def uid(fields: Sequence[Field], ctx: Any) -> str | Omit:
    """Return a UID as FHIR id: bare, no ``urn:oid:`` (R4 imagingstudy, series.uid)."""
    text = str((fields[0] or ("",))[0])
    if not is_uid(text):
        return Omit("invalid", f"{text!r} is no UID (PS3.5 9.1)")
    return text


def date(fields: Sequence[Field], ctx: Any) -> str | Omit:
    """Return a DA as FHIR date."""
    from labkit.fhir.mapping.transforms.times import fhir_date

    text = str((fields[0] or ("",))[0])
    return fhir_date(text) or Omit("invalid", f"{text!r} is no date (PS3.5 6.2, DA)")


def is_uid(text: str) -> bool:
    """Whether `text` is a UID by PS3.5 9.1 that FHIR's ``oid`` can carry."""
    return len(text) <= 64 and _UID.fullmatch(text) is not None


def is_code(text: str) -> bool:
    """Whether FHIR's ``code`` can carry `text` (R4 datatypes.html#code)."""
    return _CODE.fullmatch(text) is not None and text.isprintable()


def clean(text: str) -> str:
    """Leave out what FHIR's string cannot hold, and the padding (R4 datatypes.html#string)."""
    return _CONTROL.sub("", text).strip()


TRANSFORMS = (string, display, strings, code, unsigned, uid, date)
