"""Elements that Table E.1-1 does not list: private, unknown, and ordinary ones that hold text.

The standard lets the ordinary ones stay. Here a text among them stays only if no value that
identifies the patient is in it, and free text only as safe words.
"""

from __future__ import annotations

import re
from functools import lru_cache

from pydicom.datadict import dictionary_has_tag, dictionary_keyword, dictionary_VR
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset

from labkit.deid import actions
from labkit.deid.work import TEXT_VRS, Work, put, raw_bytes, text_of

_NUMBERS = re.compile(rb"[0-9+\-.eE\\ \0]*")
_FREE = frozenset({"LT", "ST", "UT"})
_SHORT = frozenset({"LO", "SH", "UC", "CS", "AS"})
_BULK = frozenset({"OB", "OW", "OF", "OD", "OL", "OV", "UN", "OB or OW", "US or OW"})
#: Short texts that are written by hand, by the end of their keyword.
_BY_HAND = ("Explanation", "Description", "Comment", "Comments", "Notes", "Text", "Title", "Remark",
            "Remarks", "Reason", "Note")  # fmt: skip
_MEANING = 0x00080104
_LONGEST_SWEEP = 65536
_PIXELS = frozenset({0x7FE00010, 0x7FE00008, 0x7FE00009, 0x7FE00001, 0x7FE00002})
#: What others read as a code, so that emptying it would break the object; the standard's own terms.
_TERMS = frozenset({0x00080005, 0x00080008, 0x00080060, 0x00280004, 0x00185100, 0x0040A040,
                    0x0040A010, 0x00080100, 0x00080102})  # fmt: skip
_PUBLIC_URL = frozenset({0x0008010E, 0x00080120})
_PUBLIC_UID = ("SOPClass", "TransferSyntax", "CodingScheme", "ContextUID", "MappingResource",
               "ContextGroupExtension", "SOPClasses", "RepositoryUniqueID")  # fmt: skip


@lru_cache(8192)
def _known(tag: int) -> tuple[str, str]:
    """VR and keyword of the data dictionary; empty where it has no such tag."""
    if not dictionary_has_tag(tag):
        return "", ""
    return dictionary_VR(tag), dictionary_keyword(tag)


def unlisted(work: Work, ds: Dataset, tag: int, element: DataElement | RawDataElement) -> None:
    """Decide about one standard element that has no rule."""
    number = int(tag)  # its comparisons are C's, not pydicom's
    vr, keyword = _known(number)
    note = work.trail.note
    if not vr or number >> 16 in (0x0000, 0x0002) or tag & 0xFFFF == 0:
        del ds[tag]
        note(tag, keyword or "unknown", "X", "not of the data dictionary, or a group length")
        return
    if number in _PIXELS:
        return
    if vr == "SQ":
        actions.within(work, ds, tag)
        return
    if element.VR == "SQ":
        del ds[tag]
        note(tag, keyword, "X", "a sequence where the data dictionary has none")
        return
    if element.VR in TEXT_VRS and vr not in TEXT_VRS:
        vr = str(element.VR)
    value = raw_bytes(element)
    if not value:
        return
    if vr in TEXT_VRS and b"\0" in value.rstrip(b"\0 "):
        put(ds, tag, vr, value.split(b"\0", 1)[0].decode("ascii", "ignore"))
        note(tag, keyword, "C", "characters behind a NUL, which ends a value for many readers")
        element = ds.get_item(tag)
        value = raw_bytes(element)
    if vr == "UI":
        _uid(work, ds, tag, keyword)
    elif vr in _FREE or (vr in _SHORT and _by_hand(ds, tag, keyword)):
        if _cleaned(work, ds, tag, vr):
            note(tag, keyword, "C", "free text that Table E.1-1 does not list")
    elif vr == "PN" or vr in ("DA", "DT", "TM"):
        _person_or_date(work, ds, tag, vr, keyword)
    elif vr == "UR":
        if tag not in _PUBLIC_URL or work.identities.within(value):
            del ds[tag]
            note(tag, keyword, "X", "an address that Table E.1-1 does not list")
    elif vr in ("DS", "IS"):
        if not _NUMBERS.fullmatch(value):
            actions.empty(work, ds, tag, vr)
            note(tag, keyword, "Z", "a number that is none")
    elif vr == "AE":
        del ds[tag]
        note(tag, keyword, "X", "an AE title that Table E.1-1 does not list")
    elif vr in _SHORT:
        if number not in _TERMS and work.identities.within(value):
            _cleaned(work, ds, tag, vr)
            note(tag, keyword, "C", "a value that identifies this patient")
    elif vr in _BULK and len(value) < _LONGEST_SWEEP and work.identities.within(value):
        del ds[tag]
        note(tag, keyword, "X", "a value that identifies this patient")


def _by_hand(ds: Dataset, tag: int, keyword: str) -> bool:
    """Say whether a short text is free text: by its name, or as the meaning of a private code."""
    if tag == _MEANING:
        return str(ds.get("CodingSchemeDesignator", "99")).startswith("99")
    return keyword.endswith(_BY_HAND)


def _cleaned(work: Work, ds: Dataset, tag: int, vr: str) -> bool:
    """Keep the safe words; say whether anything changed."""
    original = text_of(ds, tag)
    new = "\\".join(work.identities.cleaned(part) for part in original.split("\\"))
    if new == original:
        return False
    several = "\\" in new and vr in _SHORT
    put(ds, tag, vr, new.split("\\") if several else new)
    return True


def _uid(work: Work, ds: Dataset, tag: int, keyword: str) -> None:
    if work.profile.has("retain-uids") or any(word in keyword for word in _PUBLIC_UID):
        return
    old = text_of(ds, tag)
    new = [work.key.uid(uid) for uid in old.split("\\")]
    if "\\".join(new) != old:
        put(ds, tag, "UI", new if len(new) > 1 else new[0])
        work.trail.note(tag, keyword, "U", "a UID that Table E.1-1 does not list")


def _person_or_date(work: Work, ds: Dataset, tag: int, vr: str, keyword: str) -> None:
    if vr != "PN" and work.profile.has("retain-full-dates"):
        return
    moved = vr != "PN" and work.profile.has("retain-modified-dates")
    done = (actions.clean if moved else actions.empty)(work, ds, tag, vr)
    what = "a person" if vr == "PN" else "a date or time"
    work.trail.note(tag, keyword, done, f"{what} that Table E.1-1 does not list")


def private(work: Work, ds: Dataset, tags: list[int]) -> None:
    """Remove private attributes, or keep those of the safe list with their creators."""
    kept = _safe(work, ds, tags) if work.profile.has("retain-safe-private") else set()
    for tag in tags:
        if tag in kept:
            continue
        del ds[tag]
        work.trail.note(tag, "Private Attribute", "X", "Basic Profile")


def _safe(work: Work, ds: Dataset, tags: list[int]) -> set[int]:
    safe = work.profile.safe_private
    declared = safe.declared(ds)
    creators = {t: text_of(ds, t).strip() for t in tags if 0x10 <= t & 0xFFFF <= 0xFF}
    kept: set[int] = set()
    for tag in tags:
        block = (tag & 0xFFFF0000) | ((tag >> 8) & 0xFF)
        creator = creators.get(block)
        if creator is None or tag & 0xFFFF < 0x1000:
            continue
        group, element = tag >> 16, tag & 0xFF
        names = {(creator, group, element), (creator, group, -1)}
        listed = (creator, group, element) in safe.attributes
        if (listed or names & declared) and _passes(work, ds, tag):
            kept |= {tag, block}
    return kept


def _passes(work: Work, ds: Dataset, tag: int) -> bool:
    """Clean a private value that may stay; ``False`` where it may not after all."""
    element = ds[tag]
    vr = element.VR
    if work.identities.within(raw_bytes(element)):
        return False
    if vr == "SQ":
        actions.within(work, ds, tag)
    elif vr == "UI":
        _uid(work, ds, tag, "")
    elif vr in ("PN", "AE", "UR"):
        return False
    elif vr in ("DA", "DT", "TM"):
        if work.profile.has("retain-modified-dates"):
            actions.clean(work, ds, tag, vr)
        return work.profile.dates != "REMOVED"
    elif vr in _FREE | {"LO", "SH", "UC"}:
        _cleaned(work, ds, tag, vr)
    return True
