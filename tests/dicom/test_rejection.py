"""Rejection notes: what they name, and that they are valid documents."""

from __future__ import annotations

import shutil
import subprocess
from datetime import datetime
from pathlib import Path

import pytest
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

from labkit.common.errors import UsageError
from labkit.dicom import sample
from labkit.dicom.rejection import REASONS, rejection_note


def test_it_names_every_object_by_series() -> None:
    images = sample("ct-head-followup").datasets()
    note = rejection_note(images, "quality", when=datetime(2026, 1, 15, 10))
    (study,) = note.CurrentRequestedProcedureEvidenceSequence
    assert study.StudyInstanceUID == images[0].StudyInstanceUID
    named = [
        reference.ReferencedSOPInstanceUID
        for series in study.ReferencedSeriesSequence
        for reference in series.ReferencedSOPSequence
    ]
    assert sorted(named) == sorted(ds.SOPInstanceUID for ds in images)
    assert note.ConceptNameCodeSequence[0].CodeValue == "113001"
    assert (note.ContentDate, note.ContentTime) == ("20260115", "100000")
    assert note.SeriesInstanceUID != images[0].SeriesInstanceUID


@pytest.mark.parametrize(
    ("reason", "code"), list(zip(REASONS, ("113001", "113037", "113038", "113039"), strict=True))
)
def test_the_title_says_why(reason: str, code: str) -> None:
    note = rejection_note(sample("dx-hand").datasets(), reason)
    assert note.ConceptNameCodeSequence[0].CodeValue == code


def test_the_answers_of_a_query_are_enough() -> None:
    match = Dataset()
    match.StudyInstanceUID, match.SeriesInstanceUID = "1.2.1", "1.2.1.1"
    match.SOPClassUID, match.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.2", "1.2.1.1.1"
    assert rejection_note([match], "quality").ContentSequence[0].ValueType == "IMAGE"
    del match.SOPClassUID
    with pytest.raises(UsageError, match="cannot be named"):
        rejection_note([match], "quality")


def test_what_cannot_be_rejected() -> None:
    with pytest.raises(UsageError, match="no reason"):
        rejection_note(sample("dx-hand").datasets(), "ugly")
    with pytest.raises(UsageError, match="one study"):
        rejection_note([], "quality")
    both = sample("dx-hand").datasets() + sample("dx-chest").datasets()
    with pytest.raises(UsageError, match="one study"):
        rejection_note(both, "quality")


def test_dciodvfy_finds_no_error(tmp_path: Path) -> None:
    tool = shutil.which("dciodvfy", path=str(Path(__file__).parents[2] / ".venv" / "bin"))
    tool = tool or shutil.which("dciodvfy")
    if tool is None:
        pytest.skip("dciodvfy is not installed")
    path = tmp_path / "note.dcm"
    note = rejection_note(sample("mg-screening").datasets(), "patient safety")
    note.file_meta = FileMetaDataset()
    note.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    note.save_as(path, enforce_file_format=True)
    done = subprocess.run([tool, str(path)], capture_output=True, text=True, check=False)
    assert [x for x in (done.stdout + done.stderr).splitlines() if x.startswith("Error")] == []
