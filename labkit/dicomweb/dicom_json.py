"""Data sets in the DICOM JSON Model (PS3.18 Annex F), made with pydicom and mended where needed.

pydicom 3.0 is mended here in these points:

- one value that its VR does not allow (a DS of ``"n/a"``) makes it give up the whole data set, in
  writing as in reading; here it is written as the text that it is, with a VR of text,
- a name without an alphabetic group gets an empty one; here only groups that there are (F.2.2),
- numbers that JSON has not (NaN, infinity) come out as invalid JSON; here as text,
- Specific Character Set keeps the name of the file's encoding, though JSON is UTF-8 (F.2.1.2); here
  it is ``ISO_IR 192``.
"""

from __future__ import annotations

import base64
import json
import math
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset
from pydicom.tag import BaseTag
from pydicom.valuerep import STANDARD_VR, STR_VR

from labkit.common.errors import DataError
from labkit.dicom.reading import PARSE_ERRORS
from labkit.dicomweb.source import Json

INLINE = 1024
"""Bytes of a value that are still given inline; longer ones are links (PS3.18 F.2.6)."""
BINARY = frozenset(("OB", "OD", "OF", "OL", "OV", "OW", "UN"))
_CHARACTER_SET = 0x00080005
_FORMS = {"Value", "BulkDataURI", "InlineBinary"}
_TAG = re.compile(r"[0-9A-Fa-f]{8}")
Link = Callable[[str], str]
"""Makes the URI of bulk data from the path of an element: ``"7FE00010"``, ``"00880200/0/…"``."""


def to_json(ds: Dataset, link: Link | None = None, path: str = "") -> Json:
    """Write a data set as DICOM JSON.

    Parameters
    ----------
    ds
        File meta information and group lengths are left out (F.2.2).
    link
        Names the bulk data; without it everything is inline.
    path
        Where `ds` is, if it is an item.
    """
    made: Json = {}
    for tag in sorted(ds.keys()):
        if tag.element == 0 or tag.group == 2:
            continue
        key = f"{int(tag):08X}"
        made[key] = _element(ds, tag, link, path + key)
    if _CHARACTER_SET in ds and not path:
        made["00080005"] = {"vr": "CS", "Value": ["ISO_IR 192"]}
    return made


def _element(ds: Dataset, tag: BaseTag, link: Link | None, path: str) -> Json:
    try:
        element = ds[tag]
        if element.VR == "SQ":
            items = [to_json(item, link, f"{path}/{n}/") for n, item in enumerate(element.value)]
            return {"vr": "SQ", "Value": items} if items else {"vr": "SQ"}
        if element.VR in BINARY:
            return _binary(element, link, path)
        found: Json = element.to_json_dict(None, 0)
        if "Value" in found:
            if element.VR in ("IS", "DS") and any(isinstance(v, str) for v in found["Value"]):
                return _as_found(ds.get_item(tag))
            found["Value"] = [_mended(value) for value in found["Value"]]
        return found
    except PARSE_ERRORS:
        return _as_found(ds.get_item(tag, keep_deferred=True))


def _binary(element: DataElement, link: Link | None, path: str) -> Json:
    value = element.value
    if value is None or not len(value):
        return {"vr": str(element.VR)}
    if link is not None and len(value) > INLINE:
        return {"vr": str(element.VR), "BulkDataURI": link(path)}
    return {"vr": str(element.VR), "InlineBinary": base64.b64encode(value).decode("ascii")}


def _mended(value: Any) -> Any:
    if isinstance(value, dict):
        return {group: text for group, text in value.items() if text} or None
    if value == "":
        return None  # an empty value among others (F.2.5)
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


def _as_found(raw: RawDataElement | DataElement | None) -> Json:
    """A value that its VR forbids, as the text that it is (UT), else as bytes (OB).

    Not as UN: pydicom gives that the VR of the dictionary when it reads it, and fails again.
    """
    value = raw.value if raw is not None else None
    data = value if isinstance(value, bytes) else str(value or "").encode()
    text = data.decode("latin-1").strip(" \0")
    if text.isprintable() and text.isascii():
        return {"vr": "UT", "Value": [text]} if text else {"vr": "UT"}
    return {"vr": "OB", "InlineBinary": base64.b64encode(data).decode("ascii")}


def dataset_of(value: object, bulk: Callable[[str], Any] | None = None) -> Dataset:
    """Read one object of DICOM JSON.

    Parameters
    ----------
    bulk
        Gives the value behind a BulkDataURI; without it such elements are empty.

    Raises
    ------
    DataError
        It is JSON and not DICOM JSON, or an element of it cannot be.
    """
    if not isinstance(value, dict) or not all(map(_TAG.fullmatch, value)):
        raise DataError(
            "this is JSON, but not DICOM JSON: its names are no tags (PS3.18 F.2.2)",
            remedy="Ask the DICOMweb server with Accept: application/dicom+json.",
        )

    def fetched(tag: str, vr: str, uri: object) -> Any:
        return bulk(str(uri)) if bulk is not None and isinstance(uri, str) else None

    try:
        _one_form_each(value)
        ds = Dataset.from_json(value, bulk_data_uri_handler=fetched)
        _look_at(ds)
    except PARSE_ERRORS as error:
        raise DataError(
            f"an element of this DICOM JSON cannot be: {error}", remedy="Compare it with PS3.18 F.2"
        ) from error
    return ds


def _one_form_each(value: Json) -> None:
    """Refuse two forms of one value, of which pydicom takes now one and now the other (F.2.2)."""
    for tag, element in value.items():
        if not isinstance(element, dict):
            continue
        if len(_FORMS & element.keys()) > 1:
            raise ValueError(f"{tag} has its value twice, in two forms")
        items = element.get("Value") if element.get("vr") == "SQ" else None
        for item in items if isinstance(items, list) else ():
            if isinstance(item, dict):
                _one_form_each(item)


def _look_at(ds: Dataset) -> None:
    """Have each value made, which is done when it is looked at; a VR has to be one (PS3.5 6.2)."""
    for element in ds:
        if element.VR == "SQ":
            for item in element.value:
                _look_at(item)
            continue
        if element.VR not in STANDARD_VR:
            raise ValueError(
                f"{element.tag} has the VR {str(element.VR)[:8]!r}, which there is not"
            )
        several = element.VM > 1 and not isinstance(element.value, bytes)
        for each in element.value if several else [element.value]:
            if element.VR not in BINARY and isinstance(each, (dict, list, bytes)):
                raise ValueError(f"{element.tag} has no value of VR {element.VR}")
            if element.VR in STR_VR:
                str(each).encode()  # half of a surrogate pair cannot be written again


def encode(values: Iterable[Json]) -> Iterator[bytes]:
    """Write an array of data sets, piece by piece: DICOM JSON is always an array (F.2)."""
    return array(map(text, values))


def text(value: Json) -> bytes:
    """Write one data set."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def array(texts: Iterable[bytes]) -> Iterator[bytes]:
    """Write an array of data sets that are text already."""
    opening = b"["
    for each in texts:
        yield opening + each
        opening = b","
    yield b"[]" if opening == b"[" else b"]"
