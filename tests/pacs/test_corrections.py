"""Corrected patients: found, sent and recorded under the new values; the stored bytes stay."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydicom import dcmread

from labkit.dicom import sample
from labkit.dimse import Peer, Receiver, find, identifier, move, store
from labkit.pacs import Archive
from labkit.pacs.corrections import Correction
from tests.pacs.conftest import Running, made, real

AT = "20260115090000+0000"


def merge(old: str, new: str, issuer: str = "", **more: str) -> Correction:
    values = {"PatientID": new, **more}
    return Correction(old, issuer, values, AT, "ARCHIVE", "COERCE")


def names(peer: Peer, patient_id: str) -> list[str]:
    asked = identifier("STUDY", PatientID=patient_id, PatientName=None, StudyInstanceUID=None)
    return [str(match.PatientName) for match in find(peer, asked)]


def test_a_query_finds_the_new_values_and_not_the_old(node: Running) -> None:
    numbers = [o.entry.number for o in node.archive.stored()]
    uids = node.archive.correct(merge("P1", "P2", PatientName="Müller^Änne"))
    assert len(uids) == 3
    assert names(node.peer, "P1") == []
    assert names(node.peer, "P2") == ["Müller^Änne", "Müller^Änne"]
    patients = find(node.peer, identifier("PATIENT", PatientID="P2"), model="patient")
    assert len(patients) == 1
    assert [o.entry.number for o in node.archive.stored()] == numbers
    asked = identifier("IMAGE", SOPInstanceUID="1.2.1.2.1", OriginalAttributesSequence=None,
                       StudyInstanceUID="1.2.1", SeriesInstanceUID="1.2.1.2")  # fmt: skip
    (match,) = find(node.peer, asked)
    before = match.OriginalAttributesSequence[0].ModifiedAttributesSequence[0]
    assert (before.PatientID, before.PatientName) == ("P1", "Adams^Ann")


def test_what_is_sent_says_what_it_was(node: Running) -> None:
    path = next(o.path for o in node.archive.stored() if o.entry.patient_id == "P1")
    bytes_before = path.read_bytes()
    node.archive.correct(merge("P1", "P9", PatientName="Adams^Anna"))
    node.archive.correct(Correction("P9", "", {"PatientSex": "F"}, AT, "ARCHIVE"))
    with Receiver("DEST") as receiver:
        node.destinations.add("DEST", "127.0.0.1", receiver.peer.port)
        asked = identifier("STUDY", StudyInstanceUID="1.2.1")
        assert move(node.peer, asked, "DEST").completed == 3
        (sent, *_) = receiver.received
    assert (sent.PatientID, sent.PatientName, sent.PatientSex) == ("P9", "Adams^Anna", "F")
    first, second = sent.OriginalAttributesSequence
    assert first.ModifiedAttributesSequence[0].PatientID == "P1"
    assert first.ReasonForTheAttributeModification == "COERCE"
    assert second.ModifiedAttributesSequence[0].PatientSex == "M"
    assert (second.ReasonForTheAttributeModification, second.ModifyingSystem) == (
        "CORRECT", "ARCHIVE",
    )  # fmt: skip
    assert path.read_bytes() == bytes_before


def test_images_that_come_later_are_corrected_too(node: Running, tmp_path: Path) -> None:
    node.archive.correct(merge("P7", "P1", PatientName="Adams^Ann"))
    store(node.peer, [made(tmp_path, 7)])
    assert names(node.peer, "P7") == []
    assert len(names(node.peer, "P1")) == 2


def test_another_hospitals_patient_of_the_same_id_is_left_alone(
    node: Running, tmp_path: Path
) -> None:
    node.archive.add_file(made(tmp_path, 8, IssuerOfPatientID="LAKESIDE"))
    assert node.archive.correct(merge("P8", "P1", issuer="NORTHGEN")) == []
    assert len(names(node.peer, "P8")) == 1
    assert len(node.archive.correct(merge("P8", "P1", issuer="LAKESIDE"))) == 1


def test_the_same_correction_twice_changes_nothing(node: Running) -> None:
    assert node.archive.correct(merge("P1", "P2"))
    assert node.archive.correct(merge("P1", "P2")) == []


def test_corrections_outlive_a_restart_and_a_new_index(tmp_path: Path) -> None:
    archive = Archive(tmp_path / "a")
    archive.add_file(made(tmp_path, 1))
    archive.snapshot(tmp_path / "before")
    archive.correct(merge("P1", "P2"))
    archive.close()
    again = Archive(tmp_path / "a")
    again.rebuild()
    assert [o.entry.patient_id for o in again.stored()] == ["P2"]
    again.restore(tmp_path / "before")
    assert [o.entry.patient_id for o in again.stored()] == ["P1"]
    assert len(again.decisions.corrections) == 0
    again.close()


@pytest.mark.parametrize(
    "name", ["JPEG2000.dcm", "MR_small_RLE.dcm", "ct-no-spacing", "MR_small_bigendian.dcm"]
)
def test_pixel_data_goes_out_as_it_is(tmp_path: Path, name: str) -> None:
    archive = Archive(tmp_path / "a")
    origin = real(name)[0] if name.endswith(".dcm") else sample(name).files[0]  # deflated
    stored = archive.add_file(origin)
    before = dcmread(stored.path)
    archive.correct(merge(str(before.PatientID), "NEW", str(before.get("IssuerOfPatientID", ""))))
    data = archive.decisions.outgoing(stored.path)
    path = tmp_path / "out.dcm"
    whole = stored.path.read_bytes()
    head = whole[: 144 + int.from_bytes(whole[140:144], "little")]
    path.write_bytes(head + bytes(data))
    after = dcmread(path)
    assert after.PatientID == "NEW"
    assert after.PixelData == before.PixelData
    archive.close()


def test_a_name_that_the_object_cannot_hold_takes_it_to_utf_8(tmp_path: Path) -> None:
    archive = Archive(tmp_path / "a")
    stored = archive.add_file(
        made(tmp_path, 1, PatientName="Müller^Änne", SpecificCharacterSet="ISO_IR 100",
             StudyDescription="Schädel")
    )  # fmt: skip
    archive.correct(merge("P1", "P1", PatientName="Świerszczyk^Żółwina"))
    ds = dcmread(stored.path)
    assert archive.decisions.amend(ds)
    ds.save_as(tmp_path / "out.dcm")
    after = dcmread(tmp_path / "out.dcm")
    assert after.PatientName == "Świerszczyk^Żółwina"
    assert after.StudyDescription == "Schädel"
    assert after.OriginalAttributesSequence[0].ModifiedAttributesSequence[0].PatientName == (
        "Müller^Änne"
    )
    archive.close()
