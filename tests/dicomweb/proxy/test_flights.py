"""One retrieve for all who ask at the same time."""

import threading

import pytest

from labkit.dicomweb import Place, WebError
from labkit.dicomweb.proxy.flight import Flight, Seat
from labkit.dicomweb.proxy.listing import Item
from tests.contract.pacs.cases import small, uid
from tests.dicomweb.proxy.conftest import JSON, WHOLE, Facade, StartFacade, StartStub, until

STUDY = f"/studies/{uid(1)}"
SERIES = [small(1, 1, number) for number in range(1, 6)]


def test_sixteen_at_once_cause_one_retrieve(stub: StartStub, facade: StartFacade) -> None:
    behind, go_on = stub(), threading.Event()
    behind.objects = [*SERIES]
    behind.before = lambda service, number: bool(go_on.wait(20)) and None
    front = facade(behind)
    answers: list[bytes] = []

    def ask() -> None:
        answers.append(front.web.get(f"{STUDY}/series/{uid(1, 1)}", headers=WHOLE).content)

    threads = [threading.Thread(target=ask) for _ in range(16)]
    for thread in threads:
        thread.start()
    until(lambda: behind.asked["C-FIND IMAGE"] == 16 and behind.asked["C-GET SERIES"] == 1)
    until(lambda: sum(len(f._seats) for f in front.source._fetcher._flights) == 16)
    go_on.set()
    for thread in threads:
        thread.join(30)
    assert [body.count(b"DICM") for body in answers] == [5] * 16
    assert sum(n for what, n in behind.asked.items() if "C-GET" in what) == 1
    assert sorted(trace["cache"] for trace in front.traces) == ["miss"] + ["shared"] * 15
    assert all("C-GET SERIES" in front.services(at) for at in range(16))


def test_who_asks_for_a_part_waits_for_that_part_only(stub: StartStub, facade: StartFacade) -> None:
    behind, go_on, second = stub(), threading.Event(), threading.Event()
    behind.objects = [*SERIES]

    def before(service: str, number: int) -> None:
        if number == 2:
            second.set()
            go_on.wait(20)

    behind.before = before
    front = facade(behind)
    whole: list[bytes] = []
    thread = threading.Thread(
        target=lambda: whole.append(front.web.get(STUDY, headers=WHOLE).content)
    )
    thread.start()
    assert second.wait(20)
    one = front.web.get(
        f"{STUDY}/series/{uid(1, 1)}/instances/{uid(1, 1, 2)}/metadata", headers=JSON
    )
    assert one.status_code == 200 and not whole
    go_on.set()
    thread.join(30)
    assert whole[0].count(b"DICM") == 5
    assert sum(n for what, n in behind.asked.items() if "C-GET" in what) == 1


def frame(front: Facade, number: int) -> int:
    at = f"{STUDY}/series/{uid(1, 1)}/instances/{uid(1, 1, number)}/frames/1"
    octets = {"Accept": 'multipart/related; type="application/octet-stream"'}
    return front.web.get(at, headers=octets).status_code


def test_a_second_object_has_the_rest_of_its_series_fetched(
    stub: StartStub, facade: StartFacade
) -> None:
    behind = stub()
    behind.objects = [small(1, 1, number) for number in range(1, 31)]
    front = facade(behind)
    assert [frame(front, 3), frame(front, 3)] == [200, 200]
    assert behind.asked["C-GET IMAGE"] == 1 and not behind.asked["C-GET SERIES"]
    assert frame(front, 4) == 200
    until(lambda: front.source.stats()["cache"]["objects"] == 30)
    assert behind.asked["C-GET SERIES"] == 1
    assert frame(front, 20) == 200 and front.traces[-1]["cache"] == "hit"
    careful = facade(behind, ahead=False)
    assert [frame(careful, 3), frame(careful, 4)] == [200, 200]
    assert careful.source.stats()["cache"]["objects"] == 2


def test_one_object_is_fetched_out_of_turn_where_a_long_retrieve_is_stuck(
    stub: StartStub, facade: StartFacade
) -> None:
    behind, go_on, stuck = stub(), threading.Event(), threading.Event()
    behind.objects = [*SERIES]
    first = [True]

    def before(service: str, number: int) -> None:
        if first:
            first.clear()
            stuck.set()
            go_on.wait(20)

    behind.before = before
    front = facade(behind)
    whole: list[bytes] = []
    thread = threading.Thread(
        target=lambda: whole.append(front.web.get(STUDY, headers=WHOLE).content)
    )
    thread.start()
    assert stuck.wait(20)
    assert frame(front, 5) == 200 and not whole
    go_on.set()
    thread.join(30)
    assert whole[0].count(b"DICM") == 5 and behind.asked["C-GET IMAGE"] == 1


def test_when_nobody_waits_any_more_it_is_cancelled(stub: StartStub, facade: StartFacade) -> None:
    behind, go_on = stub(), threading.Event()
    behind.objects = [*SERIES]
    behind.before = lambda service, number: bool(number == 2 and go_on.wait(20)) and None
    front = facade(behind)
    one, other = (front.source.instances(Place(uid(1))) for _ in range(2))
    next(one), next(other)
    one.close()
    assert next(other) is not None, "another still gets its objects"
    other.close()
    go_on.set()
    assert behind.cancelled.wait(20)
    until(lambda: front.source.stats()["retrieves"]["under_way"] == 0)
    assert front.source.stats()["upstreams"]["STUB"]["breaker"] == "closed"


def test_a_pacs_that_does_not_heed_the_cancel_is_aborted_and_not_blamed(
    stub: StartStub, facade: StartFacade, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("labkit.dicomweb.proxy.flight.GRACE", 0.1)
    behind, go_on = stub(), threading.Event()
    behind.objects = [*SERIES]
    behind.before = lambda service, number: bool(number == 2 and go_on.wait(20)) and None
    front = facade(behind, failures=1)
    asker = front.source.instances(Place(uid(1)))
    next(asker)
    asker.close()
    until(lambda: front.source.stats()["retrieves"]["under_way"] == 0)
    assert not go_on.is_set()
    assert front.source.stats()["upstreams"]["STUB"]["breaker"] == "closed"
    go_on.set()


def test_one_that_fails_out_of_turn_is_still_waited_for_in_its_turn(
    stub: StartStub, facade: StartFacade
) -> None:
    source = facade(stub()).source
    pacs, fetcher = source._pacs[0], source._fetcher
    place = Place("1", "1.1", "1.1.1")
    item = Item(place, "1.2", "STUB", "P", "mark")
    entry = source._cache.add(place, "1.2", "1.2.840.10008.1.2.1", "STUB", "mark", b"data")
    long = Flight(fetcher, pacs, {"1.1.1": item, "1.1.2": item}, {}, False)
    alone = Flight(fetcher, pacs, {"1.1.1": item}, {}, False)
    alone.error = WebError(503, "all associations are in use")
    for last in (entry, None):
        seat = Seat(["1.1.1"], None)
        seat.events.put((alone, None))
        seat.events.put((long, last))
        arrivals = source._delivery.arrivals(seat, [long, alone])
        if last is not None:
            assert list(arrivals) == [entry]
        else:
            with pytest.raises(WebError, match="did not send all"):
                list(arrivals)
