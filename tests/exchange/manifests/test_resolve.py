"""What is listed and what is there; and what takes the place of a manifest."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian
from starlette.testclient import TestClient

from labkit.common import ALLOW_ALL
from labkit.common.errors import NetworkError, UsageError
from labkit.dicom.rejection import rejection_note
from labkit.dicom.samples import sample
from labkit.dicomweb import ArchiveSource, DicomwebClient, dicomweb_app
from labkit.dimse import Peer
from labkit.exchange.manifests import (
    Location,
    Maker,
    Manifest,
    gather,
    part10,
    read,
    replacement,
    resolve,
    without,
    write,
)
from labkit.exchange.parties import NORTH
from labkit.pacs import Archive, NodeConfig, PacsNode

WEB = "http://dicomweb.test"


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    archive = Archive(tmp_path / "archive")
    yield archive
    archive.close()


@pytest.fixture
def web(archive: Archive) -> Iterator[DicomwebClient]:
    app = TestClient(dicomweb_app(ArchiveSource(archive), ALLOW_ALL, base_url=WEB), base_url=WEB)
    with DicomwebClient(WEB, transport=app._transport) as client:
        yield client


@pytest.fixture
def chest(archive: Archive, when: datetime) -> Manifest:
    """Published when the archive had the whole study."""
    archive.add_files(sample("ct-chest").paths())
    return gather(sample("ct-chest").datasets(), "mado", maker=Maker.of(NORTH, url=WEB), when=when)


def held(archive: Archive, ds: Dataset) -> None:
    """Store a made-up object."""
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.file_meta.MediaStorageSOPClassUID = ds.SOPClassUID
    ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
    path = archive.root / f"{ds.SOPInstanceUID}.dcm"
    ds.save_as(path, enforce_file_format=True)
    archive.add_file(path)


def test_all_of_a_published_study_is_there(chest: Manifest, web: DicomwebClient) -> None:
    found = resolve(chest, urls={f"{WEB}/": web})
    assert found.complete and found.extra == ()
    assert str(found) == "44 listed: 44 available"
    assert found.instances[0].places == (WEB,)


def test_missing_rejected_and_unlisted_objects(
    chest: Manifest, web: DicomwebClient, archive: Archive, when: datetime
) -> None:
    images = sample("ct-chest").datasets("CT")
    archive.remove(images[0].SOPInstanceUID)
    held(archive, rejection_note(images[1:3], "quality", when=when))
    late = sample("ct-chest").datasets("CT")[5]
    late.SOPInstanceUID = "2.25.77"
    held(archive, late)
    held(archive, write(chest))  # the manifest itself, kept beside its study
    found = resolve(chest, web)
    assert found.missing == (images[0].SOPInstanceUID,)
    assert set(found.rejected) == {ds.SOPInstanceUID for ds in images[1:3]}
    assert found.extra == ((late.SeriesInstanceUID, "2.25.77"),)
    assert str(found) == "44 listed: 41 available, 1 missing, 2 rejected; 1 not listed"
    assert found.to_json()["instances"][0]["state"] == "missing"
    note = next(i for i in found.instances if i.state == "rejected")
    assert note.note == "Rejected for Quality Reasons"


def test_an_address_that_nobody_named_is_not_followed(chest: Manifest) -> None:
    found = resolve(chest)
    assert len(found.of_state("unknown")) == 44
    assert {p.where for p in found.problems} == {
        "Retrieve URL (0008,1190)", "Retrieve Location UID (0040,E011)",
    }  # fmt: skip
    assert all("not known here" in p.text for p in found.problems)


def test_by_location_uid_and_by_ae_title(chest: Manifest, web: DicomwebClient) -> None:
    by_uid = resolve(chest, locations={NORTH.images: web})
    assert by_uid.complete and by_uid.instances[0].places == (NORTH.images,)
    titles = Location(ae_titles=("MIRROR", "ARCHIVE"))
    called = replace(chest, series=tuple(replace(s, location=titles) for s in chest.series))
    by_title = resolve(called, ae_titles={"ARCHIVE": web})
    assert by_title.complete
    assert [str(p) for p in by_title.problems] == [
        "Retrieve AE Title (0008,0054): MIRROR is not known here: not asked"
    ]


def test_by_dimse(chest: Manifest, archive: Archive, when: datetime) -> None:
    images = sample("ct-chest").datasets("CT")
    held(archive, rejection_note(images[:1], "patient safety", when=when))
    node = PacsNode(NodeConfig("ARCHIVE"), archive, policy=ALLOW_ALL)
    try:
        found = resolve(chest, Peer("ARCHIVE", "127.0.0.1", node.start()))
    finally:
        node.stop()
    assert found.rejected == (images[0].SOPInstanceUID,)
    assert len(found.available) == 43 and found.extra == ()


def test_a_place_that_is_silent_is_no_proof_of_absence(chest: Manifest) -> None:
    class Silent:
        def held(self, study: str) -> list[Dataset]:
            raise NetworkError("no answer")

        def document(self, study: str, series: str, uid: str) -> None:
            return None

    found = resolve(chest, Silent())
    assert len(found.of_state("unknown")) == 44 and found.missing == ()
    assert "archive: did not answer: no answer" in [str(p) for p in found.problems]


def test_an_object_in_another_series_is_found_and_told(
    chest: Manifest, web: DicomwebClient
) -> None:
    first, *rest = chest.series
    wrong = replace(chest, series=(replace(first, uid="2.25.5"), *rest))
    found = resolve(wrong, web)
    assert found.complete
    assert found.instances[0].note == f"is in series {first.uid} now"


def test_ihe_s_samples_are_resolved(real: Path, archive: Archive, web: DicomwebClient) -> None:
    """Against an archive with made-up objects of those UIDs, but two."""
    told = read(real)
    for number, (study, series, instance) in enumerate(told.references):
        if number in (3, 4):
            continue
        ds = Dataset()
        ds.StudyInstanceUID, ds.SeriesInstanceUID = study, series
        ds.SOPInstanceUID, ds.SOPClassUID = instance.uid, instance.sop_class
        ds.PatientName, ds.PatientID, ds.Modality = "DOE^John", "UV59569735", "CT"
        held(archive, ds)
    found = resolve(told, urls={"https://dicomserver.com/AET/rs": web})
    assert len(found.missing) == 2
    assert len(found.available) == len(told.instance_uids) - 2
    assert found.extra == ()


def test_a_rejection_makes_a_replacement_due(chest: Manifest, when: datetime) -> None:
    images = sample("ct-chest").datasets("CT")
    note = read(rejection_note(images[:2], "quality", when=when))
    after = without(chest, note.instance_uids, when=when + timedelta(hours=1))
    change = replacement(chest, after)
    assert change.needed and change.replaces == chest.uid != after.uid
    assert set(change.removed) == set(note.instance_uids)
    assert str(change) == f"replaces {chest.uid}: 2 removed"
    assert len(read(part10(write(change.manifest))).instance_uids) == 42


def test_what_is_different_is_told(chest: Manifest, when: datetime) -> None:
    late = sample("ct-chest").datasets()
    late[0].SOPInstanceUID = "2.25.77"
    for ds in late:
        ds.PatientName = "Thistlewick^Marigold"
    maker = Maker.of(NORTH, url="http://elsewhere.test")
    after = gather(late, "mado", maker=maker, when=when + timedelta(days=1))
    change = replacement(chest, after)
    assert change.added == ("2.25.77",) and len(change.removed) == 1
    assert len(change.moved) == 43  # they can be had elsewhere now
    assert change.changed == ("patient",)


def test_nothing_different_is_no_replacement(chest: Manifest, when: datetime) -> None:
    again = gather(sample("ct-chest").datasets(), "mado", maker=Maker.of(NORTH, url=WEB),
                   when=when + timedelta(days=1))  # fmt: skip
    assert not replacement(chest, again).needed
    with pytest.raises(UsageError, match="one document"):
        replacement(chest, chest)
    with pytest.raises(UsageError, match="same study"):
        replacement(chest, replace(again, study_uid="2.25.1"))
    with pytest.raises(UsageError, match="Nothing would be left") as caught:
        without(chest, chest.instance_uids, when=when)
    assert "Remove Imaging Document" in caught.value.remedy
