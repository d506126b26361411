"""DICOM JSON (PS3.18 Annex F): one object, an array of them, or one a line."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

from pydicom.dataset import Dataset

from labkit.common.errors import DataError
from labkit.dicomweb.dicom_json import dataset_of as as_it_is
from labkit.fhir.mapping.sources.base import PIXELS

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
    if isinstance(value, dict):  # an empty one is no header
        value = {t: e for t, e in value.items() if t.upper() not in _PIXELS} if value else None
    return as_it_is(value)


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
