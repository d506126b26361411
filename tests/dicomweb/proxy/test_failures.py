"""What clients are told when a PACS is down, slow, refuses, or ends in the middle."""

import socket
import threading
from pathlib import Path

import pytest

from labkit.common.errors import LabkitError
from labkit.dimse import echo, store
from tests.contract.pacs.cases import small, uid
from tests.contract.pacs.servers import dcmqrscp, find_program
from tests.dicomweb.proxy.conftest import (
    JSON,
    WHOLE,
    StartFacade,
    StartPacs,
    StartStub,
    until,
)  # fmt: skip

STUDY = f"/studies/{uid(1)}"
SERIES = [small(1, 1, number) for number in range(1, 6)]


def test_a_pacs_that_is_down_is_502_and_then_left_alone(
    stub: StartStub, facade: StartFacade
) -> None:
    behind = stub()
    behind.kill()
    front = facade(behind, failures=2, known=False)
    for _ in range(2):
        answer = front.web.get(STUDY, headers=WHOLE)
        assert answer.status_code == 502 and "refused" in answer.json()["detail"]
    answer = front.web.get("/studies", headers=JSON)
    assert answer.status_code == 503 and int(answer.headers["retry-after"]) >= 1
    assert front.source.stats()["upstreams"]["STUB"]["breaker"] == "open"


def test_the_breaker_lets_one_through_and_closes(stub: StartStub, facade: StartFacade) -> None:
    seconds = [0.0]
    behind = stub()
    behind.objects = [*SERIES]
    behind.kill()
    front = facade(behind, failures=1, known=False, clock=lambda: seconds[0])
    assert front.web.get(STUDY, headers=WHOLE).status_code == 502
    assert front.web.get(STUDY, headers=WHOLE).status_code == 503
    behind.start()
    seconds[0] = 1.5
    assert front.web.get(STUDY, headers=WHOLE).status_code == 200
    assert front.source.stats()["upstreams"]["STUB"]["breaker"] == "closed"


def test_an_ae_title_that_the_pacs_does_not_know_is_502_with_the_reason(
    pacs: StartPacs, facade: StartFacade
) -> None:
    front = facade(pacs(accept_calling=frozenset({"SOMEBODY"})))
    answer = front.web.get(STUDY, headers=WHOLE)
    assert answer.status_code == 502
    assert "calling AE title not recogni" in answer.json()["detail"]
    assert "1/1/3" in answer.json()["detail"] and "PROXY" in answer.json()["remedy"]


def test_a_pacs_that_does_not_answer_is_504(stub: StartStub, facade: StartFacade) -> None:
    behind, go_on = stub(), threading.Event()
    behind.on_find = lambda level: bool(go_on.wait(20)) and None
    front = facade(behind, timeout=0.3)
    assert front.web.get("/studies", headers=JSON).status_code == 504
    go_on.set()


def test_an_address_that_does_not_answer_is_504(stub: StartStub, facade: StartFacade) -> None:
    """A firewall that drops packets: here a listener whose queue is full."""
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        port = full.getsockname()[1]
        waiting = [socket.socket() for _ in range(4)]
        for each in waiting:
            each.setblocking(False)
            each.connect_ex(("127.0.0.1", port))
        behind = stub()
        behind.kill()
        behind.port = port
        answer = facade(behind, timeout=0.3, known=False).web.get("/studies", headers=JSON)
        for each in waiting:
            each.close()
    assert answer.status_code == 504, answer.text


def test_a_query_that_fails_is_502_with_the_status_in_words(
    stub: StartStub, facade: StartFacade
) -> None:
    behind = stub()
    behind.find_status = 0xA700
    answer = facade(behind).web.get("/studies", headers=JSON)
    assert answer.status_code == 502 and "0xA700" in answer.json()["detail"]
    assert "resources" in answer.json()["detail"].lower()


def test_an_unknown_destination_is_502_and_says_what_to_enter(
    pacs: StartPacs, facade: StartFacade
) -> None:
    behind = pacs()
    behind.hold(*SERIES)
    front = facade(behind, known=False, retrieve="c-move")
    answer = front.web.get(STUDY, headers=WHOLE)
    assert answer.status_code == 502 and "0xA801" in answer.json()["detail"]
    assert f"PROXY at 127.0.0.1, port {front.source.receive_port}" in answer.json()["remedy"]


@pytest.mark.peers
@pytest.mark.skipif(find_program("dcmqrscp") is None, reason="needs dcmqrscp")
def test_after_a_retrieve_that_failed_dcmqrscp_answers_others(
    facade: StartFacade, tmp_path: Path
) -> None:
    """It keeps its index locked until the association of the failed C-MOVE has ended."""
    (tmp_path / "pacs").mkdir()
    with dcmqrscp(tmp_path / "pacs") as behind:
        store(behind.peer, [small(1)]).raise_for_status()
        front = facade(behind, known=False, retrieve="c-move")  # type: ignore[arg-type]
        assert front.web.get(STUDY, headers=WHOLE).status_code == 502
        assert front.source.stats()["upstreams"]["DCMQRSCP"]["associations"] == 1  # of C-FIND
        assert echo(behind.peer, timeout=5)


@pytest.mark.parametrize("retrieve", ["c-get", "c-move"])
def test_one_that_is_killed_in_the_middle_breaks_the_answer(
    stub: StartStub, facade: StartFacade, retrieve: str
) -> None:
    behind = stub()
    behind.objects = [*SERIES]
    front = facade(behind, retrieve=retrieve)
    behind.before = lambda service, number: behind.kill() if number == 3 else None
    with pytest.raises(LabkitError):
        front.web.get(STUDY, headers=WHOLE)
    assert front.traces[-1]["broken"] and front.traces[-1]["bytes"] > 0
    assert front.source.stats()["cache"]["objects"] == 3
    behind.before = lambda service, number: None
    behind.start()
    whole = front.web.get(STUDY, headers=WHOLE)
    assert whole.content.count(b"DICM") == 5 and front.traces[-1]["cache"] == "partly"


@pytest.mark.parametrize("retrieve", ["c-get", "c-move"])
def test_fewer_objects_than_the_pacs_has_do_not_look_complete(
    stub: StartStub, facade: StartFacade, retrieve: str
) -> None:
    behind = stub()
    behind.objects, behind.send = [*SERIES], 4
    front = facade(behind, retrieve=retrieve)
    with pytest.raises(LabkitError, match="sent 4"):
        front.web.get(STUDY, headers=WHOLE)


def test_a_slow_retrieve_is_503_and_goes_on_for_the_second_ask(
    stub: StartStub, facade: StartFacade
) -> None:
    behind, go_on = stub(), threading.Event()
    behind.objects = [*SERIES]
    behind.before = lambda service, number: bool(go_on.wait(20)) and None
    front = facade(behind, slow_after=0.1)
    answer = front.web.get(STUDY, headers=WHOLE)
    assert answer.status_code == 503 and answer.headers["retry-after"]
    go_on.set()
    until(lambda: front.source.stats()["cache"]["objects"] == 5)
    assert front.web.get(STUDY, headers=WHOLE).content.count(b"DICM") == 5
    assert behind.asked["C-GET SERIES"] == 1


def test_associations_beyond_the_limit_are_waited_for_and_then_503(
    stub: StartStub, facade: StartFacade
) -> None:
    behind, go_on, waiting = stub(), threading.Event(), threading.Event()

    def hold(level: str) -> None:
        waiting.set()
        go_on.wait(20)

    behind.on_find = hold
    front = facade(behind, associations=1, slow_after=0.1)
    thread = threading.Thread(target=lambda: front.web.get("/studies", headers=JSON))
    thread.start()
    assert waiting.wait(20)
    answer = front.web.get("/studies", headers=JSON)
    go_on.set()
    thread.join()
    assert answer.status_code == 503 and answer.headers["retry-after"]
    assert "in use" in answer.json()["detail"]


def test_one_association_is_enough_for_everything(stub: StartStub, facade: StartFacade) -> None:
    behind = stub(most=1)
    behind.objects = [*SERIES]
    front = facade(behind, associations=1, retrieve="c-move")
    assert front.web.get(STUDY, headers=WHOLE).content.count(b"DICM") == 5
    assert front.web.get("/studies", headers=JSON).status_code == 200


def test_an_association_that_has_died_is_replaced(stub: StartStub, facade: StartFacade) -> None:
    behind = stub()
    behind.objects = [*SERIES]
    front = facade(behind)
    assert front.web.get("/studies", headers=JSON).status_code == 200
    behind.kill()
    behind.start()
    assert front.web.get("/studies", headers=JSON).status_code == 200
    assert front.traces[-1]["steps"][0]["association"] == "new"


def test_deleting_is_no_service_of_dimse(pacs: StartPacs, facade: StartFacade) -> None:
    front = facade(pacs())
    assert front.web.delete(STUDY).status_code == 405


def test_objects_leave_an_association_for_searches(stub: StartStub, facade: StartFacade) -> None:
    behind, go_on, stuck = stub(), threading.Event(), threading.Event()
    behind.objects = [*SERIES, small(2)]

    def before(service: str, number: int) -> None:
        stuck.set()
        go_on.wait(20)

    behind.before = before
    front = facade(behind, associations=2, slow_after=0.2)
    front.web.get(STUDY, headers=WHOLE)
    assert stuck.is_set() and front.source.stats()["retrieves"]["under_way"] == 1
    assert front.web.get("/studies", headers=JSON).status_code == 200
    assert front.web.get(f"/studies/{uid(2)}", headers=WHOLE).status_code == 503
    assert front.source.stats()["upstreams"]["STUB"]["associations"] <= 2
    go_on.set()


def test_idle_associations_are_released_and_closing_leaves_nothing(
    stub: StartStub, facade: StartFacade
) -> None:
    before = set(threading.enumerate())
    behind = stub()
    behind.objects = [*SERIES]
    front = facade(behind)
    front.web.get(STUDY, headers=WHOLE)
    until(lambda: front.source.stats()["upstreams"]["STUB"]["idle"] == 2)
    front.source._pacs[0].pool.release_idle(3600)
    assert front.source.stats()["upstreams"]["STUB"]["idle"] == 2
    front.source._pacs[0].pool.release_idle()
    assert front.source.stats()["upstreams"]["STUB"]["associations"] == 0
    front.web.get(STUDY, headers=WHOLE)
    front.source.close()
    until(lambda: behind.associations == 0)
    behind.kill()
    ours = ("proxy", "retrieve", "Acceptor", "Requestor")
    until(lambda: not [t for t in set(threading.enumerate()) - before if t.name.startswith(ours)])
