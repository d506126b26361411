"""Arguments travel by content: what a function did to its copies is done to the originals."""

from __future__ import annotations

from typing import Any

from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset


def put_back(ours: Any, theirs: Any) -> None:
    """Make our argument what their copy of it has become; what is equal stays as it is."""
    if ours is theirs or type(ours) is not type(theirs):
        return
    if isinstance(ours, Dataset):
        _data_set(ours, theirs)
    elif isinstance(ours, list):
        if len(ours) == len(theirs):
            for at, (one, other) in enumerate(zip(ours, theirs, strict=True)):
                ours[at] = _kept(one, other)
        else:
            ours[:] = theirs
    elif isinstance(ours, dict):
        for key in [key for key in ours if key not in theirs]:
            del ours[key]
        for key, value in theirs.items():
            ours[key] = _kept(ours[key], value) if key in ours else value
    elif isinstance(ours, set):
        ours.intersection_update(theirs)
        ours.update(theirs)
    elif isinstance(ours, bytearray):
        ours[:] = theirs


def _kept(ours: Any, theirs: Any) -> Any:
    if isinstance(ours, (list, dict, set, bytearray, Dataset)) and type(ours) is type(theirs):
        put_back(ours, theirs)
        return ours
    return theirs


def _data_set(ours: Dataset, theirs: Dataset) -> None:
    # Elements that nobody has looked at are raw on both sides, and stay so: a header may hold
    # a value that cannot be read at all.
    for tag in [tag for tag in list(ours.keys()) if tag not in theirs]:
        del ours[tag]
    for tag in list(theirs.keys()):
        other = theirs.get_item(tag)
        one = ours.get_item(tag) if tag in ours else None
        if isinstance(one, RawDataElement) and isinstance(other, RawDataElement):
            if (one.VR, one.value) != (other.VR, other.value):
                ours[tag] = other
            continue
        other = theirs[tag]
        if one is None or ours[tag].VR != "SQ" or other.VR != "SQ":
            if one is None or ours[tag] != other:
                ours[tag] = other
        elif len(ours[tag].value) == len(other.value):
            for mine, item in zip(ours[tag].value, other.value, strict=True):
                put_back(mine, item)
        else:
            ours[tag] = other
    if hasattr(ours, "file_meta") and hasattr(theirs, "file_meta"):
        put_back(ours.file_meta, theirs.file_meta)
