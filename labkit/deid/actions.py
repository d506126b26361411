"""One function an action code of PS3.15 Table E.1-1a.

Each is called with the work, the data set that the element stands in, its tag and its VR, and
changes the data set. It returns the code that is written into the report, or ``""`` where nothing
was changed.
"""

from __future__ import annotations

import base64
from collections.abc import Callable

from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from labkit.deid import content, documents, graphics
from labkit.deid.dates import DUMMIES, moved_value
from labkit.deid.rules import TEMPORAL_VRS
from labkit.deid.work import TEXT_VRS, Work, put, text_of, uids_of

Action = Callable[[Work, Dataset, int, str], str]

_IDENTIFIERS = frozenset({0x00100020, 0x00080050})
_NAMES = frozenset({0x00100010})
_PATIENT_ID = 0x00100020
_REMOVED = "REMOVED"
_CONTENT = 0x0040A730


def remove(work: Work, ds: Dataset, tag: int, vr: str) -> str:
    """X: the element goes."""
    del ds[tag]
    return "X"


def empty(work: Work, ds: Dataset, tag: int, vr: str) -> str:
    """Z: zero length, or a dummy where it helps: patient and order keep a pseudonym to join on."""
    if tag in _IDENTIFIERS:
        return dummy(work, ds, tag, vr) and "Z"
    if tag in _NAMES and work.patient:
        put(ds, tag, "PN", work.key.identifier(work.patient))
        return "Z"
    put(ds, tag, vr, [] if vr == "SQ" else b"" if vr[0] == "O" or vr == "UN" else "")
    return "Z"


def dummy(work: Work, ds: Dataset, tag: int, vr: str) -> str:
    """D: a value of the VR that says nothing; of an identifier its pseudonym."""
    if tag in _IDENTIFIERS:
        original = text_of(ds, tag).strip()
        put(ds, tag, vr, work.key.identifier(original) if original else "")
        return "D"
    if tag == _CONTENT:
        return content.references_only(work, ds)
    if tag == 0x00420011:
        return documents.replace(work, ds)
    if tag == 0x00700001:
        return graphics.dummy_annotation(work, ds)
    if vr == "SQ":
        _dummy_items(work, ds, tag)
    elif vr in DUMMIES:
        put(ds, tag, vr, DUMMIES[vr])
    elif vr == "UI":
        put(ds, tag, vr, work.key.uid(text_of(ds, tag)))
    elif vr == "AS":
        put(ds, tag, vr, "000D")
    elif vr in TEXT_VRS:
        put(ds, tag, vr, {"DS": "0", "IS": "0", "UR": "about:blank"}.get(vr, _REMOVED))
    else:
        put(ds, tag, vr, b"\0\0" if vr[0] == "O" or vr == "UN" else 0)
    return "D"


def _dummy_items(work: Work, ds: Dataset, tag: int) -> None:
    """Keep one item, of what the profile itself replaces; nothing else of it."""
    item = Dataset()
    if tag == 0x00401101:  # Person Identification Code Sequence: a code is a person
        item.CodeValue, item.CodingSchemeDesignator = _REMOVED, "99LABKIT"
        item.CodeMeaning = _REMOVED
    elif tag == 0x0040A073:  # Verifying Observer Sequence, Type 1C of an SR that is verified
        item.VerifyingObserverName = _REMOVED
        item.VerifyingOrganization = _REMOVED
        put(item, 0x0040A030, "DT", DUMMIES["DT"])
        put(item, 0x0040A088, "SQ", [])
    put(ds, tag, "SQ", [item])


def keep(work: Work, ds: Dataset, tag: int, vr: str) -> str:
    """K: the value stays; inside a sequence the profile goes on."""
    if vr == "SQ" or ds.get_item(tag).VR == "SQ":
        within(work, ds, tag)
    return ""


def within(work: Work, ds: Dataset, tag: int) -> None:
    """Apply the profile to the items of a sequence."""
    value = ds[tag].value
    if value and not isinstance(value, Sequence):
        del ds[tag]  # VR UN, and not a sequence when it is parsed (PS3.5 6.2.2)
        work.trail.note(tag, "Sequence", "X", "a sequence that cannot be parsed")
        return
    for item in work.trail.items(tag, value or []):
        work.walk(work, item)


def renew(work: Work, ds: Dataset, tag: int, vr: str) -> str:
    """U: a new UID, the same for the same UID everywhere; in a sequence, those inside."""
    if vr == "SQ":
        within(work, ds, tag)
        return "U"
    new = [work.key.uid(uid) for uid in uids_of(ds, tag)]
    put(ds, tag, "UI", new[0] if len(new) == 1 else new)
    return "U"


def clean(work: Work, ds: Dataset, tag: int, vr: str) -> str:
    """C: another value of the same meaning that does not identify."""
    if vr in TEMPORAL_VRS:
        put(ds, tag, vr, _parted(moved_value(vr, text_of(ds, tag), work.days)))
    elif tag == _CONTENT:
        content.clean(work, ds)
    elif tag in content.HOLDERS:
        content.clean_within(work, ds, tag)
    elif tag == 0x00700001:
        graphics.clean_annotations(work, ds)
    elif vr == "SQ":
        within(work, ds, tag)
    elif vr == "AE":
        put(ds, tag, vr, _title(work, text_of(ds, tag)))
    elif tag == 0x00080201:  # Timezone Offset From UTC: dates move by whole days
        return ""
    elif vr in TEXT_VRS:
        return _clean_text(work, ds, tag, vr)
    else:
        return remove(work, ds, tag, vr)
    return "C"


def _clean_text(work: Work, ds: Dataset, tag: int, vr: str) -> str:
    original = text_of(ds, tag)
    cleaned = "\\".join(work.identities.cleaned(part) for part in original.split("\\"))
    if cleaned == original:
        return ""
    if not cleaned.strip("\\"):
        return remove(work, ds, tag, vr)
    put(ds, tag, vr, _parted(cleaned) if vr in {"LO", "SH", "UC", "CS"} else cleaned)
    return "C"


def _title(work: Work, original: str) -> str:
    return "\\".join(
        "AE" + base64.b32encode(work.key.digest("ae", one.strip())[:8]).decode("ascii")[:12]
        for one in original.split("\\")
    )


def _parted(text: str) -> str | list[str]:
    return text.split("\\") if "\\" in text else text


ACTIONS: dict[str, Action] = {
    "X": remove, "Z": empty, "D": dummy, "K": keep, "C": clean, "U": renew,
}  # fmt: skip
