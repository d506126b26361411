"""Bytes of elements: the parts add up, and they are the file's own."""

import warnings
from pathlib import Path

import pydicom
import pytest
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRBigEndian

from labkit.common.errors import DataError, UsageError
from labkit.dicom.header import header_rows
from labkit.dicom.layout import element_bytes

NAMES = [
    "CT_small.dcm", "MR_small_implicit.dcm", "MR_small_bigendian.dcm", "ExplVR_BigEndNoMeta.dcm",
    "ExplVR_LitEndNoMeta.dcm", "image_dfl.dcm", "rtdose_rle.dcm", "UN_sequence.dcm", "test-SR.dcm",
    "nested_priv_SQ.dcm", "MR_small_RLE.dcm", "DICOMDIR-bigEnd", "rtplan.dcm",
]  # fmt: skip


def file_of(name: str) -> Path:
    return Path(str(get_testdata_file(name)))


@pytest.mark.parametrize("name", NAMES)
def test_every_element_is_found_and_its_parts_cover_it(name: str) -> None:
    file = file_of(name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ds = pydicom.dcmread(file, force=True)
        rows = header_rows(ds)
    whole = file.read_bytes()
    for row in rows[:250]:
        got = element_bytes(file, row.path)
        assert got.offset >= 0
        assert sum(part.length for part in got.parts) >= min(got.total, 4096)
        ends = [part.offset + part.length for part in got.parts]
        assert [part.offset for part in got.parts] == [0, *ends[:-1]]
        if got.from_file:
            assert whole[got.offset : got.offset + len(got.data)] == got.data


def test_the_file_offset_is_the_one_pydicom_saw() -> None:
    ds = pydicom.dcmread(file_of("CT_small.dcm"))
    got = element_bytes(ds, "PatientName")
    assert got.from_file and got.source == "CT_small.dcm"
    names = [part.name for part in got.parts]
    assert names == ["tag", "VR", "length", "value", "padding"]
    assert got.data == b"\x10\x00\x10\x00PN\x16\x00CompressedSamples^CT1 "


def test_a_changed_value_is_shown_as_it_would_be_written() -> None:
    ds = pydicom.dcmread(file_of("CT_small.dcm"))
    ds.PatientName = "Other^Name"
    got = element_bytes(ds, "PatientName")
    assert not got.from_file and got.source == "encoded as Explicit VR Little Endian"
    assert got.data == b"\x10\x00\x10\x00PN\x0a\x00Other^Name"


def test_a_data_set_from_memory_and_big_endian() -> None:
    ds = Dataset()
    ds.Rows = 512
    assert element_bytes(ds, "Rows").data == b"\x28\x00\x10\x00US\x02\x00\x00\x02"
    ds.file_meta = pydicom.dataset.FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRBigEndian
    assert element_bytes(ds, "Rows").data == b"\x00\x28\x00\x10US\x00\x02\x02\x00"
    assert "big endian" in element_bytes(ds, "Rows").parts[0].meaning
    assert element_bytes(ds, "TransferSyntaxUID").data[4:6] == b"UI"


def test_item_and_delimiters_are_named() -> None:
    got = element_bytes(file_of("MR_small_RLE.dcm"), "PixelData", limit=10_000)
    names = [part.name for part in got.parts]
    assert names[:4] == ["tag", "VR", "reserved", "length"] and "item" in names
    assert "undefined length" in got.parts[3].meaning
    assert "Sequence Delimitation" in got.parts[-2].meaning
    item = element_bytes(file_of("CT_small.dcm"), "OtherPatientIDsSequence[1]")
    assert item.data[:4] == b"\xfe\xff\x00\xe0"


def test_limit_cuts_the_data_not_the_total() -> None:
    got = element_bytes(file_of("CT_small.dcm"), "PixelData", limit=16)
    assert len(got.data) == 16 and got.total == 32768 + 12


def test_truncated_empty_and_missing(tmp_path: Path) -> None:
    whole = file_of("CT_small.dcm").read_bytes()
    cut = tmp_path / "cut.dcm"
    cut.write_bytes(whole[:1000])
    with pytest.raises(DataError, match="end at"):
        element_bytes(cut, "PixelData")
    (tmp_path / "empty.dcm").write_bytes(b"")
    with pytest.raises(DataError, match="empty"):
        element_bytes(tmp_path / "empty.dcm", "PixelData")
    with pytest.raises(UsageError, match="no WaveformSequence"):
        element_bytes(file_of("CT_small.dcm"), "WaveformSequence")
    with pytest.raises(UsageError, match=r"no item \[9\]"):
        element_bytes(file_of("CT_small.dcm"), "OtherPatientIDsSequence[9]")


def test_a_retired_group_length_needs_the_file(tmp_path: Path) -> None:
    ds = pydicom.dcmread(file_of("ExplVR_BigEnd.dcm"))
    assert element_bytes(ds, "(0008,0000)").from_file
    ds.filename = None
    with pytest.raises(UsageError, match="retired"):
        element_bytes(ds, "(0008,0000)")
