"""The header of a data set as rows: what each data element is called, and what it holds."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from pydicom.datadict import (
    dictionary_keyword,
    dictionary_VM,
    private_dictionary_VM,
)
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.errors import BytesLengthException
from pydicom.multival import MultiValue
from pydicom.tag import BaseTag
from pydicom.uid import UID

from labkit.dicom.paths import ITEM, ancestors, spell_tag

SHOWN = 256
"""Longest value text in a row, in characters."""
MOST_DEPTH = 100
"""Sequences within sequences that are gone into; a structured report has some ten."""

BROKEN_VALUES = (
    ValueError, TypeError, LookupError, AttributeError, NotImplementedError, OSError, struct.error,
    BytesLengthException,
)  # fmt: skip
"""What pydicom raises on a value that it cannot decode: a row says so, and the others go on."""


@dataclass(frozen=True)
class HeaderRow:
    """One line of a header: a data element, or an item of a sequence.

    Attributes
    ----------
    path
        Where it is, as `labkit.dicom.paths` spells it.
    depth
        0 for the data set's own elements, 1 for items of its sequences, 2 for their elements …
    tag, keyword, name
        ``"(0010,0010)"``, ``"PatientName"``, ``"Patient's Name"`` (PS3.6). The keyword of a private
        element is ``""``; its name comes from its creator's dictionary where pydicom has one.
    vr
        Value Representation (PS3.5 6.2); ``""`` for an item.
    vm
        Number of values, as it is here.
    dictionary_vm
        Value Multiplicity that the dictionary allows (PS3.5 6.4): ``"1"``, ``"1-n"``, ``"3"`` …
    value
        The value as text, at most `SHOWN` characters.
    children
        Number of rows directly below: items of a sequence, elements of an item.
    creator
        Private creator (PS3.5 7.8.1), or ``""``.
    problem
        Why the value could not be decoded, or ``""``.
    """

    path: str
    depth: int
    tag: str
    keyword: str
    name: str
    vr: str
    vm: int
    dictionary_vm: str
    value: str
    children: int = 0
    creator: str = ""
    problem: str = ""

    @property
    def is_item(self) -> bool:
        """Whether this is an item of a sequence, rather than an element."""
        return not self.vr

    def matches(self, search: str) -> bool:
        """Tell whether each word of `search` is in the tag, keyword, name, VR or value."""
        digits = self.tag.translate({40: None, 41: None, 44: None})
        text = f"{self.tag} {digits} {self.keyword} {self.name} {self.vr} {self.value}".lower()
        return all(word in text for word in search.lower().split())


def header_rows(ds: Dataset, *, search: str = "") -> list[HeaderRow]:
    """List a data set's elements, depth first, File Meta Information (PS3.10 7.1) first.

    With `search`, only the rows that match, and the rows that lead to them.
    """
    rows = list(iter_rows(ds))
    if not search.strip():
        return rows
    kept: set[str] = set()
    for row in rows:
        if row.matches(search):
            kept |= {row.path, *ancestors(row.path)}
    return [row for row in rows if row.path in kept]


def iter_rows(ds: Dataset) -> Iterator[HeaderRow]:
    """Yield what `header_rows` lists, one row at a time."""
    for row, _ in iter_elements(ds):
        yield row


def iter_elements(ds: Dataset) -> Iterator[tuple[HeaderRow, Dataset]]:
    """Yield each row with the data set or item that holds its element (for an item: itself)."""
    meta = getattr(ds, "file_meta", None)
    if meta is not None:
        yield from _elements_of(meta, "")
    yield from _elements_of(ds, "")


def _elements_of(ds: Dataset, prefix: str) -> Iterator[tuple[HeaderRow, Dataset]]:
    for tag in sorted(ds.keys()):
        path = prefix + spell_tag(tag)
        row = element_row(ds, tag, path)
        if row.vr == "SQ" and row.depth >= 2 * MOST_DEPTH:
            words = f"nested deeper than {MOST_DEPTH} sequences: what is in it is not shown"
            row = replace(row, problem=words, children=0)
        yield row, ds
        if row.vr == "SQ" and not row.problem:
            for number, item in enumerate(ds[tag].value):
                at = f"{path}[{number}]"
                yield item_row(item, at), item
                yield from _elements_of(item, at + ".")


def element_row(ds: Dataset, tag: BaseTag, path: str) -> HeaderRow:
    """Make the row of one element of `ds`, also of one whose value cannot be decoded.

    The tag `ITEM` with the path of an item stands for `ds` itself.
    """
    if tag == ITEM and path.endswith("]"):  # a damaged file can have the tag where no item is
        return item_row(ds, path)
    depth = len(ancestors(path))
    try:
        element = ds[tag]
        creator = element.private_creator or ""
        keyword, name = _names(element.tag, element)
        return HeaderRow(
            path, depth, spell_tag(tag), keyword, name, str(element.VR), element.VM,
            _dictionary_vm(element.tag, creator), value_text(element),
            len(element.value) if element.VR == "SQ" else 0, creator,
        )  # fmt: skip
    except BROKEN_VALUES as error:
        raw: Any = ds.get_item(tag, keep_deferred=True)  # an empty one has no value either
        vr, value = str(raw.VR or "UN"), raw.value if isinstance(raw.value, bytes) else b""
        keyword, name = _names(tag, None)
        return HeaderRow(
            path, depth, spell_tag(tag), keyword, name, vr, 0, _dictionary_vm(tag, ""),
            _octets(value), problem=f"cannot be decoded as {vr}: {error}",
        )  # fmt: skip


def item_row(item: Dataset, path: str) -> HeaderRow:
    """Make the row of an item of a sequence."""
    name = f"Item {path[path.rindex('[') :]}"
    depth = len(ancestors(path))
    return HeaderRow(path, depth, "(FFFE,E000)", "", name, "", 0, "", "", len(item))


def value_text(element: DataElement, limit: int = SHOWN) -> str:
    """Write a value as one line: values parted by a backslash, as in the file."""
    value = element.value
    if element.VR == "SQ":
        return f"{len(value)} item{'' if len(value) == 1 else 's'}"
    if value is None:
        return ""
    if isinstance(value, bytes):
        return _octets(value)
    if isinstance(value, (MultiValue, list, tuple)):
        shown = "\\".join(_one(part) for part in value[:limit])
        tail = f" … ({len(value)} values)" if len(value) > limit or len(shown) > limit else ""
    else:
        shown = _one(value)
        tail = f" … ({len(shown)} characters)" if len(shown) > limit else ""
    return " ".join(shown[:limit].splitlines()) + tail


def _one(value: object) -> str:
    if isinstance(value, UID) and value.name != value:
        return f"{value} = {value.name}"
    if isinstance(value, BaseTag):
        return spell_tag(value)
    return str(value)


def _octets(value: bytes) -> str:
    return f"{len(value)} bytes" if len(value) > 8 else value.hex(" ")


def _names(tag: BaseTag, element: DataElement | None) -> tuple[str, str]:
    if tag.is_private:
        creator_row = 0x10 <= tag.element <= 0xFF
        known = element.name if element is not None and not creator_row else ""
        return "", "Private Creator" if creator_row else known or "Private Data"
    try:
        keyword = dictionary_keyword(tag)
    except KeyError:
        keyword = ""
    return keyword, element.name if element is not None else keyword or "Unknown"


def _dictionary_vm(tag: BaseTag, creator: str) -> str:
    try:
        return private_dictionary_VM(tag, creator) if creator else dictionary_VM(tag)
    except KeyError:
        return ""
