"""Identifiers: the data set that asks (PS3.4 C.2.2.1), written by keyword."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time
from difflib import get_close_matches
from typing import Any

from pydicom import config
from pydicom.datadict import dictionary_VM, dictionary_VR, keyword_dict, tag_for_keyword
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.multival import MultiValue
from pydicom.sequence import Sequence
from pydicom.valuerep import PersonName

from labkit.common.errors import UsageError

_NUMBERS = {"US": int, "SS": int, "UL": int, "SL": int, "FL": float, "FD": float}
_CLOCK = {"DA": "%Y%m%d", "TM": "%H%M%S", "DT": "%Y%m%d%H%M%S"}
LEVELS = ("PATIENT", "STUDY", "SERIES", "IMAGE")


def identifier(level: str | None = None, **keys: Any) -> Dataset:
    """Make the identifier of a C-FIND, C-MOVE, C-GET or worklist query.

    ``identifier("STUDY", PatientID="NG-0001", StudyDate="20250101-", StudyDescription=None)``

    Parameters
    ----------
    level
        Query/Retrieve Level (0008,0052): PATIENT, STUDY, SERIES or IMAGE. ``None`` for a worklist,
        which has no levels (PS3.4 K.6.1.2).
    keys
        Keyword and value. ``None`` and ``""`` match everything and return the value (PS3.4
        C.2.2.2.3); a list of UIDs is joined with backslashes (C.2.2.2.2); a dict is a sequence
        of one item (C.2.2.2.6), a list of dicts a sequence of them. Specific Character Set is set
        to UTF-8 when a value needs it and none was given.

    Raises
    ------
    UsageError
        The level or a keyword does not exist, or a value does not fit its VR.
    """
    ds = Dataset()
    if level is not None:
        wanted = str(level).strip().upper()
        if wanted not in LEVELS:
            raise UsageError(
                f"there is no Query/Retrieve Level {level!r} (PS3.4 C.3)",
                remedy=f"Use one of {', '.join(LEVELS)}."
                + (" An instance is level IMAGE." if wanted in ("INSTANCE", "OBJECT") else ""),
            )
        ds.QueryRetrieveLevel = wanted
    _fill(ds, keys)
    if "SpecificCharacterSet" not in ds and not _is_ascii(ds):
        ds.SpecificCharacterSet = "ISO_IR 192"
    return ds


def _fill(ds: Dataset, keys: Mapping[str, Any]) -> None:
    for keyword, value in keys.items():
        tag = tag_for_keyword(keyword)
        if tag is None:
            close = get_close_matches(keyword, keyword_dict, n=3)
            raise UsageError(
                f"{keyword!r} is not a keyword of PS3.6",
                remedy=f"Did you mean {' or '.join(close)}?"
                if close
                else "Look the attribute up with HeaderBrowser, or in PS3.6 chapter 6.",
            )
        vr = dictionary_VR(tag)
        if vr == "SQ":
            ds[tag] = DataElement(tag, "SQ", Sequence(_items(keyword, value)))
            continue
        if isinstance(value, Mapping):
            raise UsageError(
                f"{keyword} is not a sequence: its VR is {vr}",
                remedy="Give it a plain value, or nest it inside a sequence keyword.",
            )
        ds[tag] = _element(keyword, tag, vr.split(" or ")[0], value)


def _items(keyword: str, value: Any) -> list[Dataset]:
    if value is None or value == "":
        return []
    items = [value] if isinstance(value, (Mapping, Dataset)) else value
    plain = isinstance(items, (str, bytes)) or not isinstance(items, Iterable)
    if plain or not all(isinstance(item, (Mapping, Dataset)) for item in items):
        raise UsageError(
            f"{keyword} is a sequence; it takes items, not {value!r}",
            remedy=f"Write {keyword}={{'Keyword': value}}, or None to ask for the whole sequence.",
        )
    out = []
    for item in items:
        ds = item if isinstance(item, Dataset) else Dataset()
        if isinstance(item, Mapping):
            _fill(ds, item)
        out.append(ds)
    return out


def _element(keyword: str, tag: int, vr: str, value: Any) -> DataElement:
    try:
        if isinstance(value, (list, tuple, MultiValue)):
            value = [_plain(vr, v) for v in value]
            if dictionary_VM(tag) == "1" and vr != "UI" and len(value) > 1:
                raise UsageError(
                    f"{keyword} takes one value; only UIDs can be listed (PS3.4 C.2.2.2.2)",
                    remedy="Ask once for each value, or use a wild card.",
                )
        else:
            value = "" if value is None or value == "" else _plain(vr, value)
        # A key may hold what a value may not: wild cards, ranges, empty where VM is 3.
        return DataElement(tag, vr, value, validation_mode=config.IGNORE)
    except (TypeError, ValueError, AttributeError, OverflowError) as error:
        raise UsageError(
            f"{keyword} cannot be {value!r}: {error}",
            remedy=f"Its VR is {vr} (PS3.5 6.2); give a value of that kind.",
        ) from error


def _plain(vr: str, value: Any) -> Any:
    """Give a value in the form that its VR has: dates and numbers of Python become text."""
    if vr in _NUMBERS:
        return _NUMBERS[vr](value)
    if isinstance(value, (datetime, date, time)) and vr in _CLOCK:
        return value.strftime(_CLOCK[vr])
    if isinstance(value, (str, PersonName)) or (vr in ("DS", "IS") and not isinstance(value, bool)):
        return value
    if isinstance(value, (int, float)) and not isinstance(value, bool) and vr != "UI":
        return str(value)
    raise TypeError(f"{type(value).__name__} is not text")


def _is_ascii(ds: Dataset) -> bool:
    for element in ds:
        if element.VR == "SQ":
            if not all(_is_ascii(item) for item in element.value):
                return False
        elif not str(element.value).isascii():
            return False
    return True
