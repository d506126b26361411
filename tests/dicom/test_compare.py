"""Comparing two data sets, and changing one."""

import copy

import pydicom
import pytest
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset

from labkit.common.errors import DataError, LabkitError, UsageError
from labkit.dicom.compare import compare, differences
from labkit.dicom.edit import parse_value, set_value


@pytest.fixture
def ct() -> Dataset:
    return pydicom.dcmread(str(get_testdata_file("CT_small.dcm")))


def test_a_copy_has_no_differences(ct: Dataset) -> None:
    assert differences(ct, copy.deepcopy(ct)) == []
    assert {row.status for row in compare(ct, ct)} == {"same"}


def test_changed_added_removed_and_what_holds_them(ct: Dataset) -> None:
    other = copy.deepcopy(ct)
    other.PatientID = "X"
    other.AccessionNumber = "A1"
    del other.StudyTime
    other.OtherPatientIDsSequence[1].PatientID = "Y"
    ct.AccessionNumber = "A1"
    del ct.AccessionNumber
    found = {row.path: row.status for row in differences(ct, other)}
    assert found == {
        "(0008,0030)": "removed",
        "(0008,0050)": "added",
        "(0010,0020)": "changed",
        "(0010,1002)": "changed",
        "(0010,1002)[1]": "changed",
        "(0010,1002)[1].(0010,0020)": "changed",
    }
    assert "(0010,0020)" not in [row.path for row in differences(ct, other, ignore=["PatientID"])]


def test_values_are_compared_not_their_spelling() -> None:
    left, right = Dataset(), Dataset()
    left.SliceThickness, right.SliceThickness = "5.0", "5"
    assert differences(left, right) == []
    right.SliceThickness = "5.1"
    assert [row.row.keyword for row in differences(left, right)] == ["SliceThickness"]


def test_long_values_that_begin_alike_differ() -> None:
    left, right = Dataset(), Dataset()
    left.TextValue, right.TextValue = "a" * 500, "a" * 499 + "b"
    assert len(differences(left, right)) == 1


@pytest.mark.parametrize(
    ("path", "text", "value"),
    [
        ("PatientName", "Müller^Jörg", "Müller^Jörg"),
        ("StudyDate", "20260101", "20260101"),
        ("Rows", "5", 5),
        ("PixelSpacing", "0.5\\0.25", [0.5, 0.25]),
        ("InstanceNumber", "7", 7),
        ("ImageType", "DERIVED\\PRIMARY", ["DERIVED", "PRIMARY"]),
        ("PixelData", "00 ff", b"\x00\xff"),
        ("OtherPatientIDsSequence[0].PatientID", "P9", "P9"),
        ("OtherPatientIDsSequence[0].StudyID", "new here", "new here"),
        ("FrameIncrementPointer", "FrameTime", 0x00181063),
        ("AccessionNumber", "", ""),
        ("(0043,1047)", "3", 3),
    ],
)
def test_set_value(ct: Dataset, path: str, text: str, value: object) -> None:
    assert set_value(ct, path, text).value == value


@pytest.mark.parametrize(
    ("path", "text", "says"),
    [
        ("StudyDate", "2026-01-01", "YYYYMMDD"),
        ("Rows", "70000", "between 0 and 65535"),
        ("Rows", "many", "16-bit"),
        ("PixelSpacing", "a\\2", "Decimal String"),
        ("SOPInstanceUID", "1.2.03", "leading zeros"),
        ("Modality", "ct", "capitals"),
        ("PatientAge", "34", "034Y"),
        ("AccessionNumber", "A" * 20, "maximum length of 16"),
        ("InstanceNumber", "1.5", "whole number"),
        ("PixelData", "zz", "hexadecimal"),
    ],
)
def test_a_value_that_the_vr_forbids_says_why(ct: Dataset, path: str, text: str, says: str) -> None:
    before = copy.deepcopy(ct)
    with pytest.raises(DataError) as caught:
        set_value(ct, path, text)
    assert says in str(caught.value) and "PS3.5 6.2" in caught.value.remedy
    assert ct == before


@pytest.mark.parametrize(
    "path", ["OtherPatientIDsSequence", "Foo", "RequestAttributesSequence[0].StudyID",
             "OtherPatientIDsSequence[9].PatientID", "(0099,1000)", "PatientID.StudyID"],
)  # fmt: skip
def test_a_place_that_is_none(ct: Dataset, path: str) -> None:
    with pytest.raises(UsageError):
        set_value(ct, path, "x")


@pytest.mark.parametrize("vr", ["US", "FD", "AT", "OB", "PN", "DS"])
def test_empty_text_is_an_empty_value(vr: str) -> None:
    assert not parse_value(vr, "")


def test_errors_are_ours(ct: Dataset) -> None:
    with pytest.raises(LabkitError):
        set_value(ct, "Rows", "-1")
