"""A header that is only walked over says what pydicom says, and what is odd is left to pydicom."""

from __future__ import annotations

import copy
import random
from io import BytesIO
from pathlib import Path

import pydicom
import pytest
from pydicom import dcmread
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import (
    CTImageStorage,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    MediaStorageDirectoryStorage,
)

from labkit.dicom.reading import PARSE_ERRORS
from labkit.dicom.unread import unread
from tests.effort import dice, effort

pytestmark = pytest.mark.filterwarnings("ignore")
FILES = [p for p in (Path(pydicom.__file__).parent / "data").rglob("*.dcm") if p.is_file()]


def made(syntax: str = ExplicitVRLittleEndian, *, undefined: bool = False) -> bytes:
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = syntax
    ds.file_meta.MediaStorageSOPClassUID = CTImageStorage
    ds.file_meta.MediaStorageSOPInstanceUID = "1.2.3"
    ds.SOPInstanceUID, ds.PatientName, ds.Rows, ds.AccessionNumber = "1.2.3", "A^B", 2, ""
    item = Dataset()
    item.CodeValue, item.ConceptNameCodeSequence = "T-1", [Dataset()]
    ds.ProcedureCodeSequence = [item]
    ds["ProcedureCodeSequence"].is_undefined_length = undefined
    item.is_undefined_length_sequence_item = undefined
    ds.add_new("PixelData", "OW", b"\0\0")
    out = BytesIO()
    little = syntax != ExplicitVRBigEndian
    pydicom.dcmwrite(out, ds, enforce_file_format=True, little_endian=little,
                     implicit_vr=syntax == ImplicitVRLittleEndian)  # fmt: skip
    return out.getvalue()


def same(data: bytes) -> bool:
    """Whether it was walked over; then it says of each element what pydicom says."""
    lean = unread(data, True)
    if lean is None:
        return False
    known = dcmread(BytesIO(data), stop_before_pixels=True)
    assert lean.found is not None
    assert list(lean.found) == list(known.keys())
    for tag, (_, vr, length, value) in lean.found.items():
        raw = known.get_item(tag, keep_deferred=True)
        assert (vr or raw.VR) == raw.VR or vr is None
        if isinstance(raw, RawDataElement):
            assert (length, value) == (raw.length, raw.value or b"")
    try:
        said = known.to_json()
    except PARSE_ERRORS as error:  # a value that nobody can decode
        with pytest.raises(type(error)):
            lean.to_json()
    else:
        assert lean.to_json() == said
    assert lean.found is None
    return True


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian])
@pytest.mark.parametrize("undefined", [False, True])
def test_an_ordinary_header_is_walked_over(syntax: str, undefined: bool) -> None:
    data = made(syntax, undefined=undefined)
    assert same(data)
    lean = unread(data, True)
    assert lean is not None
    assert 0x7FE00010 not in (lean.found or {})
    assert lean.PatientName == "A^B"  # read now
    assert lean.found is None
    assert isinstance(lean, FileDataset)
    assert lean.file_meta.TransferSyntaxUID == syntax
    assert "PixelData" not in lean


def test_it_can_be_changed_copied_and_written_as_any_other() -> None:
    lean = unread(made(), True)
    assert lean is not None
    twin = copy.deepcopy(lean)
    assert twin == dcmread(BytesIO(made()), stop_before_pixels=True)
    lean.PatientID = "X"
    assert (lean.PatientID, lean.PatientName, lean.found) == ("X", "A^B", None)
    with pytest.raises(AttributeError, match="NoSuchThing"):
        _ = lean.NoSuchThing


@pytest.mark.parametrize("syntax", [DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian])
def test_a_complicated_encoding_is_left_to_pydicom(syntax: str) -> None:
    assert unread(made(syntax), True) is None


def test_what_is_no_instance_or_is_damaged_is_left_to_pydicom() -> None:
    data = made()
    assert unread(b"", True) is None
    assert unread(data[:140], True) is None
    assert unread(data.replace(b"DICM", b"MCID"), True) is None
    assert unread(data[: data.index(b"A^B") + 1], True) is None
    assert unread(data[: data.index(b"\xe0\x7f\x10\x00")], False) is None  # there may be more
    assert unread(data[: data.index(b"\xe0\x7f\x10\x00")], True) is not None
    assert unread(data.replace(b"PN", b"Si"), True) is None
    assert unread(data.replace(b"PN", b"UN").replace(b"UI", b"U?"), True) is None
    directory = data.replace(
        CTImageStorage.encode(), MediaStorageDirectoryStorage.encode() + b"\0" * 6
    )
    assert unread(directory, True) is None
    deep = made(undefined=True)
    at = deep.index(b"\x08\x00\x32\x10SQ")
    nest = b"\x08\x00\x32\x10SQ\0\0\xff\xff\xff\xff\xfe\xff\x00\xe0\xff\xff\xff\xff"
    assert unread(deep[:at] + nest * 2000, True) is None
    implicit = made(ImplicitVRLittleEndian, undefined=True)
    assert unread(implicit, True) is not None
    # The next two are findings of the test below: a PN of undefined length, a spoilt group length.
    assert unread(implicit.replace(b"\x08\0\x32\x10", b"\x08\0\x60\x10"), True) is None
    assert unread(data.replace(b"UL\x04\0", b"UL\x12\0", 1), True) is None


def test_the_real_files_of_pydicom() -> None:
    walked = sum(same(path.read_bytes()) for path in FILES if path.stat().st_size < 300_000)
    assert walked > 40


@pytest.mark.hypothesis
def test_what_is_walked_over_pydicom_can_read(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("CRITICAL", "pydicom")  # it tells of each odd VR
    throw = dice("unread")
    seeds = [made(), made(undefined=True), made(ImplicitVRLittleEndian, undefined=True)]
    for _ in range(effort(400, 200_000)):
        same(_spoilt(throw.choice(seeds), throw))


def _spoilt(data: bytes, throw: random.Random) -> bytes:
    spoilt = bytearray(data)
    for _ in range(throw.choice((1, 3, 10))):
        spoilt[throw.randrange(len(spoilt))] = throw.randrange(256)
    return bytes(spoilt[: throw.randrange(len(spoilt))] if throw.random() < 0.2 else spoilt)
