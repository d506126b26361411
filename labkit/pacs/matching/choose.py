"""Which matching type a key asks for: its VR and the shape of its value decide (PS3.4 C.2.2.2)."""

from __future__ import annotations

import re

from pydicom.dataelem import DataElement

from labkit.pacs.matching.base import Matcher, MatchError
from labkit.pacs.matching.names import NameMatcher
from labkit.pacs.matching.normal import form
from labkit.pacs.matching.range import RANGE_VRS, parse_range
from labkit.pacs.matching.single import Single
from labkit.pacs.matching.uid_list import UidList
from labkit.pacs.matching.universal import UNIVERSAL
from labkit.pacs.matching.wildcard import WILDCARD_VRS, Wildcard, has_wildcard

_UID = re.compile(r"[0-9.]{1,64}")
_TEXT_WITH_BACKSLASH = ("LT", "ST", "UT", "UR")


def element_text(element: DataElement) -> str:
    """A data element's value as text, several values joined with a backslash."""
    value = element.value
    if value is None:
        return ""
    if isinstance(value, bytes):
        return value.decode("latin_1").strip("\x00 ")
    if isinstance(value, (list, tuple)) or type(value).__name__ == "MultiValue":
        return "\\".join("" if part is None else str(part) for part in value)
    return str(value)


def matcher_for(vr: str, text: str) -> Matcher:
    """Choose the matching type.

    Parameters
    ----------
    vr
        Value representation of the key.
    text
        Its value in the query; ``""`` where it has none.

    Raises
    ------
    MatchError
        The value is none its VR allows in a query.
    """
    text = text.strip("\x00 ")
    if not text or text == "*":
        return UNIVERSAL
    if vr == "UI":
        return _uid_matcher(text)
    if "\\" in text and vr not in _TEXT_WITH_BACKSLASH:
        raise MatchError(
            f"{text!r} has several values; only UIDs may be listed (C.2.2.2.2)",
            remedy="Send one query for each value, or use a wild card.",
        )
    if vr in RANGE_VRS:
        found = parse_range(vr, text)
        return Single(found.low) if found.low == found.high else found
    if vr == "PN":
        return NameMatcher.parse(text)
    if vr in WILDCARD_VRS and has_wildcard(text):
        return Wildcard.parse(text, lambda piece: piece)
    if has_wildcard(text) and vr in ("IS", "DS"):
        raise MatchError(
            f"{text!r}: a number has no wild cards (C.2.2.2.4)",
            remedy="Leave the key empty to have the value returned, and choose from the answers.",
        )
    return Single(form(vr, text))


def _uid_matcher(text: str) -> Matcher:
    uids = tuple(uid.strip("\x00 ") for uid in text.split("\\") if uid.strip("\x00 "))
    for uid in uids:
        if not _UID.fullmatch(uid):
            raise MatchError(
                f"{uid!r} is no UID, and UIDs have no wild cards (C.2.2.2.4)",
                remedy="Give the whole UID, or leave the key empty and choose from the answers.",
            )
    return Single(uids[0]) if len(uids) == 1 else UidList(uids)
