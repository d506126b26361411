"""Values of HL7 v2 in the forms that DICOM gives them (PS3.5 6.2)."""

from __future__ import annotations

import re
from datetime import datetime

from pydicom.dataset import Dataset

from labkit.hl7.message import Hl7Message, MessageError, Segment

_GROUPS = {"": 0, "A": 0, "I": 1, "P": 2}
"""XPN-8 Name Representation Code (table 0465) to the component group of PN (PS3.5 6.2.1)."""


def _name(segment: Segment, number: int, of: str, first: int = 1) -> str:
    """Family, given, middle, prefix, suffix: HL7 has the suffix before the prefix, DICOM after."""
    family, given, middle, suffix, prefix = (
        segment.value(number, component, of=of) for component in range(first, first + 5)
    )
    return "^".join((family, given, middle, prefix, suffix)).rstrip("^")


def persons_name(message: Hl7Message, segment: str = "PID") -> str:
    """PID-5 as PN: its repetitions are the alphabetic, ideographic and phonetic groups."""
    groups = ["", "", ""]
    for found in message.all(segment)[:1]:
        for repetition in found.repetitions(5):
            group = _GROUPS.get(found.value(5, 8, of=repetition))
            if group is not None and not groups[group]:
                groups[group] = _name(found, 5, repetition)
    return "=".join(groups).rstrip("=")


def name_of(message: Hl7Message, field: str) -> str:
    """A person in a field of type XCN (an ID, then the name), or NDL (OBR-34) as PN."""
    name, _, number = field.partition("-")
    for segment in message.all(name)[:1]:
        for repetition in segment.repetitions(int(number)):
            if field == "OBR-34":  # NDL: the name is within its first component
                parts = [segment.value(34, 1, part, of=repetition) for part in (2, 3, 4)]
                return "^".join(parts).rstrip("^")
            return _name(segment, int(number), repetition, first=2)
    return ""


def code(message: Hl7Message, field: str) -> list[Dataset]:
    """A coded field (CE, CWE) as a code sequence (PS3.3 8): none where the code has no scheme."""
    value, meaning, scheme = (message.get(f"{field}.{number}") for number in (1, 2, 3))
    if not (value and scheme and meaning):
        return []
    item = Dataset()
    item.CodeValue, item.CodeMeaning = value[:16], meaning[:64]
    # HL7 table 0396 calls a local scheme "L"; in DICOM its designator begins with 99 (PS3.3 8.2).
    item.CodingSchemeDesignator = {"L": "99LOCAL"}.get(scheme, scheme)[:16]
    return [item]


def sex(text: str) -> str:
    """PID-8 (table 0001) as Patient's Sex: what DICOM has no value for stays empty."""
    return text if text in ("M", "F", "O") else ""


def birth_date(text: str, field: str) -> str:
    """PID-7 as DA; a time of birth is left away, a year alone is no DA and stays empty."""
    digits = text[:8]
    return moment(digits, field)[0] if len(digits) == 8 else ""


def moment(text: str, field: str) -> tuple[str, str]:
    """A time stamp ``YYYYMMDD[HHMM[SS]][+ZZZZ]`` as DA and TM; of a date alone the TM is empty.

    Raises
    ------
    MessageError
        It is none (102).
    """
    if not text:
        return "", ""
    bare = re.sub(r"(\.\d+)?([+-]\d{4})?$", "", text)
    layout = {8: "%Y%m%d", 10: "%Y%m%d%H", 12: "%Y%m%d%H%M", 14: "%Y%m%d%H%M%S"}.get(len(bare))
    try:
        if layout is None or not bare.isdecimal():
            raise ValueError(bare)
        found = datetime.strptime(bare, layout)
    except ValueError as error:
        raise MessageError(
            f"{field} {text!r} is no time stamp", "102", field=field,
            remedy="Write YYYYMMDDHHMMSS (HL7 v2 2A.22).",
        ) from error  # fmt: skip
    return found.strftime("%Y%m%d"), found.strftime("%H%M%S") if len(bare) > 8 else ""
