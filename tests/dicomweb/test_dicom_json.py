"""DICOM JSON: every file that pydicom brings comes back as it was."""

import json
from pathlib import Path

import pytest
from pydicom import dcmread
from pydicom.data import get_testdata_files
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.tag import Tag

from labkit.common.errors import DataError
from labkit.dicomweb.dicom_json import dataset_of, encode, to_json


def files() -> list[Path]:
    """Files that the package has in itself, that are data sets, and that have under a megabyte."""
    found = []
    for name in get_testdata_files("*"):
        path = Path(name)
        if path.is_file() and path.stat().st_size < 1 << 20 and b"DICM" in path.read_bytes()[:132]:
            found.append(path)
    return sorted(found)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("path", files(), ids=lambda path: path.name)
def test_round_trip(path: Path) -> None:
    ds = dcmread(path)
    made = json.loads(b"".join(encode([to_json(ds)])))[0]
    assert list(made) == sorted(made)
    back = dataset_of(made)
    again = json.loads(b"".join(encode([to_json(back)])))[0]
    assert again == made
    for element in ds:
        if element.tag.element == 0 or element.tag == 0x00080005:
            continue
        assert f"{int(element.tag):08X}" in made


def test_values_as_annex_f_has_them() -> None:
    ds = Dataset()
    ds.SpecificCharacterSet = "ISO_IR 100"
    ds.PatientName = "=山田^太郎"
    ds.ImageType = ["ORIGINAL", "", "AXIAL"]
    ds.StudyDescription = None
    ds.FrameIncrementPointer = 0x00181063
    ds.RequestAttributesSequence = [Dataset()]
    ds.PixelData = bytes(2000)
    ds["PixelData"].VR = "OW"
    made = to_json(ds, lambda path: f"http://x/{path}")
    assert made["00080005"]["Value"] == ["ISO_IR 192"]
    assert made["00100010"] == {"vr": "PN", "Value": [{"Ideographic": "山田^太郎"}]}
    assert made["00080008"]["Value"] == ["ORIGINAL", None, "AXIAL"]
    assert made["00081030"] == {"vr": "LO"}
    assert made["00280009"]["Value"] == ["00181063"]
    assert made["00400275"] == {"vr": "SQ", "Value": [{}]}
    assert made["7FE00010"] == {"vr": "OW", "BulkDataURI": "http://x/7FE00010"}


def test_a_value_that_cannot_be_is_kept_as_text() -> None:
    ds = Dataset()
    tag = Tag(0x00180050)
    ds[tag] = RawDataElement(tag, "DS", 3, b"n/a", 0, False, True)
    made = to_json(ds)
    assert made["00180050"] == {"vr": "UT", "Value": ["n/a"]}
    assert json.loads(b"".join(encode([made])))


def test_no_match_is_an_empty_array() -> None:
    assert b"".join(encode([])) == b"[]"


@pytest.mark.parametrize("value", [[], "x", {"resourceType": "Patient"}, {"00100010": 1}])
def test_what_is_no_dicom_json(value: object) -> None:
    with pytest.raises(DataError) as caught:
        dataset_of(value)
    assert caught.value.remedy
