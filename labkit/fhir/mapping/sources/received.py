"""What a service was sent: the body of a request as headers.

A body is whole and from outside, so one broken part refuses it: half a study would be mapped to
wrong counts, and the sender would not know.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from io import BytesIO

from pydicom.dataset import Dataset

from labkit.common.errors import DataError, UsageError
from labkit.dicomweb.media import DICOM, JSON, MULTIPART, MediaType, parse
from labkit.dicomweb.multipart import parts
from labkit.fhir.mapping.sources.dicom_json import dataset_of
from labkit.fhir.mapping.sources.files import read_header

TAKEN = (DICOM, JSON, f'{MULTIPART}; type="{DICOM}"', f'{MULTIPART}; type="{JSON}"')
"""Media types that `received` reads."""


def received(body: bytes, content_type: str) -> list[Dataset]:
    """Read the headers in the body of a request; pixels and bulk data are not looked at.

    Parameters
    ----------
    body
        One Part 10 file (``application/dicom``), DICOM JSON (``application/dicom+json``), an
        object or an array of them, or several of either (``multipart/related``, PS3.18 8.6.1).
    content_type
        As the request says it.

    Raises
    ------
    DataError
        A part is not what the content type says, or there is none; the message has its number.
    UsageError
        The content type is another; its `remedy` names those that are taken.
    """
    media = parse(content_type)
    if media.name == MULTIPART and media.parameters.get("boundary"):
        found: list[Dataset] = []
        for number, (headers, content) in enumerate(parts(media.parameters["boundary"], [body]), 1):
            one = parse(headers.get("content-type") or media.type)
            found += _numbered(one, content, number)
    else:
        found = list(_read(media, body))
    if not found:
        raise DataError("there is no data set in this", remedy="Send one instance or more.")
    return found


def _numbered(media: MediaType, content: bytes, number: int) -> list[Dataset]:
    try:
        return list(_read(media, content))
    except DataError as error:
        raise DataError(f"part {number}: {error.message}", remedy=error.remedy) from error


def _read(media: MediaType, body: bytes) -> Iterator[Dataset]:
    if media.name == DICOM:
        yield read_header(BytesIO(body), body[:512])
    elif media.name == JSON:
        try:
            value = json.loads(body)
        except (ValueError, RecursionError) as error:
            raise DataError(f"this is not JSON: {error}", remedy="Send it again.") from error
        yield from map(dataset_of, value if isinstance(value, list) else [value])
    else:
        raise UsageError(f"{media.name or 'a body without Content-Type'} is not read here",
                         remedy=f"Send {', '.join(TAKEN[:2])}, or {MULTIPART} of one of them.",
                         )  # fmt: skip
