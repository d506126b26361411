"""Elements of a header as they were read, before anybody decodes them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import repeat
from operator import itemgetter
from typing import Any

from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.tag import BaseTag

from labkit.dicom.unread import Unread

#: Of an element as it was read: a `RawDataElement`, or what `Unread` has found.
VR, VALUE, PAIR = itemgetter(1), itemgetter(3), itemgetter(1, 3)
GONE: Any = (None, None, None, ...)
"""Stands for an element that is not there; one without a value is something else."""
_RAW = frozenset({RawDataElement, tuple})


class Key(BaseTag):
    """A tag to look up with: pydicom's own compares in Python, at each look into a data set."""

    __lt__, __le__, __eq__ = int.__lt__, int.__le__, int.__eq__  # all six, or C is not used
    __ne__, __ge__, __gt__ = int.__ne__, int.__ge__, int.__gt__
    __hash__ = int.__hash__


def as_read(ds: Dataset, tag: BaseTag) -> tuple[Any, Any]:
    """Return VR and value: bytes while nobody has decoded them, ``None`` if there are none."""
    if type(ds) is Unread and ds.found is not None:
        found = ds.found.get(tag)
        return (None, None) if found is None else (found[1], found[3])
    raw = undecoded(ds, tag)
    if raw is None:
        return None, None
    if isinstance(raw, RawDataElement) and raw.length == 0:
        return raw.VR, b""
    if isinstance(raw, RawDataElement) and isinstance(raw.value, bytes):
        return raw.VR, raw.value
    return "", ""


def undecoded(ds: Dataset, tag: BaseTag) -> Any:
    """Return an element, decoded only where its value was deferred; an empty one never is.

    Decoding fails where the VR is none, and an empty value says nothing by it.
    """
    raw = ds.get_item(tag, keep_deferred=True)
    deferred = isinstance(raw, RawDataElement) and raw.value is None and raw.length
    return ds.get_item(tag) if deferred else raw


def elements(ds: Dataset, steps: Sequence[Any]) -> list[Any] | None:
    """Return elements as they were read, in the order of `steps`; `GONE` for those not there.

    ``None`` where one of them has been decoded, or set: that has no bytes.
    """
    if type(ds) is Unread and ds.found is not None:
        return list(map(ds.found.get, steps, repeat(GONE)))
    held: Any = ds.keys()
    found = list(map(held.mapping.get, steps, repeat(GONE)))
    return found if _RAW.issuperset(map(type, found)) else None


def values(found: Sequence[Any]) -> tuple[Any, ...] | None:
    """Return the bytes of elements; ``None`` where one is deferred, and has yet to be read."""
    its = tuple(map(VALUE, found))
    if None in its:
        its = tuple([b"" if e[3] is None and e[2] == 0 else e[3] for e in found])
    return None if None in its else its
