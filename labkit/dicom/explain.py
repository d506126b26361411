"""What one data element is: dictionary, VR, multiplicity, and the Type its module gives it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from pydicom.datadict import dictionary_is_retired
from pydicom.dataset import Dataset

from labkit.common.cite import cite
from labkit.dicom.header import HeaderRow, element_row, value_text
from labkit.dicom.paths import canonical_path, container_of, parse_tag
from labkit.dicom.vr import vr_name, vr_reference, vr_words

_TYPES = {
    "1": "Type 1: must be there, with a value",
    "1C": "Type 1C: under a condition must be there, with a value",
    "2": "Type 2: must be there, but may be empty",
    "2C": "Type 2C: under a condition must be there, but may be empty",
    "3": "Type 3: optional",
}
_LONGEST = 4000


@dataclass(frozen=True)
class Note:
    """One line of an explanation: what it is about, what is so, and where that is written."""

    about: str
    text: str
    reference: str = ""
    url: str = ""


@dataclass(frozen=True)
class Explanation:
    """What is known about one element or item.

    Attributes
    ----------
    row
        The element's line in the header.
    notes
        In reading order: name, VR, multiplicity, modules, private creator.
    value
        The whole value as text (cut after 4000 characters).
    """

    row: HeaderRow
    notes: list[Note]
    value: str


@cache
def _tables() -> Any:
    text = (files("labkit.dicom") / "tables" / "modules.json").read_text("utf-8")
    return json.loads(text)


def modules_of(sop_class: str, keyword: str) -> list[tuple[str, str, str]]:
    """List the modules of an IOD that hold an attribute directly.

    Returns
    -------
    list of (module, information entity, Type)
        Such as ``("Patient", "Patient", "2")``; empty where the tables know nothing.
    """
    tables = _tables()
    found = []
    for module, _, entity in tables["iods"].get(tables["sop_classes"].get(sop_class), []):
        attributes = tables["modules"].get(module, {})
        if keyword and keyword in attributes:
            found.append((_title(module), entity, attributes[keyword]))
    return found


def _title(module: str) -> str:
    """``"ct-image"`` is CT Image: words without a vowel, and some others, are abbreviations."""
    short = {"us", "sop", "voi", "lut", "pet", "xa", "icc", "ecg", "io", "iv", "oct", "2d", "3d"}
    words = [w.upper() if w in short or not set(w) & set("aeiouy") else w.capitalize()
             for w in module.split("-")]  # fmt: skip
    return " ".join(words)


def explain(ds: Dataset, path: str | int) -> Explanation:
    """Explain the element or item at `path`.

    Raises
    ------
    UsageError
        There is no such element.
    """
    holder, tag = container_of(ds, path)
    spelt = canonical_path(path)
    row = element_row(holder, tag, spelt)
    if row.is_item:
        text = f"one item of a sequence: a data set of its own, with {len(holder)} elements"
        return Explanation(row, [Note("Item", text, *_reference("PS3.5", "7.5"))], "")
    nested = "[" in spelt
    notes = [_name_note(row), *_vr_notes(row)]
    if row.creator:
        notes.append(
            Note("Private", f"reserved by {row.creator!r}; others may mean something else by this "
                 "tag", *_reference("PS3.5", "7.8.1"))
        )  # fmt: skip
    sop_class = str(getattr(ds, "SOPClassUID", "") or "")
    if not nested:
        for module, entity, kind in modules_of(sop_class, row.keyword):
            words = _TYPES.get(kind, f"Type {kind}" if kind else "Type not given")
            notes.append(Note(f"Module {module}", f"{words} ({entity} level)",
                              *_reference("PS3.5", "7.4")))  # fmt: skip
    if row.problem:
        notes.append(Note("Problem", row.problem))
    value = "" if row.problem else value_text(holder[tag], _LONGEST)
    return Explanation(row, notes, value)


def _name_note(row: HeaderRow) -> Note:
    if int(row.tag[1:5], 16) % 2:
        return Note("Name", f"{row.name}: private, so not in the standard's dictionary",
                    *_reference("PS3.5", "7.8"))  # fmt: skip
    if not row.keyword:
        return Note("Name", "not in the dictionary of PS3.6", *_reference("PS3.6", "6"))
    retired = " (retired)" if dictionary_is_retired(parse_tag(row.tag)) else ""
    group = int(row.tag[1:5], 16)
    place = ("PS3.7", "E.1") if group == 0 else ("PS3.6", "7" if group == 2 else "6")
    return Note("Name", f"{row.name}{retired}, keyword {row.keyword}", *_reference(*place))


def _vr_notes(row: HeaderRow) -> list[Note]:
    cited = vr_reference(row.vr)
    notes = [
        Note(
            f"VR {row.vr}",
            f"{vr_name(row.vr)}: {vr_words(row.vr)}".lstrip(": "),
            str(cited),
            cited.url,
        )
    ]
    if row.dictionary_vm:
        here = "no value" if row.vm == 0 else "1 value" if row.vm == 1 else f"{row.vm} values"
        notes.append(
            Note(f"VM {row.dictionary_vm}", f"the dictionary allows {row.dictionary_vm}; here "
                 f"{'is' if row.vm < 2 else 'are'} {here}", *_reference("PS3.5", "6.4"))
        )  # fmt: skip
    return notes


def _reference(document: str, section: str) -> tuple[str, str]:
    cited = cite(document, section)
    return str(cited), cited.url
