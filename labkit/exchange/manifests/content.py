"""The content tree of a manifest: references, and the Image Library where there is one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from pydicom.dataset import Dataset

from labkit.exchange.manifests import terms
from labkit.exchange.manifests.model import Instance, Problem, Series
from labkit.exchange.manifests.terms import Code, same
from labkit.exchange.manifests.values import coded, first, integer, items, text

_REFERENCES = ("IMAGE", "WAVEFORM", "COMPOSITE")
_DEEPEST = 16
_DIGITS = re.compile(r"\d{1,9}")
#: What is said of an entry, and so stands below it (TID 1601).
_OF_ENTRIES = (terms.INSTANCE_NUMBER, terms.FRAMES, terms.DOCUMENT_TITLE, terms.DESCRIPTION)


@dataclass
class Library:
    """What an Image Library says: of the study, of each series and of each instance, by UID."""

    regions: tuple[Code, ...] = ()
    series: dict[str, Series] = field(default_factory=dict)
    instances: dict[str, Instance] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    series_count: int | None = None


@dataclass
class Content:
    """What a content tree says."""

    referenced: tuple[str, ...] = ()
    procedures: tuple[Code, ...] = ()
    description: str = ""
    library: Library = field(default_factory=Library)


def read_content(ds: Dataset, problems: list[Problem]) -> Content:
    """Read the tree below the root (TID 2010)."""
    found = Content()
    referenced: list[str] = []
    for item in items(ds, "ContentSequence"):
        name, kind = coded(item, "ConceptNameCodeSequence"), text(item, "ValueType")
        if kind in _REFERENCES:
            referenced.append(_referenced(item)[0])
        elif same(name, terms.IMAGE_LIBRARY):
            _read_library(item, found.library, problems)
        elif same(name, terms.PROCEDURE):
            code = coded(item, "ConceptCodeSequence")
            found.procedures += (code,) if code else ()
        elif same(name, terms.DESCRIPTION):
            found.description = text(item, "TextValue")
        elif kind == "CONTAINER":  # not TID 2010, but what it refers to is referred to
            referenced += [_referenced(below)[0] for below in _all_references(item)]
    found.referenced = tuple(referenced)
    return found


def _read_library(item: Dataset, library: Library, problems: list[Problem]) -> None:
    for below in items(item, "ContentSequence"):
        name = coded(below, "ConceptNameCodeSequence")
        if same(name, terms.TARGET_REGION):
            region = _region(below)
            library.regions += (region,) if region else ()
        elif same(name, terms.SERIES_COUNT):
            library.series_count = _number(below, "Number of Study Related Series", problems)
        elif text(below, "ValueType") == "CONTAINER":
            _read_group(below, library, problems)


def _read_group(group: Dataset, library: Library, problems: list[Problem]) -> None:
    """Read one series. The descriptors of an entry belong below it; some write them before it."""
    series = Series("", ())
    count: int | None = None
    beside: list[Dataset] = []
    wrong_place = False
    entries: list[Instance] = []
    for item in items(group, "ContentSequence"):
        if text(item, "ValueType") in _REFERENCES:
            uid, kind = _referenced(item)
            below = list(items(item, "ContentSequence"))
            wrong_place = wrong_place or bool(beside)
            entries.append(_described(Instance(uid, kind), [*beside, *below], problems))
            beside = []
            continue
        name = coded(item, "ConceptNameCodeSequence")
        if any(same(name, term) for term in _OF_ENTRIES):
            beside.append(item)
        elif same(name, terms.INSTANCES):
            count = _number(item, "Number of Series Related Instances", problems)
        else:
            series = _series_descriptor(series, name, item)
    if wrong_place:
        problems.append(Problem(
            "Image Library", f"what is said of the instances of series {series.uid} stands before "
            "them, not below them", "PS3.16 TID 1601"))  # fmt: skip
    library.instances.update({entry.uid: entry for entry in entries})
    if not series.uid:
        problems.append(
            Problem("Image Library", "a group does not say which series it is of", "MADO 6.X.2.9")
        )
        return
    library.series[series.uid] = series
    if count is not None:
        library.counts[series.uid] = count


def _series_descriptor(series: Series, name: Code | None, item: Dataset) -> Series:
    if same(name, terms.MODALITY):
        code = coded(item, "ConceptCodeSequence")
        return replace(series, modality=code.value if code else "")
    if same(name, terms.SERIES_UID):
        return replace(series, uid=text(item, "UID"))
    if same(name, terms.SERIES_NUMBER):
        return replace(series, number=integer(text(item, "TextValue")))
    if same(name, terms.SERIES_DESCRIPTION):
        code = coded(item, "ConceptCodeSequence")
        return replace(
            series, description=text(item, "TextValue") or (code.meaning if code else "")
        )
    if same(name, terms.SERIES_DATE):
        return replace(series, date=text(item, "Date"))
    if same(name, terms.SERIES_TIME):
        return replace(series, time=text(item, "Time"))
    if same(name, terms.TARGET_REGION):
        return replace(series, region=_region(item) or series.region)
    if same(name, terms.LATERALITY):
        return replace(series, laterality=coded(item, "ConceptCodeSequence"))
    return series


def _described(instance: Instance, about: list[Dataset], problems: list[Problem]) -> Instance:
    for item in about:
        name = coded(item, "ConceptNameCodeSequence")
        if same(name, terms.INSTANCE_NUMBER):
            instance = replace(instance, number=integer(text(item, "TextValue")))
        elif same(name, terms.FRAMES):
            instance = replace(instance, frames=_number(item, "Number of Frames", problems))
        elif same(name, terms.DOCUMENT_TITLE):
            instance = replace(instance, document_title=coded(item, "ConceptCodeSequence"))
        elif same(name, terms.DESCRIPTION):
            instance = replace(instance, description=text(item, "TextValue"))
    return instance


def _region(item: Dataset) -> Code | None:
    words = text(item, "TextValue")
    return coded(item, "ConceptCodeSequence") or (Code(words, "", words) if words else None)


def _number(item: Dataset, what: str, problems: list[Problem]) -> int | None:
    """Read a count: a NUM, or what others have made of it."""
    measured = first(item, "MeasuredValueSequence")
    said = text(measured, "NumericValue") if measured is not None else text(item, "TextValue")
    number = integer(said.split(".")[0])
    if number is None and (digits := _DIGITS.search(said)):
        number = int(digits[0])
        problems.append(Problem("Image Library", f"{what} is the text {said!r}; read as {number}",
                                "PS3.16 TID 1602 row 5g"))  # fmt: skip
    return number


def _referenced(item: Dataset) -> tuple[str, str]:
    reference = first(item, "ReferencedSOPSequence") or Dataset()
    return text(reference, "ReferencedSOPInstanceUID"), text(reference, "ReferencedSOPClassUID")


def _all_references(item: Dataset, depth: int = 0) -> Iterator[Dataset]:
    for below in items(item, "ContentSequence"):
        if text(below, "ValueType") in _REFERENCES:
            yield below
        elif depth < _DEEPEST:
            yield from _all_references(below, depth + 1)
