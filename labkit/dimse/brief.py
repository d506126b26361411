"""A few short values of an encoded data set, read without making a data set of it.

A search that counts images gets an answer for each. Making a `Dataset` of it costs more than
all else that is done with it; here its elements are walked over (PS3.5 7.1), and those that are
wanted are picked out.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping

from pydicom.datadict import tag_for_keyword
from pydicom.valuerep import EXPLICIT_VR_LENGTH_32, STANDARD_VR

_LONG = frozenset(vr.value.encode() for vr in EXPLICIT_VR_LENGTH_32)
_SHORT = frozenset(vr.value.encode() for vr in STANDARD_VR) - _LONG
_EXPLICIT = struct.Struct("<HH2sH").unpack_from
_IMPLICIT = struct.Struct("<HHL").unpack_from
_UNDEFINED = 0xFFFFFFFF


class NotPlain(Exception):
    """Not to be read so: leave it to pydicom."""


def tags_of(*keywords: str) -> dict[int, str]:
    """Tag → keyword, as `texts` wants it."""
    return {int(tag_for_keyword(keyword) or 0): keyword for keyword in keywords}


def texts(raw: bytes, wanted: Mapping[int, str], *, implicit: bool) -> dict[str, str]:
    """Read values of one word each: UIDs, codes, numbers.

    Parameters
    ----------
    raw
        A data set in Little Endian.
    wanted
        Tag → keyword.
    implicit
        Whether it is without VRs.

    Returns
    -------
    dict of str to str
        Keyword → value without padding; what is not there is not in it.

    Raises
    ------
    NotPlain
        A value has several parts or characters beyond ASCII, an element has an undefined length, or
        the bytes are no such data set.
    """
    found: dict[str, str] = {}
    at, end = 0, len(raw)
    while at < end:
        if at + 8 > end:
            raise NotPlain
        if implicit:
            group, element, length = _IMPLICIT(raw, at)
            at += 8
        else:
            group, element, vr, length = _EXPLICIT(raw, at)
            at += 8
            if vr not in _SHORT:
                if vr not in _LONG or at + 4 > end:
                    raise NotPlain
                length = int.from_bytes(raw[at : at + 4], "little")
                at += 4
        if length == _UNDEFINED or at + length > end:
            raise NotPlain
        keyword = wanted.get(group << 16 | element)
        if keyword is not None:
            value = raw[at : at + length]
            if b"\\" in value or not value.isascii():
                raise NotPlain
            found[keyword] = value.decode("ascii").strip("\0 ")
        at += length
    return found
