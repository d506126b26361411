"""Change one value of a data set from text, and say why where the VR forbids it (PS3.5 6.2)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pydicom import config
from pydicom.datadict import dictionary_VR
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.tag import BaseTag
from pydicom.valuerep import BYTES_VR, IS, DSfloat, validate_value

from labkit.common.errors import DataError, UsageError
from labkit.dicom.paths import ITEM, container_of, named, parse_tag
from labkit.dicom.vr import vr_name, vr_reference, vr_words

_INTEGERS = {"SL", "SS", "SV", "UL", "US", "UV"}
_FLOATS = {"FD", "FL"}
_ONE_TEXT = {"LT", "ST", "UR", "UT"}


def set_value(ds: Dataset, path: str | int, text: str) -> DataElement:
    r"""Set the value of an element of `ds` (in place), creating it in its data set or item.

    Parameters
    ----------
    ds
        Is changed: give a copy to keep the original.
    path
        Keyword, tag or path (`labkit.dicom.paths`).
    text
        Values parted by a backslash, as in the file: ``"ORIGINAL\\PRIMARY"``. Bytes as hexadecimal
        digits. Empty for no value.

    Returns
    -------
    DataElement
        As it is now.

    Raises
    ------
    DataError
        The VR does not allow this value; the message says which rule it breaks.
    UsageError
        There is no such place, or a sequence was meant: its items are edited one by one.
    """
    holder, tag, vr = _place(ds, path)
    if vr == "SQ":
        raise UsageError(
            f"{named(tag)} is a sequence: it holds items, not text.",
            remedy=f"Edit an element of an item, such as {path}[0].CodeValue.",
        )
    value = parse_value(vr, text)
    if tag in holder and vr == holder[tag].VR:
        holder[tag].value = value
    else:
        holder[tag] = DataElement(tag, vr, value)
    return holder[tag]


def parse_value(vr: str, text: str) -> Any:
    """Make a value of a VR from text, or say why it is none.

    Raises
    ------
    DataError
        With the rule of the VR and its section.
    """
    if text == "":
        return b"" if vr in BYTES_VR else "" if vr not in _INTEGERS | _FLOATS | {"AT"} else None
    if vr in BYTES_VR:
        return _checked(vr, text, bytes.fromhex)
    if vr in _ONE_TEXT:
        return _checked(vr, text, str)
    if vr == "AT":
        return _several([parse_tag(part) for part in text.split("\\")])
    kind: Callable[[str], Any] = str
    if vr in _INTEGERS:
        kind = int
    elif vr in _FLOATS:
        kind = float
    elif vr in ("DS", "IS"):
        kind = _number_text(vr)
    return _several([_checked(vr, part, kind) for part in text.split("\\")])


def _number_text(vr: str) -> Callable[[str], Any]:
    def check(part: str) -> Any:
        validate_value(vr, part, config.RAISE)
        return IS(part) if vr == "IS" else DSfloat(part, auto_format=False)

    return check


def _checked(vr: str, part: str, kind: Callable[[str], Any]) -> Any:
    try:
        value = kind(part.strip() if kind in (int, float) else part)
        if vr not in ("DS", "IS"):  # checked as text
            validate_value(vr, value, config.RAISE)
    except (ValueError, OverflowError, TypeError) as error:
        why = str(error).split(" Please see")[0].rstrip(".")
        because = "" if why.startswith(("Invalid value for VR", "invalid literal")) else f": {why}"
        raise DataError(
            f"{part!r} is not a {vr_name(vr)} ({vr}){because}.",
            remedy=f"{vr}: {vr_words(vr)} ({vr_reference(vr)}).",
        ) from None
    return value


def _several(values: list[Any]) -> Any:
    return values[0] if len(values) == 1 else values


def _place(ds: Dataset, path: str | int) -> tuple[Dataset, BaseTag, str]:
    try:
        holder, tag = container_of(ds, path)
        return holder, tag, "SQ" if tag == ITEM else str(holder[tag].VR)
    except UsageError:
        if isinstance(path, str) and "." in path:
            parent, name = path.rsplit(".", 1)
            holder, end = container_of(ds, parent)
            if end != ITEM:
                raise
        else:
            holder, name = ds, str(path) if isinstance(path, str) else f"{path:08X}"
        tag = parse_tag(name)
        if tag in holder or tag.is_private or name.endswith("]"):
            raise
        return holder, tag, dictionary_VR(tag).split(" or ")[0]
