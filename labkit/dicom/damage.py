"""One answer to all the ways in which a value of a damaged object can fail to be read."""

from __future__ import annotations

import functools
import struct
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from pydicom.errors import BytesLengthException

from labkit.common.errors import DataError

_P = ParamSpec("_P")
_R = TypeVar("_R")
_JP2 = b"\x00\x00\x00\x0cjP  "

#: What pydicom raises when an element is looked at whose bytes do not fit its VR. It reads lazily,
#: so this comes late: when the value is used.
VALUE_ERRORS = (
    BytesLengthException, NotImplementedError, OverflowError, ValueError, struct.error,
)  # fmt: skip


def names_damage(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """Make a function raise `DataError` where a value of its data set cannot be read."""

    @functools.wraps(function)
    def guarded(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        try:
            return function(*args, **kwargs)
        except VALUE_ERRORS as error:
            raise DataError(
                f"a value of this object cannot be read: {error}",
                remedy="the file is damaged or wrongly made: fetch it again, or ask the sender",
            ) from error

    return guarded


def endless_jp2(pixel_data: bytes) -> bool:
    """Say whether a JPEG 2000 file inside pixel data has a box that leads nowhere.

    pydicom 3.0 walks the boxes before the codestream by their lengths, and never ends at a length
    of 0. (Only codestreams belong into DICOM, PS3.5 A.4.4; some devices send whole JP2 files.)
    """
    at = pixel_data.find(_JP2)
    while at >= 0:
        box = at + 12  # the signature is a box of its own
        while box < len(pixel_data) and pixel_data[box + 4 : box + 8] != b"jp2c":
            length = int.from_bytes(pixel_data[box : box + 4], "big")
            if length == 0:
                return True
            box += length
        at = pixel_data.find(_JP2, at + 1)
    return False
