"""A de-identified object is written as pydicom writes it, byte for byte."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pydicom
import pytest
from pydicom import dcmread, dcmwrite
from pydicom.charset import python_encoding

from labkit.common.errors import DataError
from labkit.deid import Deidentifier, Key, Profile
from labkit.deid.encoding import part10
from labkit.deid.work import put
from labkit.dicom import sample
from labkit.dicom.reading import PARSE_ERRORS

pytestmark = pytest.mark.filterwarnings("ignore")
REAL = [p for p in (Path(pydicom.__file__).parent / "data").rglob("*.dcm") if p.is_file()]


def by_pydicom(ds: pydicom.Dataset) -> bytes:
    out = BytesIO()
    dcmwrite(out, ds, enforce_file_format=True)
    return out.getvalue()


def compared(paths: list[Path], profile: Profile) -> int:
    """Compare what comes of files; return how many could be de-identified."""
    count = 0
    for path in paths:
        try:
            ds = dcmread(path)
            reviewed = [str(ds.get("SOPInstanceUID"))]
            worker = Deidentifier(profile, Key(bytes(range(32))), reviewed=reviewed)
            made = worker.dataset(ds).ds
            wanted = None if made is None else by_pydicom(made)
        except (DataError, *PARSE_ERRORS):
            continue
        if made is not None:
            assert part10(made) == wanted, path
            assert dcmread(BytesIO(part10(made))) == made
            count += 1
    return count


@pytest.mark.parametrize("story", ["ct-head", "cr-wrist", "us-thyroid", "mr-brain"])
def test_the_stories(story: str) -> None:
    paths = sample(story).paths()[:3]
    assert compared(paths, Profile(frozenset({"clean-descriptors", "retain-modified-dates"}))) > 0


def test_real_files_of_every_encoding_and_character_set() -> None:
    small = [path for path in REAL if path.stat().st_size < 300_000]
    assert compared(small, Profile()) > 30


def test_ascii_is_the_same_in_every_character_set() -> None:
    """Else a text would not be put together by us (PS3.5 6.1.2)."""
    ascii_text = "".join(map(chr, range(0x21, 0x7F))).replace("\\", "")
    for charset in python_encoding:
        ds = dcmread(str(pydicom.data.get_testdata_file("CT_small.dcm")))
        ds.SpecificCharacterSet = charset or None
        ds = dcmread(BytesIO(by_pydicom(ds)))
        made = Deidentifier(Profile(), Key(bytes(32))).dataset(ds).ds
        assert made is not None
        for keyword in ("SeriesDescription", "ImageComments", "PatientName"):
            setattr(made, keyword, f"{ascii_text[:40]} ")
        put(made, 0x00081030, "LO", [ascii_text, "", "odd"])
        put(made, 0x00081040, "LO", ascii_text)
        put(made, 0x00080070, "LO", "Größe")
        put(made, 0x00080090, "PN", "A1b")
        assert part10(made) == by_pydicom(made), charset
        assert [str(one) for one in made.StudyDescription] == [ascii_text, "", "odd"]
        assert made.Manufacturer == "Größe"
        assert made.ReferringPhysicianName == "A1b"


def test_elements_that_need_more_than_their_bytes() -> None:
    ds = dcmread(str(pydicom.data.get_testdata_file("CT_small.dcm")))
    made = Deidentifier(Profile(), Key(bytes(32))).dataset(ds).ds
    assert made is not None
    made.ImageComments = "x" * 70_000  # LT: too long for 16 bits of length
    made.SeriesDescription, made.OtherPatientNames = "Größe", ["A^B", "C^D"]
    made.ImageType = ["DERIVED", "PRIMARY"]
    made.Rows, made.SliceThickness = made.Rows, "1.50"
    made.ImageOrientationPatient = ["1.0", "0", "0", "0", "1.5", "0"]
    made.add_new(0x00281101, "US", [256, 0, 16])
    made.add_new(0x00281201, "OW", b"\0\1\2")
    made.add_new(0x00420011, "OB", b"odd")
    assert part10(made) == by_pydicom(made)
    made.SpecificCharacterSet = "ISO_IR 192"
    assert part10(made) == by_pydicom(made)
    made.add_new(0x00020010, "UI", "1.2")
    with pytest.raises(ValueError, match="File Meta"):
        part10(made)
