"""Whose images these are here, and what is stored."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from pydicom import Dataset, dcmread
from starlette.testclient import TestClient

from labkit.common import ALLOW_ALL
from labkit.common.errors import UsageError
from labkit.dicom.samples import sample
from labkit.dicomweb import ArchiveSource, DicomwebClient, dicomweb_app
from labkit.dimse import Peer
from labkit.exchange.media import (
    LocalPatient,
    by_dimse,
    by_web,
    carry_out,
    coerce,
    matches,
    patient_of,
    patients_of,
    plan,
    read_medium,
)
from labkit.pacs import Archive, NodeConfig, PacsNode
from tests.exchange.media.conftest import Burn

WEB = "http://dicomweb.test"


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    archive = Archive(tmp_path / "archive")
    yield archive
    archive.close()


@pytest.fixture
def peer(archive: Archive) -> Iterator[Peer]:
    node = PacsNode(NodeConfig("ARCHIVE"), archive, policy=ALLOW_ALL)
    yield Peer("ARCHIVE", "127.0.0.1", node.start())
    node.stop()


@pytest.fixture
def web(archive: Archive) -> Iterator[DicomwebClient]:
    app = TestClient(dicomweb_app(ArchiveSource(archive), ALLOW_ALL, base_url=WEB), base_url=WEB)
    with DicomwebClient(WEB, transport=app._transport) as client:
        yield client


def stored(archive: Archive, slug: str) -> Dataset:
    found = archive.get(sample(slug).datasets()[0].SOPInstanceUID)
    assert found is not None
    return found.dataset()


def test_the_same_person_under_another_id_is_found_by_name_birth_date_and_sex(
    burn: Burn, house: list[LocalPatient]
) -> None:
    (study,) = plan(read_medium(burn(["cr-chest-prior"])), house).studies
    assert study.state == "ready" and study.patient is not None
    assert (study.key, study.patient.id) == ("LK-20871^^^LAKESIDE", "NG-100457")
    assert study.why == "name, birth date and sex"


def test_the_same_id_of_another_hospital_is_a_question(
    burn: Burn, house: list[LocalPatient]
) -> None:
    planned = plan(read_medium(burn(["nm-bone"])), house)
    (study,) = planned.questions
    assert study.theirs.id == "1001234" and study.patient is None
    assert "Brackenfold^Posy here, and nothing says that it is the same person" in study.why
    assert not planned.clear


def test_nothing_is_stored_of_a_question(
    burn: Burn, house: list[LocalPatient], archive: Archive, peer: Peer, when: datetime
) -> None:
    planned = plan(read_medium(burn(["nm-bone", "cr-chest-prior"])), house)
    done = carry_out(planned, by_dimse(peer), when=when, system="IMPORTER")
    assert sorted(study.state for study in done.studies) == ["imported", "question"]
    assert archive.get(sample("nm-bone").datasets()[0].SOPInstanceUID) is None


@pytest.mark.parametrize("way", ["dimse", "web"])
def test_what_is_imported_has_the_house_s_ids_and_keeps_its_own(
    way: str, burn: Burn, house: list[LocalPatient], archive: Archive, peer: Peer,
    web: DicomwebClient, when: datetime,
) -> None:  # fmt: skip
    uid = sample("cr-chest-prior").study_uid
    planned = plan(read_medium(burn(["cr-chest-prior"])), house, accessions={uid: "NG2600999"})
    deliver = by_dimse(peer) if way == "dimse" else by_web(web)
    done = carry_out(planned, deliver, when=when, system="IMPORTER", source="Lakeside Clinic")
    assert done.clear and done.studies[0].state == "imported"
    ds, before = stored(archive, "cr-chest-prior"), sample("cr-chest-prior").datasets()[0]
    assert (ds.PatientID, ds.IssuerOfPatientID) == ("NG-100457", "NORTHGEN")
    assert ds.PatientName == "Thistlewick^Marigold^Anne" and ds.AccessionNumber == "NG2600999"
    assert (ds.StudyInstanceUID, ds.SOPInstanceUID) == (uid, before.SOPInstanceUID)
    assert ds.PixelData == before.PixelData
    assert "RequestAttributesSequence" not in ds  # the other hospital's order
    (item,) = ds.OriginalAttributesSequence
    assert item.ReasonForTheAttributeModification == "COERCE"
    assert item.ModifyingSystem == "IMPORTER"
    assert item.SourceOfPreviousValues == "Lakeside Clinic"
    assert str(item.AttributeModificationDateTime).startswith("20260115080000")
    (original,) = item.ModifiedAttributesSequence
    assert (original.PatientID, original.IssuerOfPatientID) == ("LK-20871", "LAKESIDE")
    assert original.AccessionNumber == "LK2400377"
    assert original.RequestAttributesSequence[0].AccessionNumber == "LK2400377"


def test_without_a_local_order_there_is_no_accession_number(
    house: list[LocalPatient], when: datetime
) -> None:
    ds = coerce(sample("cr-chest-prior").datasets()[0], house[1], when=when, system="IMPORTER")
    assert ds.AccessionNumber == ""
    assert ds.OriginalAttributesSequence[-1].ModifiedAttributesSequence[0].AccessionNumber


def test_what_is_the_house_s_already_is_not_touched(
    house: list[LocalPatient], when: datetime
) -> None:
    ds = sample("ct-head").datasets()[0]
    ours = next(p for p in house if p.id == ds.PatientID)
    coerce(ds, ours, accession=ds.AccessionNumber, when=when, system="IMPORTER")
    assert "OriginalAttributesSequence" not in ds


def test_a_second_import_adds_to_the_first(house: list[LocalPatient], when: datetime) -> None:
    ds = coerce(sample("cr-chest-prior").datasets()[0], house[1], when=when, system="FIRST")
    coerce(ds, house[0], when=when, system="SECOND")
    assert [i.ModifyingSystem for i in ds.OriginalAttributesSequence] == ["FIRST", "SECOND"]


def test_a_person_decides(burn: Burn, house: list[LocalPatient]) -> None:
    medium = read_medium(burn(["nm-bone"]))
    decided = plan(medium, house, decisions={"1001234^^^LAKESIDE": "NG-100790"})
    (study,) = decided.studies
    assert (study.state, study.why) == ("ready", "decided by a person")
    left = plan(medium, house, decisions={"1001234^^^LAKESIDE": ""})
    assert left.studies[0].state == "left out" and left.clear


def test_a_decision_about_nobody_is_refused(burn: Burn, house: list[LocalPatient]) -> None:
    medium = read_medium(burn(["nm-bone"]))
    with pytest.raises(UsageError, match="Nobody on the medium is 1001234"):
        plan(medium, house, decisions={"1001234": "NG-100790"})
    with pytest.raises(UsageError, match="no patient NG-0"):
        plan(medium, house, decisions={"1001234^^^LAKESIDE": "NG-0"})
    twins = [*house, replace(house[0], issuer="OTHER")]
    with pytest.raises(UsageError, match="2 patients"):
        plan(medium, twins, decisions={"1001234^^^LAKESIDE": house[0].id})
    named = f"{house[0].id}^^^{house[0].issuer}"
    assert plan(medium, twins, decisions={"1001234^^^LAKESIDE": named}).clear


def test_twins_of_one_name_and_birth_date_are_a_question(
    burn: Burn, house: list[LocalPatient]
) -> None:
    marigold = next(p for p in house if p.id == "NG-100457")
    both = [*house, replace(marigold, id="NG-200000")]
    (study,) = plan(read_medium(burn(["cr-chest-prior"])), both).questions
    assert study.why == "2 patients of the house may be meant" and len(study.candidates) == 2


def test_an_id_that_the_house_knows_counts_more_than_a_name(house: list[LocalPatient]) -> None:
    theirs = patient_of(sample("cr-chest-prior").datasets()[0])
    known = replace(house[0], others=(("LK-20871", "LAKESIDE"),))
    (match,) = matches(theirs, [known, *house[1:]])
    assert match.patient == known and "knows of this patient" in match.why


def test_the_same_id_with_another_birth_date_is_a_question(
    burn: Burn, house: list[LocalPatient]
) -> None:
    wrong = [replace(p, birth_date="19991231") if p.id == "NG-100457" else p for p in house]
    (study,) = plan(read_medium(burn(["dx-chest"])), wrong).questions
    assert "the same ID of the same issuer, but birth date 19510719, here 19991231" in study.why


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("Grünwäldchen^Jörg", True), ("GRUNWALDCHEN^JORG", True), ("Grünwäldchen", False),
        ("Grünwäldchen^Jörgine", False), ("", False),
    ],
)  # fmt: skip
def test_names_are_compared_without_case_and_accents(
    name: str, found: bool, house: list[LocalPatient]
) -> None:
    ours = next(p for p in house if p.name.startswith("Grünwäldchen"))
    theirs = LocalPatient("LK-1", "LAKESIDE", name, ours.birth_date, ours.sex)
    assert bool(matches(theirs, house)) is found
    assert matches(replace(theirs, birth_date=""), house) == []


def test_a_study_of_two_patients_is_a_question(burn: Burn, house: list[LocalPatient]) -> None:
    images = sample("ct-head").datasets("CT")[:2]
    images[1].PatientID = "NG-100457"
    for ds in images:
        ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
    (study,) = plan(read_medium(burn([], images)), house).questions
    assert "several patients" in study.why


def test_what_the_archive_refuses_is_told_object_by_object(
    burn: Burn, house: list[LocalPatient], when: datetime
) -> None:
    def refuse(objects: Sequence[Dataset]) -> Mapping[str, str]:
        return {str(ds.SOPInstanceUID): "A700 Out of resources" for ds in objects}

    done = carry_out(plan(read_medium(burn(["dx-chest"])), house), refuse, when=when, system="I")
    assert done.studies[0].state == "failed" and not done.clear
    assert list(done.to_json()["studies"][0]["failures"].values()) == ["A700 Out of resources"]


def test_a_file_that_is_damaged_behind_its_header(
    burn: Burn, house: list[LocalPatient], archive: Archive, peer: Peer, when: datetime
) -> None:
    folder = burn(["dx-chest", "ct-head"])
    planned = plan(read_medium(folder), house)
    victim = next(f for f in planned.medium.files if f.header.Modality == "DX")
    victim.path.unlink()
    done = carry_out(planned, by_dimse(peer), when=when, system="IMPORTER")
    states = {study.files[0].header.Modality: study.state for study in done.studies}
    assert states["DX"] == "failed" and states["CT"] == "imported"


def test_an_archive_tells_its_patients(archive: Archive, peer: Peer) -> None:
    archive.add_files([*sample("dx-chest").paths(), *sample("dx-hand").paths()])
    assert {(p.id, p.issuer, p.birth_date) for p in patients_of(peer)} == {
        (ds.PatientID, ds.IssuerOfPatientID, ds.PatientBirthDate)
        for ds in map(dcmread, [sample("dx-chest").paths()[0], sample("dx-hand").paths()[0]])
    }
