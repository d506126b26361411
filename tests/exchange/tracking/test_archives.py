"""What happens at archives: copies come, move, are corrected, rejected, and go."""

from __future__ import annotations

from collections.abc import Callable

from labkit.common import ALLOW_ALL
from labkit.dicom.rejection import rejection_note
from labkit.dimse import Peer
from labkit.exchange.tracking import ArchiveSource, FindListing, Tracker
from labkit.exchange.tracking.listings import QidoListing
from labkit.exchange.tracking.model import Facts
from labkit.pacs import NodeConfig, PacsNode
from labkit.pacs.corrections import Correction
from tests.exchange.tracking.conftest import Pacs, Server, fhir_source, images, study

Make, Track = Callable[[str], Pacs], Callable[..., Tracker]


def told(tracker: Tracker, since: int = 0) -> list[tuple[str, str]]:
    return [(event.kind, event.source) for event in tracker.events(since)]


def test_a_copy_a_move_and_an_end(pacs: Make, track: Track) -> None:
    north, lake = pacs("NORTH"), pacs("LAKE")
    tracker = track(north.source, lake.source)
    ct = images()
    uid = str(ct[0].StudyInstanceUID)
    north.store(ct)
    tracker.poll()
    lake.store(ct)
    north.drop(uid)  # between two looks
    tracker.poll()
    assert told(tracker) == [("arrived", "NORTH"), ("arrived", "LAKE"), ("moved", "NORTH")]
    assert tracker.events()[-1].changes["held by"] == (["NORTH", "LAKE"], ["LAKE"])
    assert [place.source for place in tracker.where_is(uid).places] == ["LAKE"]
    lake.drop(uid)
    tracker.poll()
    assert told(tracker)[-1] == ("deleted", "LAKE")
    north.store(ct)
    tracker.poll()
    tracker.poll()
    assert told(tracker)[3:] == [("deleted", "LAKE"), ("arrived", "NORTH")]


def test_an_archive_that_is_silent_has_not_lost_its_studies(pacs: Make, track: Track) -> None:
    north, lake = pacs("NORTH"), pacs("LAKE")
    ct = images()
    for each in (north, lake):
        each.store(ct)
    tracker = track(north.source, lake.source)
    tracker.poll()
    mark, lake.up = tracker.last, False
    north.drop(str(ct[0].StudyInstanceUID))
    polled = tracker.poll()
    assert list(polled.silent) == ["LAKE"]
    assert told(tracker, mark) == [("moved", "NORTH")]
    found = tracker.where_is(str(ct[0].StudyInstanceUID))
    assert [(p.source, p.asked) for p in found.places] == [("LAKE", False)]
    assert found.unasked == ("LAKE",) and "not asked  LAKE" in repr(found)


def test_a_page_that_skips_a_study_is_no_deletion(pacs: Make, track: Track) -> None:
    north = pacs("NORTH")
    north.store(images())

    class Skipping(QidoListing):
        skip = False

        def studies(self) -> dict[str, Facts]:
            return {} if self.skip else super().studies()

    listing = Skipping(north.client)
    tracker = track(ArchiveSource("NORTH", listing))
    tracker.poll()
    listing.skip = True
    assert not tracker.poll().events


def test_a_correction_beside_the_objects_is_seen_where_it_was_made(
    pacs: Make, track: Track
) -> None:
    """Decision 0007: the files stay, the archive answers otherwise; the other site is not told."""
    north, lake = pacs("NORTH"), pacs("LAKE")
    ct = images()
    for each in (north, lake):
        each.store(ct)
    tracker = track(north.source, lake.source)
    tracker.poll()
    mark = tracker.last
    was, issuer = str(ct[0].PatientID), str(ct[0].IssuerOfPatientID)
    north.archive.correct(Correction(was, issuer, {"PatientID": "NG-999"}, "", "RIS", "COERCE"))
    tracker.poll()
    assert told(tracker, mark) == [("corrected", "NORTH")]
    assert tracker.events()[-1].changes == {
        "patient": (f"{was}^^^{issuer}", f"NG-999^^^{issuer}")
    }  # fmt: skip
    (text,) = tracker.where_is(str(ct[0].StudyInstanceUID)).disagreements
    assert text.startswith("the copies are of different patients: ") and "NG-999" in text


def test_a_rejection_is_no_deletion_and_may_not_have_arrived(pacs: Make, track: Track) -> None:
    north, lake = pacs("NORTH"), pacs("LAKE")
    ct = images()
    for each in (north, lake):
        each.store(ct)
    tracker = track(north.source, lake.source)
    tracker.poll()
    mark = tracker.last
    north.store([rejection_note(ct[:1], "patient safety")])
    tracker.poll()
    assert told(tracker, mark) == [("rejected", "NORTH")]
    found = tracker.where_is(str(ct[0].StudyInstanceUID))
    assert found.disagreements == ("a rejection has not reached LAKE",)
    assert [len(place.notes) for place in found.places] == [0, 1]
    lake.store(images("ct-chest", 4))  # something else grows: no note, so no rejection
    tracker.poll()
    assert told(tracker)[-1] == ("changed", "LAKE")


def test_key_images_are_no_rejection(pacs: Make, track: Track) -> None:
    north = pacs("NORTH")
    ct = images()
    north.store(ct)
    tracker = track(north.source)
    tracker.poll()
    note = rejection_note(ct[:1], "quality")
    note.ConceptNameCodeSequence[0].CodeValue = "113000"  # Of Interest (CID 7010)
    north.store([note])
    tracker.poll()
    assert told(tracker)[-1] == ("changed", "NORTH")


def test_by_c_find(pacs: Make, track: Track) -> None:
    lake = pacs("LAKE")
    node = PacsNode(NodeConfig("LAKE"), lake.archive, policy=ALLOW_ALL)
    try:
        peer = Peer("LAKE", "127.0.0.1", node.start())
        ct = images()
        lake.store(ct)
        tracker = track(ArchiveSource("LAKE", FindListing(peer)))
        tracker.poll()
        (place,) = tracker.where_is(str(ct[0].StudyInstanceUID)).places
        assert (place.instances, place.modalities) == (3, ("CT",))
        assert place.patient == f"{ct[0].PatientID}^^^{ct[0].IssuerOfPatientID}"
        lake.store([rejection_note(ct[:1], "quality")])
        tracker.poll()
        lake.drop(str(ct[0].StudyInstanceUID))
        tracker.poll()
        assert [kind for kind, _ in told(tracker)] == ["arrived", "rejected", "deleted"]
    finally:
        node.stop()
    assert list(tracker.poll().silent) == ["LAKE"]


def test_record_and_images_are_held_together(server: Server, pacs: Make, track: Track) -> None:
    north = pacs("NORTH")
    ct = images()
    uid = str(ct[0].StudyInstanceUID)
    server.put(study("s1", uid, status="registered"))
    tracker = track(fhir_source(server), north.source)
    north.store(ct)
    tracker.poll()
    assert tracker.where_is(uid).disagreements == (
        "there are copies, and no ImagingStudy says available",
    )
    server.put(study("s1", uid))
    tracker.poll()
    found = tracker.where_is(uid)
    assert found.disagreements == () and found.patient == "Patient/ann"
    assert [e.kind for e in tracker.history(uid)] == ["arrived", "arrived", "changed"]
