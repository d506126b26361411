"""Reading what the index needs from an encoded data set, and no more.

An archive looks at some 40 attributes of each object. Building a whole ``Dataset`` for them costs
more than writing the object to disk, so this walks over the elements (PS3.5 7.1) and picks them
out.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from functools import lru_cache

from pydicom.uid import UID
from pydicom.valuerep import EXPLICIT_VR_LENGTH_32, STANDARD_VR

from labkit.common.errors import DataError
from labkit.dicom.guarded import check_inflated
from labkit.pacs.keys import KEYS, NEEDED
from labkit.pacs.text import decode, encodings_of

_SPECIFIC_CHARACTER_SET = 0x00080005
_WANTED = {key.tag: key for key in KEYS}
_LAST = max(_WANTED)
# VRs whose length has 32 bits, and those with 16; new ones will have 32 (PS3.5 7.1.2).
LONG_VRS = frozenset(vr.value for vr in EXPLICIT_VR_LENGTH_32)
_SHORT_VRS = frozenset(vr.value.encode() for vr in STANDARD_VR if vr.value not in LONG_VRS)
_UNDEFINED = 0xFFFFFFFF
_ITEM = 0xFFFEE000
_INFLATE_LIMIT = 4 << 20  # a header is smaller; a "zip bomb" is not unpacked further


@dataclass(frozen=True)
class Encoding:
    """How a transfer syntax encodes a data set (PS3.5 Annex A)."""

    implicit: bool
    little: bool
    deflated: bool


@lru_cache(maxsize=256)
def encoding_of(transfer_syntax: str) -> Encoding:
    """Look up a transfer syntax; one that is not in PS3.6 is taken as Explicit VR Little Endian."""
    uid = UID(transfer_syntax)
    try:
        return Encoding(uid.is_implicit_VR, uid.is_little_endian, uid.is_deflated)
    except ValueError:
        return Encoding(False, True, False)


@dataclass(frozen=True)
class Header:
    """The indexed attributes of one object.

    Attributes
    ----------
    values
        Keyword → text, several values joined with a backslash. Absent attributes are absent.
    character_set
        Specific Character Set (0008,0005) as it stands.
    """

    values: dict[str, str]
    character_set: str

    def __getitem__(self, keyword: str) -> str:
        return self.values.get(keyword, "")


def read_header(data: bytes | memoryview, transfer_syntax: str) -> Header:
    """Read the indexed attributes of an encoded data set.

    Raises
    ------
    DataError
        The bytes are no data set in this transfer syntax, or one of the four UIDs that place it in
        the hierarchy is missing.
    """
    encoding = encoding_of(transfer_syntax)
    if encoding.deflated:
        try:
            check_inflated(data)  # whoever reads all of it later unpacks all of it
            data = zlib.decompressobj(-zlib.MAX_WBITS).decompress(data, _INFLATE_LIMIT)
        except zlib.error as error:
            raise DataError(
                f"the deflated data set cannot be inflated ({error})",
                remedy="Send the object again; if it fails again, its sender wrote it wrongly.",
            ) from error
    try:
        found = _scan(data, encoding.implicit, encoding.little)
    except (struct.error, IndexError) as error:
        raise DataError(
            f"the data set is damaged, or not encoded in {UID(transfer_syntax).name}",
            remedy="Check the transfer syntax of the presentation context it was sent in.",
        ) from error
    if not found:
        raise DataError(
            f"there is no data set in these {len(data)} bytes",
            remedy="Check what was sent, and in which transfer syntax.",
        )
    character_set = found.pop(_SPECIFIC_CHARACTER_SET, b"").decode("latin_1").strip("\x00 ")
    encodings = encodings_of(character_set)
    order = "<" if encoding.little else ">"
    values = {
        _WANTED[tag].keyword: _text(raw, _WANTED[tag].vr, encodings, order)
        for tag, raw in found.items()
    }
    missing = [keyword for keyword in NEEDED if not values.get(keyword)]
    if missing:
        raise DataError(
            f"{', '.join(missing)} missing: the object cannot be placed among the studies",
            remedy="Give it the UIDs that PS3.3 C.7 and C.12.1 require, and send it again.",
        )
    return Header(values, character_set)


def _text(raw: bytes, vr: str, encodings: list[str], order: str) -> str:
    if vr == "US":
        count = len(raw) // 2
        return "\\".join(map(str, struct.unpack(f"{order}{count}H", raw[: count * 2])))
    return decode(raw, vr, encodings)


def _scan(data: bytes | memoryview, implicit: bool, little: bool) -> dict[int, bytes]:
    """Walk over the elements of a data set, and into sequences of undefined length.

    Sequences and items of undefined length are kept as a count of open ones, not by recursion: a
    file may nest them ten thousand deep.
    """
    order = "<" if little else ">"
    explicit_at = struct.Struct(order + "HH2sH").unpack_from
    implicit_at = struct.Struct(order + "HHI").unpack_from
    long_at = struct.Struct(order + "I").unpack_from
    wanted: dict[int, bytes] = {}
    open_syntaxes: list[bool] = []  # implicit? of what surrounds the current position
    position, end = 0, len(data)
    while position < end:
        if implicit:
            group, element, length = implicit_at(data, position)
            position, vr = position + 8, b""
        else:
            group, element, vr, length = explicit_at(data, position)
            position += 8
            if vr not in _SHORT_VRS and group != 0xFFFE:
                if not vr.isalpha():
                    raise IndexError("no VR where one should be")
                (length,) = long_at(data, position)  # long ones, and such as are to come
                position += 4
        tag = group << 16 | element
        if not open_syntaxes and tag > _LAST:
            break
        if group == 0xFFFE:  # items and delimiters have no VR (PS3.5 7.5)
            (length,) = long_at(data, position - 4)
            if tag == _ITEM and length == _UNDEFINED:
                open_syntaxes.append(implicit)
            elif tag == _ITEM:
                position += length
            elif open_syntaxes:
                implicit = open_syntaxes.pop()
            else:
                raise IndexError("a delimiter that closes nothing")
            continue
        if length == _UNDEFINED:
            open_syntaxes.append(implicit)
            implicit = implicit or vr == b"UN"  # UN of undefined length is implicit (PS3.5 6.2.2)
            continue
        if position + length > end:
            raise IndexError("an element longer than the data set")
        if not open_syntaxes and (tag in _WANTED or tag == _SPECIFIC_CHARACTER_SET):
            wanted[tag] = bytes(data[position : position + length])
        position += length
    return wanted
