"""``labkit import`` of files: what comes in, what does not, and that nothing of the person does."""

from __future__ import annotations

import json
import stat
import sys
from pathlib import Path

import pytest
from pydicom import dcmread
from typer.testing import CliRunner

from labkit.cli import app
from labkit.common.errors import DataError, LabError, UsageError
from labkit.dicom import sample
from labkit.lab import Lab
from labkit.lab.owndata import delivery
from labkit.lab.owndata.index import Index
from labkit.lab.owndata.shown import PHRASE
from tests.lab.owndata.bringing import held_by_archive, run, told
from tests.lab.owndata.studies import ACCESSION, NAME, PATIENT, SECRETS, STUDY, knee, slice_of


def test_a_folder_comes_in_without_the_person(own: Index, lab: Lab, tmp_path: Path) -> None:
    files = knee(tmp_path / "in")
    (tmp_path / "in" / "note.txt").write_text("PATIENT NOTES")
    code, said = told(tmp_path / "in", "--as", "knee")
    assert code == 0
    (entry,) = said["studies"]
    assert (entry["instances"], entry["identity"], entry["state"]) == (7, "removed", "complete")
    assert len(entry["digest"]) == 64
    assert len(held_by_archive(lab, own, "knee")) == 7
    for path in [p for p in own.folder.rglob("*") if p.is_file()]:
        data = path.read_bytes()
        for secret in SECRETS:
            assert secret.encode("iso8859_5") not in data, (path, secret)
            assert secret.encode("utf-8") not in data, (path, secret)
    assert not any(secret in json.dumps(said, ensure_ascii=False) for secret in SECRETS)
    if sys.platform != "win32":
        assert stat.S_IMODE(own.folder.stat().st_mode) == 0o700
        assert stat.S_IMODE(own.key.stat().st_mode) == 0o600
    original = dcmread(files[0])
    pixels = {dcmread(path).PixelData for path in own.files("knee")}
    assert original.PixelData in pixels  # the picture is what it was
    study = lab.use("knee")
    assert study is not None and study.own
    assert all(ds.PatientIdentityRemoved == "YES" for ds in study.datasets())
    assert all(ds.StudyDate not in ("", "20250317") for ds in study.datasets())


def test_the_same_again_doubles_nothing_and_repairs(own: Index, lab: Lab, tmp_path: Path) -> None:
    knee(tmp_path / "in")
    first = told(tmp_path / "in", "--as", "knee")
    assert told(tmp_path / "in", "--as", "knee") == first
    assert [entry.name for entry in own] == ["knee"]
    lab.withdraw("ARCHIVE", [dcmread(own.files("knee")[3])])
    own.files("knee")[0].unlink()
    assert told(tmp_path / "in", "--as", "knee") == first
    assert len(held_by_archive(lab, own, "knee")) == 7
    with pytest.raises(UsageError, match="here already: it is called knee"):
        run(tmp_path / "in", "--as", "other", "--yes")
    knee(tmp_path / "second", study="1.2.3")
    with pytest.raises(UsageError, match="knee is another study"):
        run(tmp_path / "second", "--as", "knee", "--yes")
    with pytest.raises(UsageError, match="was brought into ARCHIVE with Basic Profile"):
        run(tmp_path / "in", "--as", "knee", "--yes", "--options", "basic")


def test_a_reset_takes_it_from_the_archive_and_use_puts_it_back(
    own: Index, lab: Lab, tmp_path: Path
) -> None:
    knee(tmp_path / "in")
    told(tmp_path / "in", "--as", "knee")
    lab.reset()
    assert held_by_archive(lab, own, "knee") == set()
    assert lab.study("ct-head").StudyInstanceUID == sample("ct-head").study_uid
    used = lab.use("knee")
    assert used is not None and lab.study("ct-head") == used
    assert len(held_by_archive(lab, own, "knee")) == 7
    assert [len(paths) for paths in used.series.values()] == [5, 2]
    assert [ds.InstanceNumber for ds in used.pictures()] == [1, 2, 3, 4, 5]
    assert (used.near(3), used.near(14)) == (3, 2)
    assert used.PatientID not in ("", PATIENT) and used.AccessionNumber not in ("", ACCESSION)
    with pytest.raises(UsageError, match="has no file of modality CT"):
        used.paths("CT")
    lab.use(None)
    assert not lab.study("ct-head").own
    code, out, _ = run("--list")
    assert code == 0 and "knee" in out and "ARCHIVE" in out
    run("--remove", "knee")
    assert not list(own) and not own.objects("knee").exists()
    with pytest.raises(UsageError, match="No study of your own is called 'knee'"):
        lab.use("knee")


def test_a_sample_as_a_lesson_takes_it(lab: Lab) -> None:
    study = lab.study("ct-head")
    slices = sample("ct-head").datasets("CT")
    assert [ds.SOPInstanceUID for ds in study.pictures()] == [ds.SOPInstanceUID for ds in slices]
    assert study.files == sample("ct-head").files and study.near(14) == 14
    with pytest.raises(UsageError, match="did you mean"):
        lab.study("ct-hed")


def test_the_variable_names_one_for_every_notebook(
    own: Index, lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from labkit.lab import open_lab

    knee(tmp_path / "in")
    told(tmp_path / "in", "--as", "knee")
    monkeypatch.setenv("LABKIT_STUDY", "knee")
    again = open_lab()
    assert again.study("ct-head").own
    again.use(None)
    assert not again.study("ct-head").own


def test_several_studies_have_numbers(own: Index, tmp_path: Path) -> None:
    knee(tmp_path / "in" / "a", study="1.2.3.1")
    knee(tmp_path / "in" / "b", study="1.2.3.2", patient="KL-2")
    assert [
        e["name"] for e in told(tmp_path / "in", "--as", "mine", "--limit", "1")[1]["studies"]
    ] == ["mine"]
    assert [e["name"] for e in told(tmp_path / "in", "--as", "mine")[1]["studies"]] == [
        "mine",
        "mine-2",
    ]
    a, b = own.named("mine"), own.named("mine-2")
    assert a.PatientID != b.PatientID
    for words in (["--patient", "KL-2"], ["--study", "1.2.3.2"]):
        assert len(told(tmp_path / "in", "--as", "mine", *words)[1]["studies"]) == 1
    with pytest.raises(DataError, match="no DICOM study of that kind"):
        run(tmp_path / "in", "--as", "mine", "--accession", "NOBODYS", "--yes")


def test_a_head_is_held_and_comes_in_when_a_person_has_looked(own: Index, tmp_path: Path) -> None:
    head = slice_of(2, 1, study="1.2.3.4")
    head.BodyPartExamined, head.StudyDescription = "HEAD", "MR HEAD"
    (tmp_path / "in").mkdir()
    head.save_as(tmp_path / "in" / "1", enforce_file_format=True)
    code, _, err = run(tmp_path / "in", "--as", "head", "--yes")
    assert code == 2
    assert "1 object held for review: slices of a head show a face" in err
    assert "labkit review review" in err and not list(own)
    (tmp_path / "seen").write_text(str(head.SOPInstanceUID))
    code, said = told(tmp_path / "in", "--as", "head", "--reviewed", tmp_path / "seen")
    assert code == 0 and said["studies"][0]["instances"] == 1


def test_identities_are_kept_only_by_a_sentence(own: Index, lab: Lab, tmp_path: Path) -> None:
    knee(tmp_path / "in")
    code, said = told(tmp_path / "in", "--as", "knee", "--keep-identity", "--confirm", PHRASE)
    assert code == 0 and said["studies"][0]["identity"] == "kept"
    used = lab.use("knee")
    assert used is not None and used.StudyInstanceUID == STUDY
    assert str(used.datasets()[0].PatientName) == NAME
    assert "IDENTITY KEPT" in run("--list")[1]
    # A study of the lab itself is not taken for an import, which --remove would take away.
    with pytest.raises(UsageError, match="has this study already"):
        run(sample("dx-hand").files[0], "--as", "x", "--yes", "--keep-identity",
            "--confirm", PHRASE)  # fmt: skip
    assert own.get("x") is None


def test_into_the_old_archive_and_by_stow(own: Index, lab: Lab, tmp_path: Path) -> None:
    knee(tmp_path / "in")
    assert told(tmp_path / "in", "--as", "knee", "--to", "legacy")[0] == 0
    assert len(delivery.present(lab.legacy, own.named("knee").StudyInstanceUID)) == 7
    run("--remove", "knee")
    assert delivery.present(lab.legacy, own.key and STUDY) == set()
    assert told(tmp_path / "in", "--as", "knee", "--web")[0] == 0
    assert len(held_by_archive(lab, own, "knee")) == 7


def test_held_pictures_come_in_cleaned_when_a_person_has_accepted_them(
    own: Index, tmp_path: Path
) -> None:
    place = tmp_path / "in"
    place.mkdir()
    for path in (*knee(tmp_path / "more")[:1], *sample("us-thyroid").files[:1]):
        ds = dcmread(path)
        ds.StudyInstanceUID, ds.PatientID = "1.2.3.5", "KL-1"
        ds.save_as(place / path.name)
    code, _, err = run(place, "--as", "mine", "--yes")
    assert code == 2 and own.named("mine").instances == 1
    lines = [line.strip().split() for line in err.splitlines() if line.startswith("  labkit")]
    assert [words[:3] for words in lines] == [
        ["labkit", "import", "--remove"], ["labkit", "import", str(place)],
        ["labkit", "review", "review"],
    ]  # fmt: skip
    review = tmp_path / "review"
    again = [str(review) if word == "review" else word for word in lines[1][2:]]
    run(*lines[0][2:])
    assert run(*again, "--yes")[0] == 2
    done = CliRunner().invoke(app, ["review", str(review), "--accept", "all", "--by", "Ada"])
    assert done.exit_code == 0, done.output
    assert run(*again, "--yes")[0] == 0
    assert own.named("mine").instances == 2


def test_a_notebook_that_would_be_saved_does_not_get_kept_identities(
    own: Index, lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from labkit.lab.own import privacy

    knee(tmp_path / "in")
    told(tmp_path / "in", "--as", "named", "--keep-identity", "--confirm", PHRASE)
    knee(tmp_path / "other", study="1.2.3.6")
    told(tmp_path / "other", "--as", "knee")
    monkeypatch.setattr(privacy, "_kernel_shell", object)  # a kernel without the save hook
    with pytest.raises(LabError, match="would be saved"):
        lab.use("named")
    assert lab.in_use == ""
    used = lab.use("knee")  # de-identified: it may
    assert used is not None and lab.in_use == "knee"
