"""A test case of a row: the attributes it uses, without the person they are about.

Every name, identifier, date and free text is replaced, so that a case can be shown. Equal values
stay equal and different ones different, as far as a mapping can tell. This is no substitute for
PS3.15 Annex E where a whole object leaves the house.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from pydicom.dataset import Dataset
from pydicom.multival import MultiValue
from pydicom.tag import BaseTag, Tag
from pydicom.uid import UID

from labkit.common.errors import UsageError
from labkit.fhir.mapping import MappingTable, Row, Site, StudyBuilder
from labkit.fhir.mapping.conditions import parse_condition
from labkit.fhir.mapping.difference import values_of
from labkit.fhir.mapping.elements import Private, parse_source

MOST = 8
"""Most headers of a case."""
_ROOT = "1.2.826.0.1.3680043.10.1111.9"
_ALWAYS = ("SOPClassUID", "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID", "Modality")
#: Kept as they are: codes of a list, and what no person can be known by.
_KEPT_VR = frozenset({"CS", "IS", "DS", "US", "SS", "UL", "SL", "FL", "FD", "TM", "AT"})
_KEPT = frozenset({"CodeValue", "LongCodeValue", "CodingSchemeDesignator", "CodingSchemeVersion",
                   "CodeMeaning", "TimezoneOffsetFromUTC"})  # fmt: skip
_DAY = re.compile(r"\d{8}")


@dataclass
class Replacer:
    """Replaces values; the same value always by the same other one."""

    _known: dict[tuple[str, str], int] = field(default_factory=dict)

    def header(self, ds: Dataset, row: Row) -> Dataset:
        """Return what `row` uses of a header, with its values replaced."""
        out = Dataset()
        for tag in _used(ds, row):
            element = ds.get(tag)
            if element is not None:
                self._element(out, element)
        return out

    def _element(self, out: Dataset, element: Any) -> None:
        if element.VR == "SQ":
            items = []
            for item in element.value:
                inner = Dataset()
                for each in item:
                    self._element(inner, each)
                items.append(inner)
            out.add_new(element.tag, "SQ", items)
            return
        if element.VR in ("OB", "OW", "OF", "OD", "OL", "OV", "UN"):
            return  # nobody knows what is in there
        many = isinstance(element.value, (MultiValue, list))
        values = [self._value(element, value) for value in element.value] if many else (
            self._value(element, element.value)
        )  # fmt: skip
        out.add_new(element.tag, element.VR, values)

    def _value(self, element: Any, value: Any) -> Any:
        text = str(value or "")
        if not text or element.VR in _KEPT_VR or element.keyword in _KEPT:
            return value
        if element.tag.is_private_creator:
            return value
        if element.VR == "UI":
            return text if UID(text).name != text else f"{_ROOT}.{self._number('UI', text)}"
        if element.VR in ("DA", "DT"):
            return _DAY.sub(lambda found: self._day(found[0]), text, count=1)
        return self._masked(text)

    def _day(self, text: str) -> str:
        day = date(2000, 1, 1) + timedelta(self._number("DA", text) - 1)
        return f"{day:%Y%m%d}"

    def _masked(self, text: str) -> str:
        """Keep the shape: ``Rossi^Anna 2`` becomes ``Xxxxx^Xxxx 1``."""
        shape = "".join(
            "X" if c.isupper() else "x" if c.isalpha() else "1" if c.isdigit() else c for c in text
        )
        number = self._number(f"text {shape}", text)
        return shape if number == 1 else f"{shape}{number}"

    def _number(self, kind: str, value: str) -> int:
        same = [key for key in self._known if key[0] == kind]
        return self._known.setdefault((kind, value), len(same) + 1)


def _used(ds: Dataset, row: Row) -> list[BaseTag]:
    sources = [parse_source(text) for text in row.sources]
    sources += [test.source for test in parse_condition(row.condition)]
    tags = [Tag(keyword) for keyword in _ALWAYS]
    for source in sources:
        if not source.steps:
            continue
        step = source.steps[0]
        if isinstance(step, Private):
            try:
                block = ds.private_block(step.group, step.creator)
            except KeyError:
                continue
            tags += [Tag(step.group, block.block_start >> 8), block.get_tag(step.element)]
        else:
            tags.append(step)
    return list(dict.fromkeys(tags))


def case_of(
    row: Row, headers: Sequence[Dataset], table: MappingTable, site: Site, fhir: str
) -> dict[str, Any]:
    """Make a case of the golden suite: headers, and what the table makes of them at the row's path.

    Returns
    -------
    dict
        JSON with the fields of ``benchmarks.golden.model.Case``; ``headers`` are DICOM JSON,
        ``expect`` are lists of path, verb and values.

    Raises
    ------
    UsageError
        The row writes nothing in this version.
    """
    path = re.sub(r"\[[^\]]*\]", "", row.path(fhir))
    if not path:
        raise UsageError(f"row {row.id!r} has no path in {fhir}", remedy="Turn to the other one.")
    replacer = Replacer()
    reduced: dict[str, Dataset] = {}
    for ds in headers:
        one = replacer.header(ds, row)
        alike = one.to_json_dict()
        alike.pop("00080018", None)
        if len(reduced) < MOST:
            reduced.setdefault(repr(alike), one)
    builder = StudyBuilder(table, site, fhir=fhir)
    for one in reduced.values():
        builder.add(one)
    found: dict[str, list[Any]] = {}
    for study in builder.studies():
        for resource in study.resources:
            for value in values_of(resource):
                if value.path == path or value.path.startswith(f"{path}."):
                    found.setdefault(value.path, []).append(value.raw)
    expect = [[leaf, "is", *values] for leaf, values in found.items()] or [[path, "is"]]
    return {
        "id": row.id.replace(".", "-"), "group": row.id.partition(".")[0], "fhir": fhir,
        "why": row.note or f"{row.source} becomes {path}.", "section": row.section,
        "headers": [one.to_json_dict() for one in reduced.values()], "expect": expect,
    }  # fmt: skip
