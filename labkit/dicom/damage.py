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
