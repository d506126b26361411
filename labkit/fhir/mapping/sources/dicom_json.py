"""DICOM JSON (PS3.18 Annex F): one object, an array of them, or one a line."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

from pydicom.dataset import Dataset

from labkit.common.errors import DataError
from labkit.dicom.reading import PARSE_ERRORS
from labkit.fhir.mapping.sources.base import PIXELS

_TAG = re.compile(r"[0-9A-Fa-f]{8}")
_PIXELS = {f"{tag:08X}" for tag in PIXELS}
_CHUNK = 1 << 20
_GAP = re.compile(r"[\s,\[\]]*")


def dataset_of(value: Any) -> Dataset:
    """Make a header of one object of the DICOM JSON model; bulk data are not fetched.

    Raises
    ------
    DataError
        It is JSON and not DICOM JSON, or an element of it cannot be.
    """
    if not isinstance(value, dict) or not value or not all(map(_TAG.fullmatch, value)):
        raise DataError(
            "this is JSON, but not DICOM JSON: its names are no tags (PS3.18 F.2.2)",
            remedy="ask the DICOMweb server with Accept: application/dicom+json",
        )
    kept = {tag: element for tag, element in value.items() if tag.upper() not in _PIXELS}
    try:
        ds = Dataset.from_json(kept, bulk_data_uri_handler=lambda *_: None)
        for element in ds:  # a value is made when it is looked at
            _ = element.value
    except PARSE_ERRORS as error:
        raise DataError(
            f"an element of this DICOM JSON cannot be: {error}", remedy="compare it with PS3.18 F.2"
        ) from error
    return ds


def objects(path: Path) -> Iterator[Any]:
    """Go through the JSON values of a file, one in memory at a time.

    An array is gone through member by member, and values that follow each other are taken as
    they come, so that NDJSON needs nothing of its own.

    Raises
    ------
    DataError
        The text stops being JSON; what came before it has been given.
    """
    try:
        with path.open(encoding="utf-8-sig") as file:
            yield from _values(file)
    except UnicodeDecodeError as error:
        raise DataError("this is not JSON: not UTF-8", remedy="RFC 8259 asks for it") from error


def _values(file: TextIO) -> Iterator[Any]:
    decoder, text, size = json.JSONDecoder(), "", _CHUNK
    while True:
        more = file.read(size)
        text += more
        at = 0
        while True:
            start = _GAP.match(text, at).end()  # type: ignore[union-attr]
            if start == len(text):
                at = start
                break
            try:
                value, at = decoder.raw_decode(text, start)
            except (json.JSONDecodeError, RecursionError) as error:
                if more:
                    at = start
                    break
                raise DataError(
                    f"the JSON is broken or cut short: {error}", remedy="fetch it again"
                ) from error
            yield value
        text = text[at:]
        size = max(_CHUNK, len(text))  # a value longer than a chunk: double, not add
        if not more:
            return
