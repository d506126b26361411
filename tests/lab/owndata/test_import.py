"""``labkit import`` of files: what comes in, what does not, and that nothing of the person does."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pydicom import dcmread
from typer.testing import CliRunner

from labkit.cli import app
from labkit.common.errors import DataError, LabError, LabkitError, UsageError
from labkit.dicom import sample
from labkit.lab import Lab
from labkit.lab.owndata import delivery, staging
from labkit.lab.owndata.index import Index
from labkit.lab.owndata.shown import PHRASE
from labkit.lab.workspace import Workspace
from tests.lab.owndata.studies import ACCESSION, NAME, PATIENT, SECRETS, STUDY, knee, slice_of


@pytest.fixture
def own(lab: Lab, lab_workspace: Path) -> Iterator[Index]:
    """The index of a lab in its first state, without studies."""
    index = Index(Workspace(lab_workspace))
    for entry in list(index):
        index.remove(entry.name)
    yield index
    lab.use(None)  # other tests have the same lab


def run(*words: str | Path) -> tuple[int, str, str]:
    done = CliRunner().invoke(app, ["import", *map(str, words)])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.stdout, done.stderr


def told(*words: str | Path) -> tuple[int, dict[str, Any]]:
    code, out, _ = run(*words, "--yes", "--json")
    return code, json.loads(out)


def held_by_archive(lab: Lab, index: Index, name: str) -> set[str]:
    return delivery.present(lab.archive, index.named(name).StudyInstanceUID)


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


def test_what_cannot_be_read_is_counted_and_named(own: Index, tmp_path: Path) -> None:
    paths = knee(tmp_path / "in")
    data = paths[0].read_bytes()
    paths[0].write_bytes(data[:-500])  # its header is whole, and there is no other copy
    (tmp_path / "in" / "cut").write_bytes(data[:300])
    copy = paths[1].with_name("A-COPY")
    copy.write_bytes(paths[1].read_bytes()[:-500])  # comes first; the whole one is taken
    code, _, err = run(tmp_path / "in", "--as", "knee", "--yes")
    assert code == 2
    assert f"unreadable: {paths[0]}" in err and "cut: it is" in err
    assert "1 file with an object that was there already" in err
    assert own.named("knee").instances == 6 and own.named("knee").unreadable == 1
    paths[0].write_bytes(data)
    (tmp_path / "in" / "cut").unlink()
    assert told(tmp_path / "in", "--as", "knee")[0] == 0
    assert own.named("knee").instances == 7


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


@pytest.mark.parametrize(
    ("words", "error", "says"),
    [
        (["--as", "Mr Smith"], UsageError, "no name for a study"),
        (["--as", "ct-head"], UsageError, "is a sample study"),
        ([], UsageError, "under which name"),
        (["--as", "x", "--to", "ROUTER"], UsageError, "Nothing is imported into ROUTER"),
        (["--as", "x", "--to", "LEGACY", "--web"], UsageError, "by STOW-RS"),
        (["--as", "x", "--options", "retain-everything"], UsageError, "no option"),
        (["--as", "x", "--review", "there"], UsageError, "images that were cleaned"),
        (["--as", "x", "--keep-identity"], UsageError, "keeping identities was not confirmed"),
        (["--as", "x", "--keep-identity", "--confirm", "yes"], UsageError, "not confirmed"),
    ],
)  # fmt: skip
def test_words_that_cannot_be(
    words: list[str], error: type[LabkitError], says: str, own: Index, tmp_path: Path
) -> None:
    knee(tmp_path / "in")
    with pytest.raises(error, match=says) as caught:
        run(tmp_path / "in", *words, "--yes")
    assert caught.value.remedy
    assert not list(own)


def test_nobody_to_ask_nothing_there_and_two_in_one(own: Index, tmp_path: Path) -> None:
    knee(tmp_path / "in")
    with pytest.raises(UsageError, match="nobody is here to ask"):
        run(tmp_path / "in", "--as", "x")
    with pytest.raises(UsageError, match="All of a server"):
        run("aet://A@127.0.0.1:104", "--as", "x", "--yes")
    with pytest.raises(UsageError, match="There is no"):
        run(tmp_path / "nowhere", "--as", "x", "--yes")
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "readme").write_text("no image")
    with pytest.raises(DataError, match="no DICOM study") as caught:
        run(tmp_path / "empty", "--as", "x", "--yes")
    assert "1 files are no DICOM" in caught.value.remedy
    slice_of(9, 1, patient="KL-999").save_as(tmp_path / "in" / "stray", enforce_file_format=True)
    with pytest.raises(DataError, match="objects of 2 patients"):
        run(tmp_path / "in", "--as", "x", "--yes")
    assert told(tmp_path / "in", "--as", "x", "--patient", PATIENT)[0] == 0
    assert own.named("x").instances == 7


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


def test_it_goes_on_after_a_full_disk_and_a_lost_archive(
    own: Index, lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    knee(tmp_path / "in")
    make = staging.tempfile.mkstemp
    calls = []

    def full(*words: Any, **more: Any) -> Any:
        calls.append(1)
        if len(calls) > 3:
            raise OSError(28, "No space left on device")
        return make(*words, **more)

    with monkeypatch.context() as patch:
        patch.setattr(staging.tempfile, "mkstemp", lambda *w, **m: full(*w, **m)
                      if "objects" in str(m.get("dir")) else make(*w, **m))  # fmt: skip
        with pytest.raises(LabError, match="is full"):
            run(tmp_path / "in", "--as", "knee", "--yes")
    assert own.named("knee").state == "importing" and len(own.files("knee")) == 3
    with pytest.raises(UsageError, match="not brought in to the end"):
        lab.use("knee")
    assert "not complete" in run("--list")[1]
    lab.stop_node("ARCHIVE")
    try:
        with pytest.raises(LabkitError):
            run(tmp_path / "in", "--as", "knee", "--yes")
    finally:
        lab.start_node("ARCHIVE")
    assert len(own.files("knee")) == 7
    assert told(tmp_path / "in", "--as", "knee")[0] == 0
    assert len(held_by_archive(lab, own, "knee")) == 7


def test_it_goes_on_after_a_kill(own: Index, lab: Lab, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for number in range(1, 61):
        slice_of(2, number).save_as(folder / f"{number:03}", enforce_file_format=True)
    words = [sys.executable, "-m", "labkit", "import", str(folder), "--as", "knee", "--yes"]
    done = subprocess.Popen(words, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    _until(lambda: len(own.files("knee")) >= 3 or done.poll() is not None)
    done.send_signal(signal.SIGKILL if os.name == "posix" else signal.SIGTERM)
    assert done.wait() != 0
    assert len(own.files("knee")) < 60 and own.named("knee").state == "importing"
    before = {path: path.stat().st_mtime_ns for path in own.files("knee")}
    assert told(folder, "--as", "knee")[0] == 0
    assert {path: path.stat().st_mtime_ns for path in before} == before  # not written again
    assert len(held_by_archive(lab, own, "knee")) == own.named("knee").instances == 60
    assert not list(own.objects("knee").glob(".part-*"))


def _until(happens: Callable[[], bool]) -> None:
    limit = time.monotonic() + 120
    while not happens():
        assert time.monotonic() < limit
        time.sleep(0.005)


def test_another_object_than_was_sent_is_found(own: Index, lab: Lab, tmp_path: Path) -> None:
    knee(tmp_path / "in")
    told(tmp_path / "in", "--as", "knee")
    found = delivery.rows(own.files("knee"))
    assert delivery.verify(lab.archive, found) == own.named("knee").digest
    ds = dcmread(found[0].path)
    ds.PixelData = bytes(len(ds.PixelData))
    ds.save_as(found[0].path)
    with pytest.raises(LabError, match="1 are other than they were"):
        delivery.verify(lab.archive, found)
    lab.withdraw("ARCHIVE", [dcmread(found[1].path)])
    with pytest.raises(LabError, match="1 are missing and 1 are"):
        delivery.verify(lab.archive, found)


def test_one_import_at_a_time(own: Index, tmp_path: Path) -> None:
    knee(tmp_path / "in")
    with own.alone(), pytest.raises(LabError, match="Another import works"):
        run(tmp_path / "in", "--as", "knee", "--yes")


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
