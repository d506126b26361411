"""Reading the header for the index: as pydicom reads it, and whatever the bytes are."""

import struct
import tracemalloc
import warnings
import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom import data, dcmread
from pydicom.dataset import Dataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset

from labkit.common.errors import DataError
from labkit.pacs.header import encoding_of, read_header
from labkit.pacs.keys import KEYS
from labkit.pacs.matching import element_text
from labkit.pacs.part10 import read_object
from tests.effort import effort
from tests.pacs.conftest import real

EXPLICIT, IMPLICIT, BIG, DEFLATED = (
    f"1.2.840.10008.1.2{end}" for end in (".1", "", ".2", ".1.99")
)  # fmt: skip

# Only what pydicom's package holds: get_testdata_files would go and download more.
FOLDER = Path(str(data.__file__)).parent / "test_files"
FILES = sorted(path for path in FOLDER.rglob("*.dcm") if path.stem != "badVR")


def encode(ds: Dataset, syntax: str = EXPLICIT) -> bytes:
    file = DicomBytesIO()
    encoding = encoding_of(syntax)
    file.is_little_endian, file.is_implicit_VR = encoding.little, encoding.implicit
    write_dataset(file, ds)
    data = file.getvalue()
    return deflate(data) if encoding.deflated else data


def deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(1, zlib.DEFLATED, -zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


def minimal(**values: object) -> Dataset:
    ds = Dataset()
    ds.SOPClassUID, ds.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.2", "1.2.3"
    ds.StudyInstanceUID, ds.SeriesInstanceUID = "1.2", "1.2.1"
    for keyword, value in values.items():
        setattr(ds, keyword, value)
    return ds


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_as_pydicom_reads_it(path: Path) -> None:
    try:
        meta, data = read_object(path)
        header = read_header(data, meta.transfer_syntax)
    except DataError:
        return  # no Part 10 file, or no UIDs: that is what other tests are about
    ds = dcmread(path)
    for key in KEYS:
        theirs = element_text(ds[key.keyword]).strip() if key.keyword in ds else ""
        ours = header[key.keyword]
        if key.vr in ("IS", "DS") and theirs:
            assert [float(n) for n in ours.split("\\")] == [float(n) for n in theirs.split("\\")]
        elif key.vr == "PN":
            assert ours.rstrip("=^") == theirs.rstrip("=^")
        else:
            assert ours == theirs, key.keyword


@pytest.mark.parametrize("syntax", [EXPLICIT, IMPLICIT, BIG, DEFLATED])
def test_every_encoding(syntax: str) -> None:
    ds = minimal(PatientName="Adams^Ann", Rows=512, NumberOfFrames=3)
    item = Dataset()
    item.PatientName = "Not^Me"  # of a sequence: not the object's own
    ds.RequestAttributesSequence = [item]
    header = read_header(encode(ds, syntax), syntax)
    assert (header["PatientName"], header["Rows"]) == ("Adams^Ann", "512")
    assert header["NumberOfFrames"] == "3"


def test_sequences_of_undefined_length_are_walked_over() -> None:
    inner = minimal(PatientID="INNER")
    ds = minimal(PatientID="OUTER", Modality="CT")
    ds.ReferencedStudySequence = [inner, inner]
    ds["ReferencedStudySequence"].is_undefined_length = True
    for item in ds.ReferencedStudySequence:
        item.is_undefined_length_sequence_item = True
    header = read_header(encode(ds), EXPLICIT)
    assert (header["PatientID"], header["Modality"]) == ("OUTER", "CT")


def test_a_private_sequence_as_un_of_undefined_length_is_implicit() -> None:
    inner = struct.pack("<HHI", 0x0008, 0x0060, 2) + b"MR"
    un = struct.pack("<HH2sHI", 0x0009, 0x1001, b"UN", 0, 0xFFFFFFFF)
    un += struct.pack("<HHI", 0xFFFE, 0xE000, len(inner)) + inner
    un += struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)
    whole = encode(minimal(PatientID="P"))
    at = whole.index(struct.pack("<HH", 0x0010, 0x0020))
    header = read_header(whole[:at] + un + whole[at:], EXPLICIT)
    assert header["PatientID"] == "P"
    assert header["Modality"] == ""


def test_ten_thousand_nested_sequences() -> None:
    level = struct.pack("<HH2sHI", 0x0008, 0x1110, b"SQ", 0, 0xFFFFFFFF)
    level += struct.pack("<HHI", 0xFFFE, 0xE000, 0xFFFFFFFF)
    close = struct.pack("<HHIHHI", 0xFFFE, 0xE00D, 0, 0xFFFE, 0xE0DD, 0)
    whole = encode(minimal(PatientID="P"))
    at = whole.index(struct.pack("<HH", 0x0010, 0x0020))
    header = read_header(whole[:at] + level * 10_000 + close * 10_000 + whole[at:], EXPLICIT)
    assert header["PatientID"] == "P"


def test_a_deflate_bomb_is_not_unpacked() -> None:
    pixels = struct.pack("<HH2sHI", 0x7FE0, 0x0010, b"OW", 0, 1 << 28) + bytes(1 << 28)
    bomb = deflate(encode(minimal()) + pixels)
    tracemalloc.start()
    assert read_header(bomb, DEFLATED)["StudyInstanceUID"] == "1.2"
    assert tracemalloc.get_traced_memory()[1] < 16 << 20
    tracemalloc.stop()


@pytest.mark.parametrize(
    ("data", "syntax", "words"),
    [
        (b"", EXPLICIT, "no data set"),
        (b"not a data set at all", EXPLICIT, "damaged"),
        (b"not deflated", DEFLATED, "inflated"),
        (encode(minimal(), IMPLICIT), EXPLICIT, "damaged"),
        (encode(minimal())[:-3], EXPLICIT, "damaged"),
        (b"\xfe\xff\xdd\xe0\0\0\0\0", EXPLICIT, "no data set"),
        (encode(minimal(StudyInstanceUID="")), EXPLICIT, "StudyInstanceUID"),
    ],
)
def test_what_is_wrong_is_said(data: bytes, syntax: str, words: str) -> None:
    with pytest.raises(DataError) as caught:
        read_header(data, syntax)
    assert words in caught.value.message
    assert caught.value.remedy


@settings(max_examples=effort(300, 60_000), deadline=None)
@given(data=st.binary(max_size=300), syntax=st.sampled_from([EXPLICIT, IMPLICIT, BIG, DEFLATED]))
def test_garbage_is_a_data_error(data: bytes, syntax: str) -> None:
    with pytest.raises(DataError):
        read_header(data, syntax)


@settings(max_examples=effort(300, 60_000), deadline=None)
@given(at=st.integers(0, 2000), byte=st.integers(0, 255))
def test_one_byte_changed_is_read_or_refused(at: int, byte: int) -> None:
    _, whole = read_object(real("CT_small.dcm")[0])
    data = bytearray(whole[:4000])
    data[at] = byte
    try:
        read_header(bytes(data), EXPLICIT)
    except DataError as error:
        assert error.message


def test_an_unknown_transfer_syntax_is_taken_as_explicit() -> None:
    assert encoding_of("1.2.3.4") == encoding_of(EXPLICIT)
    assert encoding_of("1.2.840.10008.1.1") == encoding_of(EXPLICIT)


def test_an_unknown_character_set_keeps_every_byte() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ds = minimal(SpecificCharacterSet="ISO_IR 999", PatientID="P")
    raw = encode(ds).replace(b"LO\x02\x00P ", b"LO\x02\x00\xe4 ")
    assert read_header(raw, EXPLICIT)["PatientID"] == "ä"
