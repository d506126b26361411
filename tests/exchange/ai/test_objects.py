"""SEG and SR: what they say, what others say of them, and that they come out the same twice."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import highdicom as hd
import numpy as np
import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset

from labkit.common.errors import DataError, UsageError
from labkit.dicom.transcode import encoded
from labkit.exchange.ai import BleedFinder, report, segmentation
from labkit.exchange.ai.report import read_report
from labkit.exchange.ai.volume import Volume, volume_of
from tests.exchange.ai.conftest import NOW, soft

Objects = tuple[Volume, Dataset | None, Dataset]


def made(study: list[Dataset], finder: BleedFinder | None = None) -> Objects:
    finder = finder or BleedFinder()
    volume = volume_of(soft(study))
    found = finder.find(volume)
    seg = segmentation(volume, found, finder, NOW) if found.positive else None
    return volume, seg, report(volume, found, finder, NOW, seg)


@pytest.fixture
def objects(bleed: list[Dataset]) -> Objects:
    return made(bleed)


def test_each_frame_lies_on_the_slice_that_it_names(objects: Objects, tmp_path: Path) -> None:
    volume, seg, _ = objects
    assert seg is not None
    (tmp_path / "seg.dcm").write_bytes(encoded(seg))
    read = hd.seg.segread(tmp_path / "seg.dcm")
    mask = BleedFinder().find(volume).mask
    used = [ds for ds, one in zip(volume.headers, mask, strict=True) if one.any()]
    assert read.NumberOfFrames == len(used) < len(volume.headers)
    back = read.get_pixels_by_source_instance([ds.SOPInstanceUID for ds in volume.headers],
                                              ignore_spatial_locations=True,
                                              assert_missing_frames_are_empty=True)  # fmt: skip
    assert np.array_equal(back[..., 0].astype(bool), mask)
    sources = {ds.SOPInstanceUID: ds for ds in used}
    for group in read.PerFrameFunctionalGroupsSequence:
        named = group.DerivationImageSequence[0].SourceImageSequence[0]
        ds = sources.pop(named.ReferencedSOPInstanceUID)  # each once
        place = group.PlanePositionSequence[0].ImagePositionPatient
        assert np.allclose(np.array(place, float), np.array(ds.ImagePositionPatient, float))


def test_the_results_belong_to_patient_study_and_order_of_the_images(objects: Objects) -> None:
    volume, seg, sr = objects
    for result in (seg, sr):
        assert result is not None
        for keyword in ("PatientID", "IssuerOfPatientID", "StudyInstanceUID", "AccessionNumber"):
            assert result[keyword].value == volume.headers[0][keyword].value
        assert result.SeriesInstanceUID != volume.headers[0].SeriesInstanceUID
        assert "NOT REVIEWED" in result.SeriesDescription


def test_the_report_is_preliminary_and_names_its_maker(objects: Objects) -> None:
    _, seg, sr = objects
    assert seg is not None
    flags = (sr.CompletionFlag, sr.VerificationFlag, sr.PreliminaryFlag)
    assert flags == ("COMPLETE", "UNVERIFIED", "PRELIMINARY")
    text = str(sr)
    assert sr.ContentTemplateSequence[0].TemplateIdentifier == "1500"
    for said in ("labkit bleed finder", BleedFinder().version, "1386000", "52101004"):
        assert said in text
    assert seg.SegmentSequence[0].TrackingUID == read_report(sr).tracking
    assert {uid for _, uid in read_report(sr).images} >= {seg.SOPInstanceUID}


def test_the_report_can_be_read_by_others(objects: Objects, tmp_path: Path) -> None:
    _, seg, sr = objects
    assert seg is not None
    (tmp_path / "sr.dcm").write_bytes(encoded(sr))
    content = hd.sr.srread(tmp_path / "sr.dcm").content
    (group,) = content.get_volumetric_roi_measurement_groups()
    assert group.tracking_uid == seg.SegmentSequence[0].TrackingUID
    assert seg.SOPInstanceUID in str(group.referenced_segment)
    values = {m.name.meaning: (m.value, m.unit.value) for m in group.get_measurements()}
    assert values["Volume"] == (pytest.approx(16.59, abs=0.01), "mL")


def test_nothing_found_is_reported(clear: list[Dataset]) -> None:
    volume, seg, sr = made(clear)
    assert seg is None
    told = read_report(sr)
    assert (told.positive, told.volume_ml) == (False, 0.0)
    assert [uid for _, uid in told.images] == [ds.SOPInstanceUID for ds in volume.headers]
    with pytest.raises(UsageError, match="nothing to segment"):
        segmentation(volume, BleedFinder().find(volume), BleedFinder(), NOW)


def test_twice_is_the_same_bytes(bleed: list[Dataset], objects: Objects) -> None:
    _, seg, sr = objects
    _, seg2, sr2 = made(bleed[::-1])
    assert seg is not None
    assert seg2 is not None
    assert encoded(seg) == encoded(seg2)
    assert encoded(sr) == encoded(sr2)


def test_another_version_or_input_is_another_result(bleed: list[Dataset], objects: Objects) -> None:
    _, _, sr = objects
    _, _, other = made(bleed, BleedFinder(low=51.0))
    assert other.SOPInstanceUID != sr.SOPInstanceUID
    _, _, fewer = made(bleed[:-25] + bleed[21:])  # without the last slices of the soft kernel
    assert fewer.SOPInstanceUID != sr.SOPInstanceUID


def test_a_report_of_somebody_else_is_not_read(objects: Objects) -> None:
    from labkit.dicom import sample

    with pytest.raises(DataError, match="does not say"):
        read_report(sample("ct-chest").datasets("SR")[0])


@pytest.mark.parametrize("which", ["seg", "sr", "negative"])
def test_dciodvfy_finds_no_error(
    which: str, objects: Objects, clear: list[Dataset], tmp_path: Path
) -> None:
    scripts = Path(sys.executable).parent
    tool = next(p for p in (scripts / "dciodvfy", scripts / "dciodvfy.exe") if p.exists())
    ds = {"seg": objects[1], "sr": objects[2]}.get(which) or made(clear)[2]
    path = tmp_path / "made.dcm"
    path.write_bytes(encoded(ds))
    assert dcmread(path).SOPInstanceUID == ds.SOPInstanceUID
    done = subprocess.run([tool, str(path)], capture_output=True, text=True, check=False)
    assert str(ds.SOPClassUID.name).split()[0] in done.stderr  # it knows what it looks at
    assert "Error" not in done.stdout + done.stderr
