"""Of which study a file is: the same whether it is walked over or read by pydicom."""

from __future__ import annotations

from pathlib import Path

import pydicom
import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRBigEndian, ExplicitVRLittleEndian

from labkit.dicom import indexing, sample

pytestmark = pytest.mark.filterwarnings("ignore")
REAL = [p for p in (Path(pydicom.__file__).parent / "data").rglob("*") if p.is_file()]


def test_walked_over_or_read_a_file_is_of_the_same_study(monkeypatch: pytest.MonkeyPatch) -> None:
    files = [str(p) for p in [*REAL, *sample("ct-head").paths()] if p.stat().st_size < 300_000]
    walked = [indexing.identify(path) for path in files]
    assert sum(bool(found[0][0]) for found in walked) > 50
    monkeypatch.setattr(indexing, "unread", lambda start, whole: None)
    assert walked == [indexing.identify(path) for path in files]


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ExplicitVRBigEndian])
@pytest.mark.parametrize(
    ("study", "sop"), [("1.2.3", "1.2.4"), ("", "1.2.4"), ("1.2.3\\1.2.5", "")]
)
def test_what_is_odd_is_left_to_pydicom(
    syntax: str, study: str, sop: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ds = Dataset()
    ds.SOPClassUID, ds.SOPInstanceUID, ds.StudyInstanceUID = CTImageStorage, sop, study
    ds.Rows, ds.PixelData = 1, b"\0" * 70_000  # longer than what is looked at
    ds["PixelData"].VR = "OW"
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = pydicom.uid.UID(syntax)
    ds.file_meta.MediaStorageSOPClassUID = CTImageStorage
    ds.file_meta.MediaStorageSOPInstanceUID = pydicom.uid.UID("1.2.4")
    place = tmp_path / "one.dcm"
    ds.save_as(place, enforce_file_format=True)
    found = indexing.identify(str(place))
    monkeypatch.setattr(indexing, "unread", lambda start, whole: None)
    assert found == indexing.identify(str(place))
    if "\\" not in study:
        assert found == [(study, sop)]
