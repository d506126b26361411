"""The bytes of a de-identified object: those of pydicom, with less work where nothing is odd.

Most elements stay as they were read, and most of the others are short texts: those are put together
here. All else is written by pydicom, an element at a time, or the whole.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from io import BytesIO
from typing import Any

from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import dcmwrite, write_data_element
from pydicom.multival import MultiValue
from pydicom.uid import UID, DeflatedExplicitVRLittleEndian
from pydicom.valuerep import EXPLICIT_VR_LENGTH_32, STANDARD_VR

_LONG = frozenset(vr.value for vr in EXPLICIT_VR_LENGTH_32)
_CODES = {vr.value: vr.value.encode() for vr in STANDARD_VR}
_FIXED = ("AE", "AS", "CS", "DA", "DS", "DT", "IS", "TM", "UR")  # PS3.5 6.1.2.3
_CHARSET = ("LO", "LT", "SH", "ST", "UC", "UT")
#: Texts whose printable ASCII no character set changes (PS3.5 6.1.2), and what pads them.
_PADDING = {**dict.fromkeys((*_FIXED, *_CHARSET), b" "), "UI": b"\0"}
#: Those that have one value, whatever is in it.
_SINGLE = frozenset({"LT", "ST", "UR", "UT"})
_META = (0x00020001, 0x00020002, 0x00020003, 0x00020010, 0x00020012, 0x00020013)
_PIXELS = 0x7FE00010
_UNDEFINED = 0xFFFFFFFF
_short = struct.Struct("<HH2sH").pack
_long = struct.Struct("<HH2sHL").pack
_implicit = struct.Struct("<HHL").pack
_us = struct.Struct("<H").pack


def undecoded(ds: Dataset) -> Mapping[int, Any]:
    """Give the elements of a data set as they are held: looking at them decodes none."""
    keys: Any = ds.keys()
    held: Mapping[int, Any] = keys.mapping
    return held


def part10(ds: Dataset) -> bytes:
    """Return a Part 10 file (PS3.10 7.1), as ``dcmwrite`` with ``enforce_file_format`` makes it.

    Raises
    ------
    Exception
        What pydicom raises where a value cannot be encoded.
    """
    syntax = UID(str(ds.file_meta.TransferSyntaxUID))
    if not _plain(ds, syntax):
        out = BytesIO()
        dcmwrite(out, ds, enforce_file_format=True)
        return out.getvalue()
    if _PIXELS in ds and syntax.is_compressed:
        ds[_PIXELS].is_undefined_length = True
    meta = b"".join(_text(tag, ds.file_meta.get_item(tag)) for tag in _META)
    length = _short(2, 0, b"UL", 4) + struct.pack("<L", len(meta))
    return b"".join([bytes(128), b"DICM", length, meta, *_body(ds, syntax.is_implicit_VR)])


def _plain(ds: Dataset, syntax: UID) -> bool:
    """Whether what was read can be written as it is."""
    return (
        not syntax.is_private
        and syntax.is_transfer_syntax
        and syntax != DeflatedExplicitVRLittleEndian
        and syntax.is_little_endian
        and ds.original_encoding == (syntax.is_implicit_VR, True)
        and ds.original_character_set == ds._character_set
        and min(map(int, ds.keys()), default=_PIXELS) >= 0x00030000
        and tuple(sorted(map(int, ds.file_meta.keys()))) == _META
        and getattr(ds, "preamble", None) in (None, bytes(128))
    )


def _text(tag: int, element: Any) -> bytes:
    """Encode an element of the file meta information, which is of short ASCII texts."""
    value: bytes = element.value
    if element.VR == "OB":
        return _long(tag >> 16, tag & 0xFFFF, b"OB", 0, len(value)) + value
    if type(element) is not RawDataElement:
        value = str(value).encode("ascii")
        value += (b"\0" if element.VR == "UI" else b" ") * (len(value) % 2)
    return _short(tag >> 16, tag & 0xFFFF, _CODES[element.VR], len(value)) + value


def _body(ds: Dataset, implicit: bool) -> list[bytes]:
    its, parts = undecoded(ds), []
    charset = ds.get("SpecificCharacterSet", "iso8859")
    for tag in sorted(its, key=int):
        group, element = tag >> 16, tag & 0xFFFF
        if element == 0 and group > 6:
            continue  # a group length (PS3.5 7.2), which is no longer true
        one = its[tag]
        value = _value(one)
        size = _UNDEFINED if value is None else len(value)
        if value is None:
            parts.append(_written(ds, tag, implicit, charset))
        elif implicit:
            parts += (_implicit(group, element, size), value)
        elif one.VR in _LONG:
            parts += (_long(group, element, _CODES[one.VR], 0, size), value)
        elif size <= 0xFFFF:
            parts += (_short(group, element, _CODES[one.VR], size), value)
        else:
            parts.append(_written(ds, tag, implicit, charset))
    return parts


def encoded_text(vr: str, value: Any) -> bytes | None:
    """Encode one text or a list of texts (PS3.5 6.2), padded to an even length.

    Returns
    -------
    bytes or None
        ``None`` where it is no text, or has anything but printable ASCII in it: that is encoded
        in the character set of its data set.
    """
    if vr == "PN" and type(value) is str and (not value or value.isalnum()) and value.isascii():
        name: bytes = value.encode("ascii")
        return name + b" " * (len(name) % 2)
    padding = _PADDING.get(vr)
    if padding is None:
        return None
    if type(value) in (list, MultiValue) and vr not in _SINGLE:
        if not all(type(one) in (str, UID) for one in value):
            return None
        value = "\\".join(value)
    elif type(value) not in (str, UID):
        return None
    if not (value.isascii() and value.isprintable()):
        return None
    text: bytes = value.encode("ascii")
    return text + padding if len(text) % 2 else text


def _value(element: Any) -> bytes | None:
    """Return the bytes of a value that is plain; ``None`` for any other."""
    if type(element) is RawDataElement:
        plain = element.length != _UNDEFINED and (element.VR is None or element.VR in _CODES)
        return element.value if plain else None
    vr, value = element.VR, element.value
    if vr == "US":
        return _us(value) if type(value) is int and 0 <= value <= 0xFFFF else None
    if vr in ("OB", "OW"):
        plain = type(value) is bytes and not element.is_undefined_length and not len(value) % 2
        return value if plain else None
    return encoded_text(vr, value)


def _written(ds: Dataset, tag: int, implicit: bool, charset: Any) -> bytes:
    out = DicomBytesIO()
    out.is_implicit_VR, out.is_little_endian = implicit, True
    element: Any = ds.get_item(tag)
    write_data_element(out, element, charset)
    return out.getvalue()
