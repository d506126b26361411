"""What the bytes of one data element mean: tag, VR, length, value, padding (PS3.5 7.1)."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import NamedTuple

from pydicom.valuerep import EXPLICIT_VR_LENGTH_32, STR_VR

from labkit.dicom.paths import named, spell_tag

UNDEFINED = 0xFFFFFFFF
_DELIMITERS = {
    0xFFFEE000: "Item",
    0xFFFEE00D: "Item Delimitation Item",
    0xFFFEE0DD: "Sequence Delimitation Item",
}


class Encoding(NamedTuple):
    """How elements are written: with or without VR, and the byte order (PS3.5 7.1, 7.3)."""

    implicit: bool
    little: bool


class Header(NamedTuple):
    """The front of an element or item.

    Attributes
    ----------
    tag
        ``0xGGGGEEEE``.
    vr
        Two letters, or ``""`` where the encoding has none.
    length
        Of the value in bytes; 0xFFFFFFFF is "undefined" (PS3.5 7.1.1).
    size
        Of this header in bytes, 8 or 12.
    """

    tag: int
    vr: str
    length: int
    size: int


@dataclass(frozen=True)
class BytePart:
    """A range of bytes and what it is.

    Attributes
    ----------
    offset, length
        In bytes, from the start of the element.
    name
        ``"tag"``, ``"VR"``, ``"reserved"``, ``"length"``, ``"value"``, ``"padding"``, ``"item"`` …
    meaning
        One sentence.
    """

    offset: int
    length: int
    name: str
    meaning: str


def header_parts(header: Header, encoding: Encoding) -> list[BytePart]:
    """Explain the bytes in front of the value."""
    order = "little endian: low byte first" if encoding.little else "big endian: high byte first"
    group, element = header.tag >> 16, header.tag & 0xFFFF
    tag = BytePart(0, 4, "tag", f"{named(header.tag)}: group {group:04X}, then element "
                   f"{element:04X}, each 16 bits, {order}")  # fmt: skip
    if group == 0xFFFE:
        name = _DELIMITERS.get(header.tag, "Item")
        tag = BytePart(0, 4, "tag", f"{name} {spell_tag(header.tag)}; it has no VR (PS3.5 7.5)")
        return [tag, BytePart(4, 4, "length", _length(header.length, header.tag))]
    if not header.vr:
        length = BytePart(4, 4, "length", _length(header.length, header.tag))
        return [tag, length]
    vr = BytePart(4, 2, "VR", f"Value Representation {header.vr}, two letters (PS3.5 7.1.2)")
    if header.vr in EXPLICIT_VR_LENGTH_32:
        reserved = BytePart(6, 2, "reserved", f"always 0000; {header.vr} has a 32-bit length after")
        return [tag, vr, reserved, BytePart(8, 4, "length", _length(header.length, header.tag))]
    return [tag, vr, BytePart(6, 2, "length", _length(header.length, header.tag))]


def value_parts(data: bytes, header: Header, encoding: Encoding, total: int) -> list[BytePart]:
    """Explain the value: text and its padding, or the items and delimiters of a sequence.

    Parameters
    ----------
    data
        The element from its header on, perhaps cut short.
    total
        The element's whole length in bytes.
    """
    at, size = header.size, total - header.size
    if size == 0:
        return []
    if header.length == UNDEFINED or header.vr == "SQ":
        return _items(data, at, encoding, total)
    if header.tag >> 16 == 0xFFFE:
        return [BytePart(at, size, "value", "the elements of the item, or a fragment's bytes")]
    pad = data[-1:] if len(data) == total else b""
    padded = (header.vr == "UI" and pad == b"\0") or (header.vr in STR_VR and pad == b" ")
    parts = [BytePart(at, size - padded, "value", f"{size - padded} bytes of value")]
    if padded:
        why = "zero byte" if header.vr == "UI" else "space"
        parts.append(BytePart(total - 1, 1, "padding",
                              f"a {why}: every value has an even length (PS3.5 6.2)"))  # fmt: skip
    return [part for part in parts if part.length]


def _items(data: bytes, at: int, encoding: Encoding, total: int) -> list[BytePart]:
    order = "<" if encoding.little else ">"
    parts: list[BytePart] = []
    number = 0
    while at + 8 <= len(data):
        group, element, length = _unpack(data, at, order)
        name = _DELIMITERS.get(group << 16 | element)
        if name is None:  # inside an item of undefined length: its elements follow
            rest = BytePart(at, total - at, "value", "elements of the item, to its delimiter")
            return [*parts, rest]
        label = f"Item [{number}]" if name == "Item" else name
        number += name == "Item"
        tag = group << 16 | element
        parts.append(BytePart(at, 4, "item", f"{label} {spell_tag(tag)} (PS3.5 7.5)"))
        parts.append(BytePart(at + 4, 4, "length", _length(length, tag)))
        at += 8
        if length not in (0, UNDEFINED):
            parts.append(BytePart(at, length, "value", f"{length} bytes of {label}"))
            at += length
    if at < total:
        parts.append(BytePart(at, total - at, "value", "the rest"))
    return parts


def _unpack(data: bytes, at: int, order: str) -> tuple[int, int, int]:
    group, element, length = struct.unpack_from(f"{order}HHL", data, at)
    return group, element, length


def _length(length: int, tag: int) -> str:
    if length == UNDEFINED:
        closing = "Item Delimitation Item" if tag == 0xFFFEE000 else "Sequence Delimitation Item"
        return f"FFFFFFFF: undefined length; the {closing} ends it (PS3.5 7.5)"
    if tag in (0xFFFEE00D, 0xFFFEE0DD):
        return "always 0: a delimiter has no value"
    return f"{length} bytes of value follow (0x{length:X})"
