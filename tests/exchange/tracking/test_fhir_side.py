"""What happens at a FHIR server: each version is one event, and says what it was."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from labkit.common.errors import DataError, UsageError
from labkit.exchange.tracking import FhirSource, Tracker
from labkit.exchange.tracking.sources import _version
from labkit.fhir import FhirClient
from tests.exchange.tracking.conftest import (
    UID,
    Server,
    document,
    fhir_source,
    patient,
    study,
)  # fmt: skip

Track = Callable[..., Tracker]


def kinds(tracker: Tracker, since: int = 0) -> list[tuple[str, str]]:
    return [(event.kind, event.type) for event in tracker.events(since)]


def test_each_version_is_one_event_however_often_is_asked(server: Server, track: Track) -> None:
    server.put(patient("ann"), study(), study(description="chest"), study(status="cancelled"))
    server.delete("ImagingStudy/s1")
    tracker = track(fhir_source(server))
    for _ in range(3):
        tracker.poll()
    assert kinds(tracker) == [
        ("registered", "Patient"), ("arrived", "ImagingStudy"), ("changed", "ImagingStudy"),
        ("withdrawn", "ImagingStudy"), ("deleted", "ImagingStudy"),
    ]  # fmt: skip
    assert sorted(event.key[1:] for event in tracker.events()) == server.versions()


def test_what_a_version_hid_from_a_search_is_seen(server: Server, track: Track) -> None:
    """_lastUpdated finds neither a version that was overwritten nor what was deleted."""
    tracker = track(fhir_source(server))
    tracker.poll()
    server.put(study(of="ann"), study(of="bob"), study(of="ann"))
    server.put(study("s2", "2.25.9"))
    server.delete("ImagingStudy/s2")
    with server.client() as fhir:
        assert [r["id"] for r in fhir.search("ImagingStudy", _lastUpdated="ge2020")] == ["s1"]
    tracker.poll()
    assert kinds(tracker) == [
        ("arrived", "ImagingStudy"), ("corrected", "ImagingStudy"), ("corrected", "ImagingStudy"),
        ("arrived", "ImagingStudy"), ("deleted", "ImagingStudy"),
    ]  # fmt: skip
    moved = tracker.events()[1]
    assert moved.changes == {"patient": ("Patient/ann", "Patient/bob")}


def test_a_merge_is_followed_downstream(server: Server, track: Track) -> None:
    gone, stays = patient("gone"), patient("stays")
    server.put(gone, stays, study(of="gone"), document(of="gone"), document("d2", of="stays"))
    tracker = track(fhir_source(server))
    tracker.poll()
    mark = tracker.last
    link = {"other": {"reference": "Patient/stays"}, "type": "replaced-by"}
    server.put({**gone, "active": False, "link": [link]})
    back = {"other": {"reference": "Patient/gone"}, "type": "replaces"}
    server.put({**stays, "link": [back]})
    tracker.poll()
    assert [(e.kind, e.id) for e in tracker.events(mark)] == [
        ("merged", "gone"), ("changed", "stays")
    ]  # fmt: skip
    assert tracker.where_is(UID).patient == "Patient/stays"
    for name in ("Patient/gone", "Patient/stays",
                 "https://north-general.example/patient-id|NG-gone"):  # fmt: skip
        assert [d.id for d in tracker.documents(name)] == ["d1", "d2"]
    assert "merged" in [e.kind for e in tracker.history(UID)]
    server.put({**gone, "active": True})
    tracker.poll()
    assert tracker.events()[-1].kind == "corrected"
    assert tracker.where_is(UID).patient == "Patient/gone"


def test_merges_in_a_circle_end(server: Server, track: Track) -> None:
    for one, other in (("a", "b"), ("b", "a")):
        link = {"other": {"reference": f"Patient/{other}"}, "type": "replaced-by"}
        server.put(patient(one, link=[link]))
    server.put(study(of="a"))
    tracker = track(fhir_source(server))
    tracker.poll()
    assert tracker.where_is(UID).patient in ("Patient/a", "Patient/b")
    assert tracker.documents("Patient/a") == ()


def test_documents_that_are_replaced_withdrawn_and_gone(server: Server, track: Track) -> None:
    new = document("new", relatesTo=[{"code": "replaces", "target": {
        "reference": "DocumentReference/old"}}])  # fmt: skip
    server.put(document("old"), new, document("wrong"), document("lost"))
    tracker = track(fhir_source(server))
    tracker.poll()
    mark = tracker.last
    by_id = {d.id: d for d in tracker.documents("Patient/ann")}
    assert by_id["old"].replaced_by == ("new",) and not by_id["old"].current
    server.put(document("old", status="superseded"), document("wrong", status="entered-in-error"))
    server.delete("DocumentReference/lost")
    tracker.poll()
    assert [e.kind for e in tracker.events(mark)] == ["superseded", "withdrawn", "deleted"]
    by_id = {d.id: d for d in tracker.documents("Patient/ann")}
    assert [by_id[n].current for n in ("old", "new", "wrong", "lost")] == [
        False, True, False, False
    ]  # fmt: skip
    server.put({**new, "status": "entered-in-error"}, document("old"))
    tracker.poll()
    assert {d.id: d for d in tracker.documents("Patient/ann")}["old"].current


def test_what_does_not_fit_together_is_said(server: Server, track: Track) -> None:
    server.put(study("s1", of="ann"), study("s2", of="bob"), document())
    tracker = track(fhir_source(server))
    tracker.poll()
    found = tracker.where_is(UID)
    assert found.patient == ""
    assert found.disagreements == (
        "ImagingStudy resources name different patients",
        "an ImagingStudy says available, and no archive that is known has a copy",
        "a current document describes images that no archive that is known has",
    )
    assert repr(tracker.where_is("1.2.3")) == "nowhere"


def test_events_of_a_study_and_of_a_kind(server: Server, track: Track) -> None:
    server.put(study(), study("s2", "2.25.9"), study(status="cancelled"))
    tracker = track(fhir_source(server))
    tracker.poll()
    assert [e.kind for e in tracker.events(study=UID)] == ["arrived", "withdrawn"]
    assert [e.id for e in tracker.events(kinds=["withdrawn"])] == ["s1"]


def test_a_name_is_compared_and_not_told(server: Server, track: Track) -> None:
    server.put(patient("ann", name=[{"family": "Secret"}]), patient("ann", birthDate="1951-07-19"))
    tracker = track(fhir_source(server))
    tracker.poll()
    corrected = tracker.events()[-1]
    assert corrected.kind == "corrected" and set(corrected.changes) == {"name", "birthDate"}
    assert "Secret" not in repr(tracker.events()) and "1951" not in repr(corrected)


def test_a_server_that_is_silent_is_not_empty(server: Server, track: Track) -> None:
    server.put(study())
    tracker = track(fhir_source(server))
    tracker.poll()
    server.hang_up()
    polled = tracker.poll()
    assert list(polled.silent) == ["FHIR"] and not polled.events
    assert tracker.where_is(UID).described_by and tracker.where_is(UID).unasked == ("FHIR",)


@pytest.mark.parametrize("entry", [
    {"request": {"method": "DELETE", "url": "ImagingStudy/7"}, "response": {"etag": 'W/"3"'}},
    {"request": {"method": "DELETE", "url": "ImagingStudy/7/_history/3"}},
    {"fullUrl": "http://x/fhir/ImagingStudy/7", "request": {"method": "DELETE", "url": ""},
     "response": {"etag": 'W/"3"'}},
])  # fmt: skip
def test_a_deletion_is_read_as_servers_spell_it(entry: dict[str, object]) -> None:
    found = _version(entry)
    assert (found.type, found.id, found.version, found.facts) == ("ImagingStudy", "7", "3", None)


def test_an_entry_that_cannot_be_counted_is_not_passed_over() -> None:
    with pytest.raises(DataError, match="without type, id or version"):
        _version({"resource": {"resourceType": "ImagingStudy", "id": "7"}})


@pytest.mark.parametrize("bad", [
    {"identifier": "x", "subject": 7, "endpoint": {}},
    {"identifier": [{"system": "urn:dicom:uid", "value": "urn:oid:<script>"}], "subject": []},
])  # fmt: skip
def test_a_malformed_resource_does_no_harm(bad: dict[str, object]) -> None:
    made = _version({"resource": {"resourceType": "ImagingStudy", "id": "7",
                                  "meta": {"versionId": "1"}, **bad}})  # fmt: skip
    assert made is not None and made.facts is not None and made.facts["study"] == ""


def test_versions_that_a_server_has_dropped_are_named(server: Server, track: Track) -> None:
    server.put(study())
    tracker = track(fhir_source(server))
    tracker.poll()
    server.put(study(of="bob"), study(of="carl"), study(of="dora"))
    server.store.execute("DELETE FROM version WHERE version IN (2, 3)", [])
    tracker.poll()
    (event,) = tracker.events()[1:]
    assert event.version == "4" and event.changes["not in the history"] == ("2", "3")


def test_a_study_without_a_uid_is_counted_too(server: Server, track: Track) -> None:
    bare = {"resourceType": "ImagingStudy", "id": "s1", "status": "registered"}
    server.put({**bare, "subject": {"reference": "Patient/ann"}})
    server.delete("ImagingStudy/s1")
    tracker = track(fhir_source(server))
    tracker.poll()
    assert kinds(tracker) == [("arrived", "ImagingStudy"), ("deleted", "ImagingStudy")]


def test_what_is_not_followed_is_refused(server: Server, track: Track) -> None:
    with pytest.raises(DataError, match="not followed"):
        FhirSource("FHIR", lambda: FhirClient(server.url), ["Observation"])
    tracker = track(FhirSource("FHIR", server.client, ["ImagingStudy"]))
    for source, type_ in (("FHIR", "Patient"), ("OTHER", "ImagingStudy")):
        with pytest.raises(UsageError, match="not followed"):
            tracker.ring(source, type_, "1")
    with pytest.raises(UsageError, match="name of its own"):
        track(fhir_source(server), fhir_source(server), folder="two")
