"""Discs, whole and damaged."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from pydicom import DataElement, config, dcmread

from labkit.common.errors import UsageError
from labkit.dicom.samples import sample
from labkit.exchange.media import Medium, read_medium
from tests.exchange.media.conftest import Burn

DISC = ("cr-chest-prior", "nm-bone")


def kinds(medium: Medium) -> list[str]:
    return sorted(problem.kind for problem in medium.problems)


def rewrite(folder: Path, number: int, file_id: list[str] | str) -> None:
    """Change a File ID to one that no writer would make."""
    path = folder / "DICOMDIR"
    ds = dcmread(path)
    found = [r for r in ds.DirectoryRecordSequence if "ReferencedFileID" in r]
    found[number][0x00041500] = DataElement(
        0x00041500, "CS", file_id, validation_mode=config.IGNORE
    )
    ds.save_as(path)


def test_a_whole_disc(burn: Burn) -> None:
    medium = read_medium(burn(DISC))
    assert medium.problems == ()
    assert set(medium.studies) == {sample(slug).study_uid for slug in DISC}
    assert all(file.listed for file in medium.files)


def test_a_viewer_and_a_leaflet_are_no_problem(burn: Burn) -> None:
    folder = burn(DISC)
    (folder / "autorun.inf").write_text("[autorun]", "utf-8")
    (folder / "VIEWER").mkdir()
    (folder / "VIEWER" / "viewer.exe").write_bytes(b"MZ" + bytes(4000))
    assert read_medium(folder).problems == ()


def test_a_missing_file_is_told_and_the_others_read(burn: Burn) -> None:
    folder = burn(DISC)
    read_medium(folder).files[0].path.unlink()
    medium = read_medium(folder)
    assert kinds(medium) == ["missing"] and len(medium.files) == 1


def test_names_in_lower_case_are_found(burn: Burn) -> None:
    """As a disc looks on many systems once it is mounted."""
    folder = burn(DISC)
    lower = folder.with_name("mounted")
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            target = lower / path.relative_to(folder).as_posix().lower()
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, target)
    medium = read_medium(lower)
    assert set(kinds(medium)) == {"case"} and len(medium.files) == 2


@pytest.mark.parametrize(
    "file_id",
    [["..", "SECRET"], ["", "etc", "passwd"], "/etc/passwd", ["C:", "IMAGE"], ["A/../.."]],
)
def test_a_file_id_that_leads_off_the_medium_is_not_followed(
    burn: Burn, tmp_path: Path, file_id: list[str] | str
) -> None:
    folder = burn(DISC)
    shutil.copy(sample("dx-chest").paths()[0], tmp_path / "SECRET")
    rewrite(folder, 0, file_id)
    medium = read_medium(folder)
    assert "outside" in kinds(medium)
    assert sample("dx-chest").study_uid not in medium.studies
    assert len(medium.files) == 2  # the file itself is there, and found without being named


def test_a_link_that_leads_off_the_medium_is_not_followed(burn: Burn, tmp_path: Path) -> None:
    folder = burn(DISC)
    (folder / "EXTRA").symlink_to(sample("dx-chest").paths()[0])
    (folder / "MORE").symlink_to(sample("ct-head").paths()[0].parent)
    medium = read_medium(folder)
    assert kinds(medium) == ["outside"] and len(medium.files) == 2


def test_no_dicomdir_at_all(burn: Burn) -> None:
    folder = burn(DISC)
    (folder / "DICOMDIR").unlink()
    medium = read_medium(folder)
    assert kinds(medium) == ["no DICOMDIR"] and len(medium.files) == 2


@pytest.mark.parametrize("damage", ["cut", "text", "image"])
def test_a_damaged_dicomdir_hides_nothing(burn: Burn, damage: str) -> None:
    folder = burn(DISC)
    path = folder / "DICOMDIR"
    if damage == "cut":
        path.write_bytes(path.read_bytes()[:300])
    elif damage == "text":
        path.write_text("see the folder IMAGES", "utf-8")
    else:
        shutil.copy(sample("dx-chest").paths()[0], path)
    medium = read_medium(folder)
    assert "damaged DICOMDIR" in kinds(medium) and len(medium.files) == 2


def test_records_that_go_round_in_a_circle_end(burn: Burn) -> None:
    folder = burn(DISC)
    path = folder / "DICOMDIR"
    ds = dcmread(path)
    first = ds.DirectoryRecordSequence[0]
    first.OffsetOfTheNextDirectoryRecord = first.seq_item_tell
    ds.save_as(path)
    assert len(read_medium(folder).files) == 2


def test_a_file_that_is_another_object_than_the_dicomdir_says(burn: Burn) -> None:
    folder = burn(DISC)
    target = read_medium(folder).files[0].path
    shutil.copy(sample("dx-chest").paths()[0], target)
    medium = read_medium(folder)
    assert kinds(medium) == ["differs"]
    assert sample("dx-chest").study_uid in medium.studies  # what the file is counts


def test_unlisted_duplicate_and_unreadable_files(burn: Burn) -> None:
    folder = burn(DISC)
    one, two = read_medium(folder).files
    shutil.copy(one.path, folder / "COPY")
    shutil.copy(sample("dx-chest").paths()[0], folder / "LATE")
    data = two.path.read_bytes()
    two.path.write_bytes(data[:200])
    medium = read_medium(folder)
    assert kinds(medium) == ["duplicate", "unlisted", "unreadable"]
    assert {file.listed for file in medium.files} == {True, False}


def test_what_is_no_disc_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no folder"):
        read_medium(tmp_path / "none")
    assert read_medium(tmp_path).files == ()
