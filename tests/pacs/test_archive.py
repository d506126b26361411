"""The archive on disk: what is kept, what a crash leaves, going back."""

import os
import threading
from pathlib import Path

import pytest
from pydicom import dcmread
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian

from labkit.common.errors import DataError, LabError
from labkit.pacs import Archive, DuplicateSopInstance
from labkit.pacs.part10 import read_object
from tests.pacs.conftest import real

FILES = ("CT_small.dcm", "MR_small.dcm", "JPEG2000.dcm", "SC_rgb_rle.dcm", "image_dfl.dcm")


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    made = Archive(tmp_path / "a")
    for path in real(*FILES):
        made.add_file(path)
    return made


def uids(archive: Archive) -> list[str]:
    return [held.entry.sop_instance_uid for held in archive.stored()]


def changed(tmp_path: Path, name: str = "CT_small.dcm", **values: object) -> Path:
    ds = dcmread(real(name)[0])
    for keyword, value in values.items():
        setattr(ds, keyword, value)
    path = tmp_path / "changed.dcm"
    ds.save_as(path)
    return path


def test_files_are_part_10_with_a_new_meta_information(archive: Archive) -> None:
    for held, source in zip(archive.stored(), real(*FILES), strict=True):
        meta, data = read_object(held.path)
        assert data == read_object(source)[1]
        assert held.entry.size == len(data)
        ds = dcmread(held.path)
        assert ds.file_meta.ImplementationVersionName == "LABKIT_PACS_1"
        assert ds.file_meta.MediaStorageSOPInstanceUID == ds.SOPInstanceUID
        assert meta.transfer_syntax == dcmread(source).file_meta.TransferSyntaxUID


def test_many_files_at_once_are_kept_as_one_by_one(archive: Archive, tmp_path: Path) -> None:
    paths = [*real(*FILES), *real(FILES[0])]
    bulk = Archive(tmp_path / "bulk")
    assert bulk.add_files(paths) == len(FILES)
    assert bulk.add_files(paths) == 0
    assert uids(bulk) == uids(archive)
    for one, other in zip(bulk.stored(), archive.stored(), strict=True):
        assert one.entry == other.entry
        assert one.path.read_bytes() == other.path.read_bytes()
    assert not list((tmp_path / "bulk").rglob("*.part"))
    bulk.close()


def test_the_same_object_again_changes_nothing(archive: Archive) -> None:
    again = archive.add_file(real("CT_small.dcm")[0])
    assert again.outcome == "already stored"
    assert len(uids(archive)) == len(FILES)


def test_the_same_object_in_another_transfer_syntax_is_known(tmp_path: Path) -> None:
    archive = Archive(tmp_path / "a")
    ds = dcmread(real("CT_small.dcm")[0])
    archive.add_file(real("CT_small.dcm")[0])
    ds.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
    ds.save_as(tmp_path / "implicit.dcm", implicit_vr=True, little_endian=True)
    assert archive.add_file(tmp_path / "implicit.dcm").outcome == "already stored"
    compressed = dcmread(real("SC_rgb_rle.dcm")[0])
    archive.add_file(real("SC_rgb_rle.dcm")[0])
    compressed.decompress(as_rgb=False, generate_instance_uid=False)
    compressed.save_as(tmp_path / "plain.dcm")
    assert compressed.file_meta.TransferSyntaxUID == ExplicitVRLittleEndian
    assert archive.add_file(tmp_path / "plain.dcm").outcome == "already stored"


def test_another_object_of_the_same_uid_is_refused_and_the_first_kept(
    archive: Archive, tmp_path: Path
) -> None:
    with pytest.raises(DuplicateSopInstance) as caught:
        archive.add_file(changed(tmp_path, PatientName="Somebody^Else"))
    assert "UID of its own" in caught.value.remedy
    kept = archive.get(dcmread(real("CT_small.dcm")[0]).SOPInstanceUID)
    assert kept is not None
    assert kept.dataset().PatientName == "CompressedSamples^CT1"
    assert list(archive.objects.root.glob("*/*.part")) == []


@pytest.mark.parametrize(
    "keyword", ["StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "SOPClassUID"]
)
def test_an_object_without_its_uids_has_no_place(tmp_path: Path, keyword: str) -> None:
    with pytest.raises(DataError) as caught:
        Archive(tmp_path / "a").add_file(changed(tmp_path, **{keyword: ""}))
    assert keyword in caught.value.message


def test_it_is_found_again_after_closing(archive: Archive, tmp_path: Path) -> None:
    before = uids(archive)
    archive.close()
    assert (tmp_path / "a" / "clean").exists()
    again = Archive(tmp_path / "a")
    assert not (tmp_path / "a" / "clean").exists()
    assert uids(again) == before


def test_after_a_crash_half_objects_go_and_whole_ones_are_entered(
    archive: Archive, tmp_path: Path
) -> None:
    (tmp_path / "a" / "objects" / "00").mkdir(exist_ok=True)
    half = tmp_path / "a" / "objects" / "00" / "1-1.part"
    half.write_bytes(b"half")
    mr = dcmread(real("MR_small.dcm")[0]).SOPInstanceUID
    archive.index.remove(mr)  # as if the power had failed between the disk and the index
    lost = uids(archive)[0]
    archive.objects.path(lost).unlink()
    stray = archive.objects.path("1.2.3")
    stray.parent.mkdir(exist_ok=True)
    stray.write_bytes(b"not DICOM at all")
    again = Archive(tmp_path / "a")  # never closed: the mark "clean" is not there
    assert not half.exists()
    assert mr in uids(again)
    assert lost not in uids(again)
    assert len(uids(again)) == len(FILES) - 1


def test_a_lost_index_is_made_again(archive: Archive, tmp_path: Path) -> None:
    before = set(uids(archive))
    archive.close()
    for path in (tmp_path / "a").glob("index.sqlite*"):
        path.unlink()
    assert set(uids(Archive(tmp_path / "a"))) == before


def test_rebuild_gives_the_same_index(archive: Archive) -> None:
    before = {(e.sop_instance_uid, e.transfer_syntax, e.size) for e in archive.index.entries()}
    archive.rebuild()
    after = {(e.sop_instance_uid, e.transfer_syntax, e.size) for e in archive.index.entries()}
    assert after == before


def test_a_damaged_index_is_put_aside_and_made_again(archive: Archive, tmp_path: Path) -> None:
    before = set(uids(archive))
    archive.close()
    (tmp_path / "a" / "index.sqlite").write_bytes(b"this is no database" * 100)
    assert set(uids(Archive(tmp_path / "a"))) == before
    assert (tmp_path / "a" / "index.sqlite.damaged").exists()


def test_an_index_of_another_version_is_made_again(archive: Archive, tmp_path: Path) -> None:
    before = set(uids(archive))
    with archive.index.reader() as reader:
        reader.execute("PRAGMA user_version = 99")
    archive.close()
    assert set(uids(Archive(tmp_path / "a"))) == before


def test_a_folder_that_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("a file, not a folder")
    with pytest.raises(LabError):
        Archive(tmp_path / "a")


def test_snapshot_and_restore(archive: Archive, tmp_path: Path) -> None:
    seed = tmp_path / "seed"
    archive.snapshot(seed)
    before = uids(archive)
    archive.add_file(changed(tmp_path, SOPInstanceUID="1.2.3"))
    archive.objects.path(before[0]).unlink()
    archive.restore(seed)
    assert uids(archive) == before
    assert archive.get("1.2.3") is None
    assert all(held.dataset() for held in archive.stored())
    assert not archive.objects.path("1.2.3").exists()
    archive.add_file(changed(tmp_path, SOPInstanceUID="1.2.3"))  # and it goes on
    assert len(uids(archive)) == len(FILES) + 1
    archive.snapshot(seed)
    assert len(list((seed / "objects").glob("*/*.dcm"))) == len(FILES) + 1


def test_restore_without_hard_links(
    archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_links(*_: object) -> None:
        raise OSError("not supported")

    monkeypatch.setattr(os, "link", no_links)
    archive.snapshot(tmp_path / "seed")
    first = uids(archive)[0]
    archive.objects.path(first).unlink()
    archive.restore(tmp_path / "seed")
    assert archive.get(first).dataset().SOPInstanceUID == first  # type: ignore[union-attr]


def test_restore_without_a_snapshot(archive: Archive, tmp_path: Path) -> None:
    with pytest.raises(LabError):
        archive.restore(tmp_path / "nowhere")


def test_many_threads_store_and_read_at_once(tmp_path: Path) -> None:
    archive = Archive(tmp_path / "a")
    ds = dcmread(real("MR_small.dcm")[0])
    paths = []
    for number in range(40):
        ds.SOPInstanceUID = f"1.2.{number}"
        paths.append(tmp_path / f"{number}.dcm")
        ds.save_as(paths[-1])
    errors: list[BaseException] = []

    def work(offset: int) -> None:
        try:
            for path in paths[offset:] + paths[:offset]:  # everybody sends everything
                archive.add_file(path)
                held = archive.get(f"1.2.{path.stem}")
                assert held is not None
                assert held.path.exists()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(n * 5,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    assert sorted(uids(archive)) == sorted(f"1.2.{number}" for number in range(40))


def test_uids_from_the_network_never_become_paths(tmp_path: Path) -> None:
    archive = Archive(tmp_path / "a")
    for uid in ("../../etc/passwd", "..", "1.2/../3", "C:\\x", "a" * 300, "", "."):
        path = archive.objects.path(uid)
        assert path.parent.parent == archive.objects.root
        assert path.name.startswith("x")


def test_what_a_later_object_says_fills_in_what_the_first_did_not(tmp_path: Path) -> None:
    archive = Archive(tmp_path / "a")
    first = changed(tmp_path, StudyDescription="", StudyDate="")
    archive.add_file(first)
    archive.add_file(
        changed(tmp_path, SOPInstanceUID="1.2.3", StudyDescription="Head", StudyDate="20260101")
    )
    with archive.index.reader() as reader:
        rows = reader.execute("SELECT q_StudyDescription, q_StudyDate FROM study").fetchall()
    assert rows == [("Head", "20260101")]
