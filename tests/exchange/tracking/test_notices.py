"""Notices: twice, out of order, lost, forged, while nobody listens."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from starlette.testclient import TestClient

from labkit.common.errors import LabError
from labkit.exchange.tracking import Events, Tracker, TrackingService
from labkit.exchange.tracking.ledger import Ledger
from labkit.exchange.tracking.receiver import HEADER, receiver_app
from tests.exchange.tracking.conftest import UID, Server, fhir_source, patient, study

Track = Callable[..., Tracker]


def many(number: int) -> Callable[[Events], bool]:
    return lambda events: len(events) >= number


def test_a_subscription_rings_and_the_change_is_counted_once(server: Server, track: Track) -> None:
    tracker = track(fhir_source(server))
    with TrackingService(tracker) as service:
        service.subscribe("FHIR")
        server.put(patient("ann"), study(), study(description="chest"))
        assert len(tracker.wait(many(3))) == 3
        assert {event.by for event in tracker.events()} == {"notice"}
        tracker.poll()
        service.subscribe("FHIR")  # once more: the same Subscriptions
        assert sorted(e.key[1:] for e in tracker.events()) == server.versions()
        with server.client() as fhir:
            assert len(list(fhir.search("Subscription"))) == 3
            service.unsubscribe("FHIR")
            assert list(fhir.search("Subscription")) == []


def test_a_bell_without_payload_is_enough(server: Server, track: Track) -> None:
    tracker = track(fhir_source(server))
    with TrackingService(tracker) as service:
        service.subscribe("FHIR", payload="")
        server.put(study())
        assert [e.by for e in tracker.wait(many(1))] == ["notice"]


def test_notices_twice_and_out_of_order_count_once(server: Server, track: Track) -> None:
    server.put(study("s1"), study("s1", status="cancelled"), study("s2", "2.25.9"))
    tracker = track(fhir_source(server))
    for id_ in ("s2", "s1", "s1", "s2"):
        tracker.ring("FHIR", "ImagingStudy", id_)
        tracker.ring("FHIR", "ImagingStudy", id_)
        tracker.work()
    assert [(e.id, e.version, e.kind) for e in tracker.events()] == [
        ("s2", "1", "arrived"), ("s1", "1", "arrived"), ("s1", "2", "withdrawn"),
    ]  # fmt: skip


def test_a_late_notice_tells_nothing_old(server: Server, track: Track) -> None:
    """Whatever is in it: what counts is asked of the server."""
    server.put(study(), study(status="cancelled"))
    tracker = track(fhir_source(server))
    with TrackingService(tracker) as service:
        key = {HEADER: tracker.ledger.mark("notice key")}
        url = f"{service.url}/FHIR/ImagingStudy/ImagingStudy/s1"
        for body in (study(), {"resourceType": "Nonsense"}, "<no json"):
            assert httpx.put(url, json=body, headers=key, trust_env=False).status_code == 200
        tracker.wait(many(2))
        tracker.work()
    assert [e.version for e in tracker.events()] == ["1", "2"]
    (described,) = tracker.where_is(UID).described_by
    assert described[2] == "cancelled"


def test_lost_notices_are_made_good_by_a_poll(server: Server, track: Track) -> None:
    tracker = track(fhir_source(server))
    service = TrackingService(tracker)
    service.start()
    service.subscribe("FHIR")
    service.stop()
    server.courier.stop()
    server.put(study(), study(status="cancelled"))  # nobody listens
    server.store.execute("DELETE FROM notice", [])  # and they are lost
    tracker.poll()
    assert [e.by for e in tracker.events()] == ["poll", "poll"]


def test_a_subscription_in_error_is_made_active_again(server: Server, track: Track) -> None:
    tracker = track(fhir_source(server))
    service = TrackingService(tracker)
    service.start()
    service.subscribe("FHIR")
    service.stop()
    server.put(study())
    with server.client() as fhir:
        for _ in range(2000):
            if any(s["status"] == "error" for s in fhir.search("Subscription")):
                break
            threading.Event().wait(0.01)
        states = [s["status"] for s in fhir.search("Subscription")]
    assert "error" in states
    with service:
        service.subscribe("FHIR")
        with server.client() as fhir:
            assert {s["status"] for s in fhir.search("Subscription")} == {"active"}
        server.put(study(description="again"))
        assert len(tracker.wait(many(2))) == 2


def test_a_subscription_that_was_deleted_is_made_anew(server: Server, track: Track) -> None:
    tracker = track(fhir_source(server))
    with TrackingService(tracker) as service:
        service.subscribe("FHIR")
        with server.client() as fhir:
            for each in list(fhir.search("Subscription")):
                fhir.delete(f"Subscription/{each['id']}")
            service.subscribe("FHIR")
            assert len(list(fhir.search("Subscription"))) == 3


def test_what_waits_when_a_server_is_silent_is_kept(server: Server, track: Track) -> None:
    server.put(study())
    tracker = track(fhir_source(server))
    tracker.ring("FHIR", "ImagingStudy", "s1")
    server.hang_up()
    assert list(tracker.work().silent) == ["FHIR"]
    assert len(tracker.ledger.bells()) == 1


def test_a_bell_that_rings_while_it_is_answered_rings_again(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "t.sqlite")
    ledger.ring("FHIR", "ImagingStudy", "s1")
    (bell,) = ledger.bells()
    ledger.ring("FHIR", "ImagingStudy", "s1")
    ledger.answered(bell)
    (again,) = ledger.bells()
    ledger.answered(again)
    assert ledger.bells() == []
    ledger.close()


def test_the_service_polls_by_itself(server: Server, track: Track) -> None:
    tracker = track(fhir_source(server))
    server.put(study())
    with TrackingService(tracker, every=0.01):
        assert [e.by for e in tracker.wait(many(1))] == ["poll"]


@pytest.mark.parametrize(("path", "key", "status"), [
    ("/notices/FHIR/ImagingStudy/ImagingStudy/s1", "right", 200),
    ("/notices/FHIR/ImagingStudy/ImagingStudy/s1", "wrong", 403),
    ("/notices/FHIR/ImagingStudy/ImagingStudy/s1", "", 403),
    ("/notices/FHIR/ImagingStudy/ImagingStudy/s1", "r\u00efght", 403),
    ("/notices/FHIR/ImagingStudy/Patient/s1", "right", 400),
    ("/notices/FHIR/ImagingStudy/ImagingStudy/a%20b", "right", 400),
    ("/notices/FHIR/Observation/Observation/s1", "right", 404),
    ("/notices/OTHER/ImagingStudy/ImagingStudy/s1", "right", 404),
])  # fmt: skip
def test_who_may_ring(server: Server, track: Track, path: str, key: str, status: int) -> None:
    tracker, rung = track(fhir_source(server)), threading.Event()
    http = TestClient(receiver_app(tracker.ring, "right", rung.set))
    answer = http.put(path, content=b"{}", headers={HEADER: key.encode("latin-1")})
    assert answer.status_code == status and answer.content == b""
    assert (len(tracker.ledger.bells()), rung.is_set()) == (int(status == 200), status == 200)


def test_a_notice_that_cannot_be_kept_is_not_taken(server: Server, track: Track) -> None:
    def full(source: str, type_: str, id_: str) -> None:
        raise LabError("the ledger cannot be written")

    http = TestClient(receiver_app(full, "right", lambda: None))
    answer = http.post("/notices/FHIR/ImagingStudy", headers={HEADER: "right"})
    assert answer.status_code == 503


def test_a_notice_without_end_is_cut_off(server: Server, track: Track) -> None:
    tracker = track(fhir_source(server))
    http = TestClient(receiver_app(tracker.ring, "right", lambda: None))
    answer = http.post("/notices/FHIR/ImagingStudy", content=bytes(9 << 20),
                       headers={HEADER: "right"})  # fmt: skip
    assert answer.status_code == 413 and tracker.ledger.bells() == []


def test_a_ledger_is_its_owners(tmp_path: Path) -> None:
    Ledger(tmp_path / "new" / "t.sqlite").close()
    assert (tmp_path / "new" / "t.sqlite").stat().st_mode & 0o077 == 0
    (tmp_path / "bad.sqlite").write_bytes(b"no database" * 100)
    with pytest.raises(LabError, match="cannot be opened"):
        Ledger(tmp_path / "bad.sqlite")
