"""What is not DICOM is named, with what to do."""

import gzip
import json
from pathlib import Path

import pytest
from pydicom import dcmread

from labkit.common.errors import DataError
from labkit.dicom import read, real_file

GOOD = real_file("CT_small").read_bytes()


def test_a_file_and_its_bytes_read_the_same() -> None:
    from_path, from_bytes = read(real_file("CT_small")), read(GOOD)
    assert from_path == from_bytes == dcmread(real_file("CT_small"))
    assert from_path.filename == str(real_file("CT_small"))
    assert from_path.file_meta.TransferSyntaxUID.name == "Explicit VR Little Endian"


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"\xff\xd8\xff\xe0" + b"x" * 200, "JPEG picture"),
        (b"\x89PNG\r\n", "PNG"),
        (b"PK\x03\x04" + b"x" * 200, "ZIP archive"),
        (gzip.compress(GOOD), "gzip"),
        (b"\xef\xbb\xbf\n<!DOCTYPE html><p>log in", "HTML page"),
        (b"%PDF-1.7", "PDF"),
        (json.dumps([{"00100010": {"vr": "PN"}}]).encode(), "JSON"),
        (b"--boundary\r\nContent-Type: application/dicom\r\n", "multipart"),
        (b"The study is in the post.\n", "but text"),
        (b"", "empty"),
        (b"\0" * 500, "zero bytes"),
        (b"\0" * 344 + b"n+1\0" + b"\1" * 20, "NIfTI"),
        (GOOD[132:], "without preamble"),
        (b"\x00\x08\x00\x05" + b"x" * 200, "big-endian"),
        (bytes(range(128, 255)), "something unknown"),
    ],
)
def test_what_it_is_instead(data: bytes, what: str) -> None:
    with pytest.raises(DataError, match=what) as caught:
        read(data)
    assert caught.value.remedy


def test_force_reads_a_data_set_without_preamble() -> None:
    assert read(GOOD[132:], force=True).PatientName == dcmread(real_file("CT_small")).PatientName
    with pytest.raises(DataError, match="JPEG"):
        read(b"\xff\xd8\xff" * 100, force=True)


@pytest.mark.parametrize("name", ["MR_small", "MR_small_RLE", "image_dfl", "reportsi"])
def test_a_file_cut_anywhere_is_never_taken_for_whole(name: str) -> None:
    data = real_file(name).read_bytes()
    whole = read(data)
    for size in range(132, len(data) - 1, max(1, len(data) // 60)):
        try:
            part = read(data[:size])
        except DataError as error:
            assert error.remedy
        else:  # cut between two elements: nothing in the bytes can tell, unless the pixels are gone
            assert len(part) < len(whole)
            assert "PixelData" not in whole or "Rows" not in part or "PixelData" not in part


def test_a_truncated_real_file_gives_its_header_by_force() -> None:
    with pytest.raises(DataError, match="62 bytes are missing"):
        read(real_file("MR_truncated"))
    assert read(real_file("MR_truncated"), force=True).Modality == "MR"


def test_missing_files_and_folders(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="there is no file"):
        read(tmp_path / "no.dcm")
    with pytest.raises(DataError, match="is a folder"):
        read(tmp_path)


def test_random_bytes_never_get_through() -> None:
    import random

    dice = random.Random(7)
    for _ in range(150):
        data = bytearray(GOOD[:6000])
        for _ in range(20):
            data[dice.randrange(132, len(data))] = dice.randrange(256)
        try:
            read(bytes(data))
        except DataError as error:
            assert error.message
