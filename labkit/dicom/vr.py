"""Value Representations in plain words (PS3.5 6.2).

Our words, for learners; the lengths and the rules that are enforced are pydicom's.
"""

from __future__ import annotations

from pydicom.valuerep import EXPLICIT_VR_LENGTH_32, MAX_VALUE_LEN, STANDARD_VR

from labkit.common.cite import Citation, cite

_WORDS = {
    "AE": ("Application Entity", "an AE title; spaces around it do not count"),
    "AS": ("Age String", "three digits and D, W, M or Y: 034Y"),
    "AT": ("Attribute Tag", "a tag as value: two 16-bit numbers, group and element"),
    "CS": ("Code String", "a fixed word: capitals, digits, space and underscore"),
    "DA": ("Date", "YYYYMMDD"),
    "DS": ("Decimal String", "a number written in text, fixed or floating point"),
    "DT": ("Date Time", "YYYYMMDDHHMMSS.FFFFFF&ZZXX, with as much of it as is known"),
    "FD": ("Floating Point Double", "64-bit IEEE 754 number"),
    "FL": ("Floating Point Single", "32-bit IEEE 754 number"),
    "IS": ("Integer String", "a whole number written in text, -2147483648 to 2147483647"),
    "LO": ("Long String", "one line of text, no backslash"),
    "LT": ("Long Text", "text of several lines; a single value"),
    "OB": ("Other Byte", "bytes whose meaning does not depend on byte order"),
    "OD": ("Other Double", "a stream of 64-bit floating point numbers"),
    "OF": ("Other Float", "a stream of 32-bit floating point numbers"),
    "OL": ("Other Long", "a stream of 32-bit words"),
    "OV": ("Other 64-bit Very Long", "a stream of 64-bit words"),
    "OW": ("Other Word", "a stream of 16-bit words, such as native pixels"),
    "PN": ("Person Name", "Family^Given^Middle^Prefix^Suffix; an equals sign comes between its "
           "alphabetic, ideographic and phonetic spelling"),
    "SH": ("Short String", "one short line of text, no backslash"),
    "SL": ("Signed Long", "32-bit whole number"),
    "SQ": ("Sequence of Items", "items, each of them a data set of its own"),
    "SS": ("Signed Short", "16-bit whole number, -32768 to 32767"),
    "ST": ("Short Text", "text of several lines; a single value"),
    "SV": ("Signed 64-bit Very Long", "64-bit whole number"),
    "TM": ("Time", "HHMMSS.FFFFFF, with as much of it as is known; no colons"),
    "UC": ("Unlimited Characters", "text without backslash; length is not limited"),
    "UI": ("Unique Identifier", "digits with dots between, at most 64 characters, no leading "
           "zeros; padded by a zero byte"),
    "UL": ("Unsigned Long", "32-bit whole number, 0 to 4294967295"),
    "UN": ("Unknown", "bytes whose VR the writer did not know"),
    "UR": ("Universal Resource Identifier", "a URI or URL; a single value"),
    "US": ("Unsigned Short", "16-bit whole number, 0 to 65535"),
    "UT": ("Unlimited Text", "text of several lines, length not limited; a single value"),
    "UV": ("Unsigned 64-bit Very Long", "64-bit whole number"),
}  # fmt: skip


def vr_name(vr: str) -> str:
    """Name a VR: ``"Person Name"``; ``""`` for letters that are not one."""
    return _WORDS[vr][0] if vr in _WORDS else ""


def vr_words(vr: str) -> str:
    """Say what values of a VR look like, in a sentence."""
    if vr not in _WORDS:
        return f"{vr}: its VR depends on other elements of the data set (PS3.5 A)" if vr else ""
    words = _WORDS[vr][1]
    longest = MAX_VALUE_LEN.get(vr)
    limit = f"; at most {longest} characters" if longest and "at most" not in words else ""
    long_form = " (in explicit VR, 4 bytes of length)" if vr in EXPLICIT_VR_LENGTH_32 else ""
    return f"{words}{limit}{long_form}"


def vr_reference(vr: str) -> Citation:
    """Cite the rule of a VR: names have a section of their own."""
    return cite("PS3.5", "6.2.1" if vr == "PN" else "7.5" if vr == "SQ" else "6.2")


def missing_words() -> set[str]:
    """Return the VRs of pydicom that have no words here: none, as a test holds."""
    return {str(vr) for vr in STANDARD_VR} - _WORDS.keys()
