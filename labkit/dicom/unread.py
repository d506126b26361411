"""A header that is walked over, and decoded only where somebody looks into it.

Who needs thirty elements of each of a million files pays for pydicom's objects of all of them
otherwise. Anything out of the ordinary is left to pydicom: here nothing is guessed.
"""

from __future__ import annotations

import struct
from io import BytesIO
from typing import Any

from pydicom.datadict import dictionary_VR
from pydicom.dataset import FileDataset
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ImplicitVRLittleEndian,
    MediaStorageDirectoryStorage,
)
from pydicom.valuerep import EXPLICIT_VR_LENGTH_32, STANDARD_VR

from labkit.dicom.guarded import read_dataset

_LONG = frozenset(vr.value.encode() for vr in EXPLICIT_VR_LENGTH_32)  # PS3.5 Table 7.1-1
_NAMES = {vr.value.encode(): vr.value for vr in STANDARD_VR}
_UNDEFINED = 0xFFFFFFFF
_ITEM, _ITEM_END, _SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
_GROUP_LENGTH, _MEDIA_CLASS, _SYNTAX = 0x00020000, 0x00020002, 0x00020010
_PIXELS = frozenset({0x7FE00008, 0x7FE00009, 0x7FE00010})
_LAST = 0xFFFDFFFF  # what is above delimits items (PS3.5 7.5)
_DEEPEST = 16
_element = struct.Struct("<HH2sH").unpack_from
_implicit = struct.Struct("<HHL").unpack_from
_length = struct.Struct("<L").unpack_from

#: Tag → tag, VR (``None`` where the file does not say), length and value, as in the file.
Found = dict[int, "tuple[int, str | None, int, bytes]"]


class Unread(FileDataset):
    """A data set without its pixels that pydicom reads when it is first looked into.

    Attributes
    ----------
    found
        Its elements as they are in the file; ``None`` once it has been read, and may be changed.
    """

    found: Found | None

    def __new__(cls, *args: Any, **named: Any) -> Unread:
        """Make one; `of` is the way to."""
        return object.__new__(cls)

    @classmethod
    def of(cls, data: bytes, found: Found) -> Unread:
        """Keep the bytes and what was found in them."""
        made = object.__new__(cls)
        made.__dict__["found"] = found
        made.__dict__["_data"] = data
        return made

    def __getattr__(self, name: str) -> Any:
        """Read the header: something is asked for that is only there afterwards."""
        data = self.__dict__.pop("_data", None)
        if data is None:
            return super().__getattr__(name)
        self.__dict__.update(read_dataset(BytesIO(data), stop_before_pixels=True).__dict__)
        self.__dict__["found"] = None
        return getattr(self, name)


def unread(data: bytes, whole: bool) -> Unread | None:
    """Walk over a header.

    Parameters
    ----------
    data
        The first bytes of a file.
    whole
        Whether that is all of it.

    Returns
    -------
    Unread or None
        ``None`` where `data` is no Part 10 file in an uncomplicated encoding, or is too short to
        reach the pixels: pydicom has to say what it is.
    """
    if data[128:132] != b"DICM":
        return None
    try:
        meta: Found = {}
        at = _walk(data, 132, False, meta, 0x00020000, 0x0002FFFF)
        if meta[_GROUP_LENGTH][1:3] != ("UL", 4):  # pydicom decodes it when it opens a file
            return None
        syntax = meta[_SYNTAX][3].rstrip(b"\0 ").decode("ascii")
        media = meta[_MEDIA_CLASS][3].rstrip(b"\0 ").decode("ascii")
        if not syntax.startswith("1.2.840.10008.1.2") or media == MediaStorageDirectoryStorage:
            return None
        if syntax in (DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian):
            return None
        found: Found = {}
        at = _walk(data, at, syntax == ImplicitVRLittleEndian, found, 0x00040000, _LAST)
    except (struct.error, KeyError, UnicodeDecodeError, _Odd):
        return None
    if not found or (at == len(data) and not whole):
        return None
    return Unread.of(data, found)


class _Odd(Exception):
    """Something that pydicom has to look at."""


def _walk(data: bytes, at: int, implicit: bool, found: Found, first: int, last: int) -> int:
    """Note the elements up to the pixels, or to a tag above `last`; return where that is."""
    size = len(data)
    while at < size:
        group, element, name, length = _element(data, at)
        tag = group << 16 | element
        if tag > last or tag in _PIXELS:
            if tag > _LAST or (tag in _PIXELS and at + (8 if implicit else 12) > size):
                raise _Odd
            return at
        if tag < first:
            raise _Odd
        if implicit:
            if b"AA" <= name <= b"ZZ" and name[1] > 0x40:
                raise _Odd  # it may be explicit in spite of its transfer syntax
            vr = None
            (length,) = _length(data, at + 4)
            at += 8
        else:
            vr = _NAMES[name]
            if name in _LONG:
                (length,) = _length(data, at + 8)
                at += 12
            else:
                at += 8
        end = at + length
        if length == _UNDEFINED:
            if (vr or dictionary_VR(tag)) != "SQ":  # KeyError: of a tag that nobody knows
                raise _Odd
            end = _after_items(data, at, implicit, 0)
        if end > size:
            raise _Odd
        found[tag] = tag, vr, length, data[at:end]
        at = end
    return at


def _after_items(data: bytes, at: int, implicit: bool, depth: int) -> int:
    """Return where a sequence of undefined length ends (PS3.5 7.5.2)."""
    if depth > _DEEPEST:
        raise _Odd
    while True:
        group, element, length = _implicit(data, at)
        tag, at = group << 16 | element, at + 8
        if tag == _SEQUENCE_END:
            return at
        if tag != _ITEM:
            raise _Odd
        at = _after_item(data, at, implicit, depth) if length == _UNDEFINED else at + length


def _after_item(data: bytes, at: int, implicit: bool, depth: int) -> int:
    while True:
        group, element, length = _implicit(data, at)
        if group << 16 | element == _ITEM_END:
            return at + 8
        name = data[at + 4 : at + 6]
        if implicit:
            at += 8
        elif name in _LONG:
            (length,) = _length(data, at + 8)
            at += 12
        else:
            _NAMES[name]
            (_, _, _, length) = _element(data, at)
            at += 8
        if length != _UNDEFINED:
            at += length
        elif implicit or name == b"SQ":
            at = _after_items(data, at, implicit, depth + 1)
        else:
            raise _Odd
