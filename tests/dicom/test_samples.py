"""The sample data as lessons see them."""

import hashlib

import pytest
from pydicom import dcmread

from labkit.common.errors import DataError, UsageError
from labkit.dicom import orders, patients, real_file, real_files, sample, samples, studies


def test_a_study_by_its_slug() -> None:
    study = sample("ct-head")
    assert study.accession == "NG2600101"
    assert study.preloaded_in == ("ARCHIVE",)
    assert "files" not in repr(study)


def test_unknown_slug_names_close_ones() -> None:
    with pytest.raises(UsageError, match="ct-head"):
        sample("cthead")
    with pytest.raises(UsageError, match="CT_small"):
        real_file("CT_smal")


def test_two_persons_share_an_id_but_not_an_issuer() -> None:
    same = [p for p in patients() if p.patient_id == "1001234"]
    assert len({p.name for p in same}) == len({p.issuer for p in same}) == 2


def test_every_study_has_its_patient_and_place() -> None:
    known = {p.slug: p for p in patients()}
    for study in studies():
        assert known[study.patient].patient_id == study.patient_id
        assert set(study.preloaded_in) <= {"ARCHIVE", "LEGACY"}
        assert len(study.study_uid) <= 64
    assert [s.slug for s in studies() if not s.preloaded_in]


def test_orders_are_worklist_items() -> None:
    for order in orders():
        ds = order.dataset()
        step = ds.ScheduledProcedureStepSequence[0]
        assert step.ScheduledProcedureStepStartDate >= "20260115"
        assert ds.AccessionNumber and ds.StudyInstanceUID and step.Modality
        if order.study:
            assert sample(order.study).study_uid == ds.StudyInstanceUID
            assert sample(order.study).accession == ds.AccessionNumber


def test_real_files_are_part_10_and_local() -> None:
    found = real_files()
    assert len(found) > 60
    assert dcmread(real_file("CT_small")).Modality == "CT"


def test_without_the_folder_the_error_says_how_to_make_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(samples, "_PLACES", ())
    with pytest.raises(DataError, match=r"labkit\.dicom\.stories"):
        samples.folder()


def test_manifest_has_every_file_with_its_digest() -> None:
    about = samples.manifest()["files"]
    base = samples.folder()
    assert {p.relative_to(base).as_posix() for p in base.rglob("*.dcm")} == set(about)
    for name, entry in about.items():
        assert hashlib.sha256((base / name).read_bytes()).hexdigest() == entry["sha256"], name
