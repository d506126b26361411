"""Where a row of the table finds its values: data elements, read as text, once.

A *source* is written as an engineer would say it:

==============================================  ==================================================
``StudyDate``                                   a keyword of PS3.6
``RequestAttributesSequence>AccessionNumber``   in every item of a sequence
``(0010,0020)``                                 a tag
``(0019,"ACME 1.0",10)``                        a private element: group, creator, last two digits
``'available'``                                 a constant
``#series``, ``#instances``                     counted, since (0020,1206) is only in query answers
``*``                                           the whole data set, for rows of level ``object``
==============================================  ==================================================

A *field* is what a source gives: ``None`` where the element is absent, ``()`` where it is there and
empty (PS3.5 7.4.2: type 2, "known to be unknown"), else its values: text as written, without
padding, or a `Dataset` for each item of a sequence.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeAlias

from pydicom.datadict import dictionary_VR, keyword_dict, keyword_for_tag, tag_for_keyword
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.tag import BaseTag, Tag

from labkit.common.errors import UsageError
from labkit.dicom.reading import PARSE_ERRORS
from labkit.fhir.mapping.asread import Key, as_read, undecoded

Field: TypeAlias = "tuple[Any, ...] | None"

#: Value representations whose bytes are ASCII whatever (0008,0005) says (PS3.5 6.1.2.3).
_ASCII = frozenset({"AE", "AS", "CS", "DA", "DS", "DT", "IS", "TM", "UI", "UR"})
_PRIVATE = re.compile(r'\(\s*([0-9A-Fa-f]{4})\s*,\s*"([^"]+)"\s*,\s*([0-9A-Fa-f]{2})\s*\)')
_PUBLIC = re.compile(r"\(\s*([0-9A-Fa-f]{4})\s*,\s*([0-9A-Fa-f]{4})\s*\)")
COUNTS = ("#series", "#instances")
WHOLE = "*"


@dataclass(frozen=True)
class Private:
    """A private element (PS3.5 7.8.1): its block is found by its creator, not by its number."""

    group: int
    creator: str
    element: int


@dataclass(frozen=True)
class Source:
    """One source, parsed.

    Attributes
    ----------
    text
        As written in the table.
    steps
        Tags from the data set down; empty for a constant or a count.
    literal
        The constant, or ``""``.
    """

    text: str
    steps: tuple[BaseTag | Private, ...] = ()
    literal: str = ""

    @property
    def tags(self) -> str:
        """For people: ``(0040,0275) > (0008,0050)``."""
        if not self.steps:
            return self.text
        return " > ".join(
            f'({s.group:04X},"{s.creator}",{s.element:02X})'
            if isinstance(s, Private)
            else f"({s.group:04X},{s.element:04X})"
            for s in self.steps
        )


@lru_cache(maxsize=4096)
def parse_source(text: str) -> Source:
    """Read one source.

    Raises
    ------
    UsageError
        No keyword, tag, private element, constant or count; names the nearest keyword.
    """
    text = text.strip()
    if len(text) > 2 and text[0] == text[-1] == "'":
        return Source(text, literal=text[1:-1])
    if text in (*COUNTS, WHOLE):
        return Source(text)
    return Source(text, tuple(_step(part.strip()) for part in text.split(">")))


def _step(text: str) -> BaseTag | Private:
    if found := _PRIVATE.fullmatch(text):
        return Private(int(found[1], 16), found[2].strip(), int(found[3], 16))
    if found := _PUBLIC.fullmatch(text):
        return Key(Tag(int(found[1], 16), int(found[2], 16)))
    number = tag_for_keyword(text)
    if number is None:
        near = difflib.get_close_matches(text, [k for k in keyword_dict if k], n=1)
        hint = f"did you mean {near[0]}?" if near else "use a keyword of PS3.6, or (gggg,eeee)"
        raise UsageError(f"{text!r} is no source of the mapping table", remedy=hint)
    return Key(number)


def read(ds: Dataset, source: Source) -> Field:
    """Return the field of `source` in `ds`; through a sequence, the values of all its items."""
    if source.literal:
        return (source.literal,)
    if source.text == WHOLE:
        return (ds,)
    found: Field = _values(ds, source.steps[0])
    for step in source.steps[1:]:
        if not found:
            return found
        deeper = [_values(item, step) for item in found if isinstance(item, Dataset)]
        there = [d for d in deeper if d is not None]
        found = tuple(value for d in there for value in d) if there else None
    return found


def _values(ds: Dataset, step: BaseTag | Private) -> Field:
    if isinstance(step, Private):
        try:
            tag = ds.private_block(step.group, step.creator).get_tag(step.element)
        except KeyError:
            return None
        return _field(ds, tag)
    return _field(ds, step)


def _field(ds: Dataset, tag: BaseTag) -> Field:
    vr, value = as_read(ds, tag)
    if value is None:
        return None
    if isinstance(value, bytes):
        if not value:
            return ()
        if vr in (None, "UN"):
            vr = _vr(tag)
        if vr in _ASCII:
            return ascii_values(value)
    try:
        return _texts(ds[tag])
    except PARSE_ERRORS:
        # What cannot be decoded is no value; the row that needs it says so by its transform.
        return (value.decode("latin-1").strip(" \0"),) if isinstance(value, bytes) else ()


def ascii_values(value: bytes) -> tuple[str, ...]:
    """Split the bytes of a value whose representation is ASCII, and strip the padding."""
    text = value.decode("latin-1").strip(" \0")
    return tuple([part.strip(" \0") for part in text.split("\\")]) if text else ()


def _texts(element: DataElement) -> Field:
    value = element.value
    if value is None or (isinstance(value, (str, bytes)) and not value):
        return ()
    if isinstance(value, Sequence):
        return tuple(value)
    many = list(value) if element.VM > 1 or isinstance(value, list) else [value]
    if many in ([], [""], [None]):
        return ()
    return tuple(_text(item) for item in many)


def _text(value: Any) -> Any:
    """Keep the text as written: ``"1.50"`` is not 1.5."""
    if isinstance(value, (bytes, Dataset)):
        return value
    original = getattr(value, "original_string", None)
    return (original if isinstance(original, str) else str(value)).strip()


@lru_cache(maxsize=1024)
def _vr(tag: BaseTag) -> str:
    try:
        return dictionary_VR(tag)
    except KeyError:
        return "UN"


def decoded(vr: str | None, value: Any, step: Any) -> Any:
    """Return the field of an element as it was read; ``...`` if more than that is needed."""
    if value is ...:
        return None
    if value is not None and (_vr(step) if vr in (None, "UN") else vr) in _ASCII:
        return ascii_values(value)
    return ...


def fingerprint(ds: Dataset, steps: tuple[BaseTag | Private, ...]) -> tuple[Any, ...]:
    """Return what tells two headers apart in these elements, without decoding them.

    Hundreds of instances of a series say the same of their study; only the first is decoded.
    """
    there = ds.keys()  # most sources are absent: asking the keys is cheaper than asking for each
    return tuple(
        [
            (_raw(undecoded(ds, step)) if step in there else None)
            if isinstance(step, BaseTag)
            else _values(ds, step)
            for step in steps
        ]
    )


def _raw(element: Any) -> Any:
    if element is None:
        return None
    value = element.value
    if type(value) is bytes:
        return value
    if isinstance(value, Sequence):
        return tuple(_frozen(item) for item in value)
    return str(value)


def _frozen(item: Dataset) -> tuple[Any, ...]:
    return tuple((tag, _raw(undecoded(item, tag))) for tag in sorted(item.keys()))


def keyword(step: BaseTag | Private) -> str:
    """Return the keyword of a step, or ``""``."""
    return "" if isinstance(step, Private) else keyword_for_tag(step)
