"""The body of a request: Part 10 and DICOM JSON, one or several, and nothing else."""

from __future__ import annotations

import json
from io import BytesIO

import pytest

from benchmarks.golden.headers import as_file
from labkit.common.errors import DataError, UsageError
from labkit.fhir.mapping.sources import received
from tests.fhir.mapping.headers import header

BOUNDARY = "----b"


def file(number: int = 1) -> bytes:
    made = BytesIO()
    as_file(header(number)).save_as(made, enforce_file_format=True)
    return made.getvalue()


def multipart(kind: str, *contents: bytes) -> tuple[bytes, str]:
    head = f"\r\n--{BOUNDARY}\r\nContent-Type: {kind}\r\n\r\n".encode()
    body = b"".join(head + content for content in contents) + f"\r\n--{BOUNDARY}--".encode()
    return body, f'multipart/related; type="{kind}"; boundary={BOUNDARY}'


def uids(body: bytes, kind: str) -> list[str]:
    return [str(ds.SOPInstanceUID) for ds in received(body, kind)]


def test_files_json_and_parts_of_them_are_the_same() -> None:
    expected = [str(header(n).SOPInstanceUID) for n in (1, 2)]
    values = [json.loads(header(n).to_json()) for n in (1, 2)]
    assert uids(file(), "application/dicom") == expected[:1]
    assert uids(*multipart("application/dicom", file(1), file(2))) == expected
    assert uids(json.dumps(values).encode(), "application/dicom+json; charset=utf-8") == expected
    assert uids(json.dumps(values[0]).encode(), "Application/DICOM+JSON") == expected[:1]
    parts = [json.dumps(value).encode() for value in values]
    assert uids(*multipart("application/dicom+json", *parts)) == expected


def test_pixels_are_left_out() -> None:
    value = json.loads(header().to_json())
    value["7FE00010"] = {"vr": "OW", "BulkDataURI": "http://127.0.0.1:9/never-fetched"}
    (ds,) = received(json.dumps(value).encode(), "application/dicom+json")
    assert "PixelData" not in ds


@pytest.mark.parametrize(
    ("body", "kind", "says"),
    [
        (b"", "application/dicom", "empty"),
        (b"<html>", "application/dicom", "it is"),
        (file()[:500], "application/dicom", "cut short"),
        (b"", "application/dicom+json", "not JSON"),
        (b"[" * 100_000, "application/dicom+json", "not JSON"),
        (b"[]", "application/dicom+json", "no data set"),
        (b"[3]", "application/dicom+json", "not DICOM JSON"),
        (*multipart("application/dicom", file(), file()[:500]), "part 2: it is cut short"),
        (multipart("application/dicom", file())[0][:-40], f"multipart/related; boundary={BOUNDARY}",
         "boundary|end|short"),
    ],
)  # fmt: skip
def test_what_is_broken_is_refused_as_a_whole(body: bytes, kind: str, says: str) -> None:
    with pytest.raises(DataError, match=says):
        received(body, kind)


@pytest.mark.parametrize("kind", ["", "image/png", "multipart/related", "application/dicom+xml"])
def test_another_content_type_is_refused_with_what_is_taken(kind: str) -> None:
    with pytest.raises(UsageError) as caught:
        received(file(), kind)
    assert not isinstance(caught.value, DataError)
    assert "application/dicom+json" in caught.value.remedy
