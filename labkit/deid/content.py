"""Content items of structured reports, key objects, acquisition context (PS3.15 E.3.4)."""

from __future__ import annotations

from functools import lru_cache

from pydicom.dataset import Dataset
from pydicom.sr._snomed_dict import mapping

from labkit.deid.dates import DUMMIES, moved_value
from labkit.deid.rules import ContentRule, content_rules
from labkit.deid.work import Work, put, text_of

HOLDERS = frozenset({0x00400555, 0x00400610, 0x0040B020})
"""Sequences beside Content Sequence that hold content items."""
_STEPS = 0x00400612
_CONTENT = 0x0040A730
_REFERENCES = frozenset({"IMAGE", "COMPOSITE", "WAVEFORM"})
_VALUES = {"TEXT": (0x0040A160, "UT"), "DATE": (0x0040A121, "DA"), "TIME": (0x0040A122, "TM"),
           "DATETIME": (0x0040A120, "DT"), "PNAME": (0x0040A123, "PN"),
           "UIDREF": (0x0040A124, "UI")}  # fmt: skip
_REMOVED = "REMOVED"
_RETIRED = frozenset({"SRT", "SNM3", "99SDM"})


@lru_cache(8)
def _rules(options: frozenset[str]) -> dict[tuple[str, str, str], ContentRule]:
    return content_rules(options)


def references_only(work: Work, ds: Dataset) -> str:
    """D, without Clean Structured Content: of the tree only references to instances stay."""
    kept = []

    def gather(items: list[Dataset]) -> None:
        for item in items:
            if item.get("ValueType") in _REFERENCES:
                small = Dataset()
                small.RelationshipType, small.ValueType = "CONTAINS", item.ValueType
                if "ReferencedSOPSequence" in item:
                    small.ReferencedSOPSequence = item.ReferencedSOPSequence
                kept.append(small)
            gather(list(item.get("ContentSequence") or []))

    gather(list(ds[_CONTENT].value or []))
    for item in work.trail.items(_CONTENT, kept):
        work.walk(work, item)
    if not kept:
        item = Dataset()
        item.RelationshipType, item.ValueType = "CONTAINS", "TEXT"
        item.ConceptNameCodeSequence = [_code("121106", "DCM", "Comment")]
        item.TextValue = _REMOVED
        kept.append(item)
    put(ds, _CONTENT, "SQ", kept)
    return "D"


def _code(value: str, scheme: str, meaning: str) -> Dataset:
    code = Dataset()
    code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = value, scheme, meaning
    return code


def clean(work: Work, ds: Dataset) -> None:
    """C: each content item by Table E.3.4-1; one that it does not list by its value type."""
    by_position = _refers_by_position(ds)
    _clean_items(work, ds, _CONTENT, by_position)


def clean_within(work: Work, ds: Dataset, tag: int) -> None:
    """C of Acquisition Context, Specimen Preparation and Waveform Annotation."""
    if tag == 0x00400610:
        for step in work.trail.items(tag, ds[tag].value or []):
            if _STEPS in step:
                _clean_items(work, step, _STEPS, keep_places=False)
            work.walk(work, step)
    else:
        _clean_items(work, ds, tag, keep_places=False)


def _refers_by_position(ds: Dataset) -> bool:
    return any(
        0x0040DB73 in item or ("ContentSequence" in item and _refers_by_position(item))
        for item in ds[_CONTENT].value or []
    )


def _clean_items(work: Work, ds: Dataset, tag: int, keep_places: bool) -> None:
    stays = []
    for item in work.trail.items(tag, list(ds[tag].value or [])):
        if _clean_item(work, item, keep_places):
            stays.append(item)
            nested = item.get(_CONTENT)
            if nested is not None:
                del item[_CONTENT]
            values = {t: item[t] for t, _ in _VALUES.values() if t in item}
            for place in values:
                del item[place]
            work.walk(work, item)
            for place, element in values.items():
                item[place] = element
            if nested is not None:
                item[_CONTENT] = nested
                _clean_items(work, item, _CONTENT, keep_places)
    if len(stays) != len(ds[tag].value or []):
        put(ds, tag, "SQ", stays)


def _clean_item(work: Work, item: Dataset, keep_places: bool) -> bool:
    """Clean the value of one item; ``False`` where it has to go, with all below it."""
    kind = str(item.get("ValueType", "") or ("TEXT" if 0x00700006 in item else ""))
    rule = _rule(work, item, kind)
    if rule is None:
        action, why = _by_kind(work, kind)
        name = kind
    else:
        action, why, name = rule.action, rule.why, rule.meaning
    if action == "X/D":
        action = "D"  # which of them the template allows is not known: D is valid in both
    if action == "X" and keep_places:
        action = "D"  # others refer to it by its place in the tree (PS3.3 C.17.3.2.5)
    if action == "X":
        work.trail.note(0x0040A040, name, "X", why)
        return False
    if action != "K":
        _replace(work, item, kind, action)
        work.trail.note(_VALUES.get(kind, (0x0040A040, ""))[0], name, action, why)
    return True


def _rule(work: Work, item: Dataset, kind: str) -> ContentRule | None:
    for code in item.get("ConceptNameCodeSequence") or []:
        value = str(code.get("CodeValue", "")).strip()
        scheme = str(code.get("CodingSchemeDesignator", "")).strip()
        if scheme in _RETIRED:
            new = mapping["SRT"].get(value)
            value, scheme = (str(new), "SCT") if new else (value, scheme)
        return _rules(work.profile.options).get((value, scheme, kind))
    return None


def _by_kind(work: Work, kind: str) -> tuple[str, str]:
    profile = work.profile
    if kind in {"DATE", "TIME", "DATETIME"}:
        if profile.has("retain-full-dates"):
            return "K", "retain-full-dates"
        if profile.has("retain-modified-dates"):
            return "C", "retain-modified-dates"
        return "X", "a date of an item that Table E.3.4-1 does not list"
    if kind == "UIDREF" and profile.has("retain-uids"):
        return "K", "retain-uids"
    if kind in {"PNAME", "UIDREF"}:
        return "D", "an item that Table E.3.4-1 does not list"
    if kind == "TEXT":
        found = "C" if profile.has("clean-descriptors") else "D"
        return found, "a text that Table E.3.4-1 does not list"
    return "K", ""


def _replace(work: Work, item: Dataset, kind: str, action: str) -> None:
    if kind in _REFERENCES:
        return  # the UIDs inside are replaced by the walk
    if kind not in _VALUES:
        if kind == "NUM":
            put(item, 0x0040A300, "SQ", [])
        elif kind == "CODE":
            item.ConceptCodeSequence = [_code(_REMOVED, "99LABKIT", _REMOVED)]
        return
    tag, vr = _VALUES[kind]
    if 0x00700006 in item and tag not in item:
        tag, vr = 0x00700006, "ST"  # Unformatted Text Value of a waveform annotation
    if tag not in item:
        return
    if kind == "UIDREF":
        put(item, tag, vr, work.key.uid(text_of(item, tag)))
    elif action == "C" and vr in DUMMIES:
        put(item, tag, vr, moved_value(vr, text_of(item, tag), work.days) or DUMMIES[vr])
    elif action == "C":
        put(item, tag, vr, work.identities.cleaned(text_of(item, tag)) or _REMOVED)
    else:
        put(item, tag, vr, DUMMIES.get(vr, _REMOVED))
