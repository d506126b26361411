"""The files of the sample data: valid, varied, small, and what the stories say they are."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread
from pydicom import uid as uids

from labkit.dicom import (
    hounsfield,
    modality_values,
    patient_point,
    pixel_spacing,
    rendered,
    sample,
    samples,
    sort_slices,
    stored_values,
    studies,
    tree,
    unit,
)
from labkit.dicom.geometry import slice_position
from labkit.dicom.stories.lungs import Nodule

FILES = {name: samples.folder() / name for name in samples.manifest()["files"]}

#: Files that dciodvfy has to complain about, each with its complaint: broken on purpose.
BROKEN = {
    "ct-no-spacing/ct-001.dcm": {"PixelSpacing", "ImagePositionPatient", "ImageOrientationPatient"},
}


def dciodvfy(name: str, scratch: Path) -> list[str]:
    """Return the errors that dicom3tools' validator finds in one file."""
    path = FILES[name]
    ds = dcmread(path)
    if ds.file_meta.TransferSyntaxUID.is_deflated:  # which dicom3tools cannot read
        path = scratch / name.replace("/", "-")
        ds.file_meta.TransferSyntaxUID = uids.ExplicitVRLittleEndian
        ds.save_as(path)
    scripts = Path(sys.executable).parent
    tool = next(p for p in (scripts / "dciodvfy", scripts / "dciodvfy.exe") if p.exists())
    done = subprocess.run([tool, str(path)], capture_output=True, text=True, errors="replace")
    assert ds.SOPClassUID.name.split()[0] and done.stdout + done.stderr  # it names the IOD
    return [line for line in (done.stdout + done.stderr).splitlines() if "Error" in line]


def test_every_file_is_valid_except_those_broken_on_purpose(tmp_path: Path) -> None:
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        found = dict(zip(FILES, pool.map(lambda n: dciodvfy(n, tmp_path), FILES), strict=True))
    for name, errors in found.items():
        expected = BROKEN.get(name, set())
        surprises = [line for line in errors if not any(f"<{word}>" in line for word in expected)]
        assert not surprises, (name, surprises)
        assert {w for w in expected if any(f"<{w}>" in line for line in errors)} == expected


def test_what_is_broken_is_listed_with_its_reason() -> None:
    assert {name.split("/")[0] for name in BROKEN} <= {s.slug for s in studies() if s.broken}
    assert sum(bool(s.broken) for s in studies()) <= 6


def test_the_variety_that_lessons_need() -> None:
    headers = [dcmread(p, stop_before_pixels=True) for p in FILES.values()]
    assert len({s.patient for s in studies()}) >= 8
    assert len(studies()) >= 12
    assert len({ds.Modality for ds in headers}) >= 14
    assert len({ds.file_meta.TransferSyntaxUID for ds in headers}) >= 7
    photometric = {ds.get("PhotometricInterpretation") for ds in headers}
    assert photometric >= {"MONOCHROME1", "MONOCHROME2", "PALETTE COLOR", "YBR_FULL_422"}
    charsets = {str(ds.get("SpecificCharacterSet")) for ds in headers}
    assert charsets >= {"ISO_IR 100", "ISO_IR 192", "['', 'ISO 2022 IR 87']"}


def test_it_is_small_enough_for_git() -> None:
    assert sum(p.stat().st_size for p in FILES.values()) < 8.5 * 1024**2


def test_headers_agree_with_the_manifest_and_the_order() -> None:
    for study in studies():
        for ds in study.datasets():
            assert (ds.PatientID, ds.IssuerOfPatientID) == (study.patient_id, study.issuer)
            assert (ds.StudyInstanceUID, ds.AccessionNumber) == (study.study_uid, study.accession)
            assert str(ds.PatientName) == study.patient_name or study.slug == "cr-wrist"
            for request in ds.get("RequestAttributesSequence", []):
                assert request.AccessionNumber == study.accession
                assert request.StudyInstanceUID == study.study_uid
            for element in ds.iterall():
                if element.VR == "UI":
                    for value in [element.value] if element.VM == 1 else element.value or []:
                        assert str(value).startswith(("2.25.", "1.2.840.10008.")), element


def test_uids_are_unique() -> None:
    instances = [dcmread(p, stop_before_pixels=True).SOPInstanceUID for p in FILES.values()]
    assert len(set(instances)) == len(instances)


def test_the_tree_of_the_folder_has_every_study() -> None:
    found = tree(samples.folder())
    assert {s.uid for s in found.studies} == {s.study_uid for s in studies()}
    assert len(found.patients) == len({s.patient for s in studies()})
    assert {path.name for path, _ in found.skipped} <= {"README.md", "manifest.json"}


def test_every_image_can_be_shown() -> None:
    for name, path in FILES.items():
        ds = dcmread(path)
        if "PixelData" in ds:
            picture = rendered(ds, frame=int(ds.get("NumberOfFrames", 1)) // 2)
            assert picture.max() > 60 and picture.std() > 1, name


def test_hu_of_the_head() -> None:
    slices = sort_slices(sample("ct-head").datasets("CT"))
    assert len(slices) == 40
    steps = np.diff([slice_position(ds) for ds in slices])
    assert np.allclose(steps, 3.6, atol=1e-3)  # the thickness, though the table moves 3.75 mm
    middle = slices[14]
    hu = hounsfield(middle)
    assert middle.RescaleIntercept == -1024 and middle.PixelRepresentation == 0
    assert hu[2, 2] == -1000
    clot = hu[np.abs(hu - 66) < 12]
    assert clot.size > 1500
    assert 20 < np.median(hu[230:280, 150:190]) < 42  # brain on the other side
    assert (hu > 1000).sum() > 5000  # skull


def test_the_nodule_is_where_the_story_says() -> None:
    best = sample("ct-chest").datasets("CT")[10]
    spacing = pixel_spacing(best)
    corner = patient_point(best, 0, 0)
    x, y, z = Nodule().center
    row = round((y - corner[1]) / spacing.row_mm)
    column = round((x - corner[0]) / spacing.column_mm)
    assert np.allclose(patient_point(best, row, column), [x, y, z], atol=0.6)
    hu = hounsfield(best)
    assert 20 < hu[row - 2 : row + 3, column - 2 : column + 3].mean() < 70
    assert hu[row + 22, column] < -700
    assert hu[0, 0] == best.PixelPaddingValue == -2000


def test_seg_sr_pr_and_ko_point_at_the_same_slices() -> None:
    study = sample("ct-chest")
    ct = {ds.SOPInstanceUID: ds for ds in study.datasets("CT")}
    (seg,), (sr,), (pr,), (ko,) = (study.datasets(m) for m in ("SEG", "SR", "PR", "KO"))
    segmented = {
        i.ReferencedSOPInstanceUID
        for i in seg.ReferencedSeriesSequence[0].ReferencedInstanceSequence
    }
    assert segmented < set(ct) and len(segmented) == 3
    mask = stored_values(seg)
    source = [
        f.DerivationImageSequence[0].SourceImageSequence[0].ReferencedSOPInstanceUID
        for f in seg.PerFrameFunctionalGroupsSequence
    ]
    inside = np.concatenate([hounsfield(ct[u])[m > 0] for u, m in zip(source, mask, strict=True)])
    assert np.median(inside) > 20
    marked = pr.ReferencedSeriesSequence[0].ReferencedImageSequence[0].ReferencedSOPInstanceUID
    assert marked in segmented
    keys = ko.CurrentRequestedProcedureEvidenceSequence[0].ReferencedSeriesSequence[0]
    assert {i.ReferencedSOPInstanceUID for i in keys.ReferencedSOPSequence} == segmented
    numbers = [
        float(e.value[0].NumericValue) for e in sr.iterall() if e.keyword == "MeasuredValueSequence"
    ]
    assert 17.5 < numbers[0] < 19.5  # mm


def test_pet_is_in_becquerels_and_the_nodule_is_hot() -> None:
    slices = sample("pt-chest").datasets("PT")
    hottest = max(slices, key=lambda ds: float(modality_values(ds).max()))
    assert unit(hottest) == "Bq/ml"
    values = modality_values(hottest)
    row, column = np.unravel_index(int(values.argmax()), values.shape)
    assert patient_point(hottest, row, column)[0] < -50  # in the right lung


def test_two_echoes_of_one_position() -> None:
    first, second = sample("mr-brain").datasets("MR")[6:8]
    assert first.ImagePositionPatient == second.ImagePositionPatient
    assert (first.EchoNumbers, second.EchoNumbers) == (1, 2)
    assert modality_values(second).mean() < modality_values(first).mean()


@pytest.mark.parametrize("slug", ["us-heart", "xa-coronary"])
def test_cines_move(slug: str) -> None:
    (ds,) = sample(slug).datasets()
    first, later = (rendered(ds, frame=n).astype(int) for n in (0, 7))
    assert ds.NumberOfFrames == 20 and float(ds.FrameTime) > 0
    assert np.abs(first - later).mean() > 0.8


def test_the_ruined_name_can_be_mended() -> None:
    (ds,) = sample("cr-wrist").datasets()
    assert str(ds.PatientName) == "GrÃ¼nwÃ¤ldchen^JÃ¶rg"
    assert str(ds.PatientName).encode("latin-1").decode("utf-8") == sample("cr-wrist").patient_name


def test_three_ways_of_writing_a_name() -> None:
    (ds,) = sample("us-heart").datasets()
    assert ds.PatientName.ideographic == "曇空^晴"
    assert ds.PatientName.phonetic == "くもりぞら^はる"


def test_one_accession_two_studies() -> None:
    halves = sample("knee-ap"), sample("knee-lateral")
    assert halves[0].accession == halves[1].accession
    assert halves[0].study_uid != halves[1].study_uid
