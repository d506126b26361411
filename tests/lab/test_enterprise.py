"""The enterprise in this process: what a reset puts back, and what it leaves alone."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pydicom import Dataset

from labkit.common.errors import UsageError
from labkit.dicom import real_file, samples
from labkit.dimse import Peer, echo, identifier, move, store, worklist
from labkit.lab.enterprise import Enterprise
from labkit.lab.workspace import Workspace


@pytest.fixture(scope="module")
def enterprise(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Enterprise]:
    workspace = Workspace.at(tmp_path_factory.mktemp("enterprise") / "lab")
    workspace.prepare()
    made = Enterprise(workspace)
    made.start({})
    yield made
    made.stop()


@pytest.fixture
def fresh(enterprise: Enterprise) -> Enterprise:
    enterprise.reset()
    return enterprise


def peer(enterprise: Enterprise, name: str) -> Peer:
    node = enterprise.addresses()[name]
    return Peer(node.ae_title, node.host, node.port)


def count(enterprise: Enterprise, name: str) -> int:
    return len(enterprise.objects(name))


def test_all_that_a_learner_changes_is_put_back(fresh: Enterprise) -> None:
    before = {name: fresh.objects(name) for name in ("ARCHIVE", "LEGACY", "WORKSTN")}
    progress = fresh.workspace.progress
    progress.write_text('{"solved": "echo-archive"}\n')
    fresh.add_destination("LEARNER", "127.0.0.1", 104)
    assert store(peer(fresh, "ARCHIVE"), [real_file("CT_small")]).stored
    fresh._fhir.store.create({"resourceType": "Patient"})
    fresh.stop_node("LEGACY")
    fresh.stop_node("FHIR")
    assert count(fresh, "ARCHIVE") == len(before["ARCHIVE"]) + 1
    assert "LEARNER" in fresh.destinations()
    assert fresh.running() == {**fresh.running(), "LEGACY": False, "FHIR": False}

    addresses = fresh.addresses()
    assert fresh.reset()["seconds"] < 5
    assert {name: fresh.objects(name) for name in before} == before
    assert "LEARNER" not in fresh.destinations()
    assert all(fresh.running().values())
    assert fresh.addresses() == addresses
    assert fresh.log("ARCHIVE") == {"lines": []}
    assert fresh.traces("ARCHIVE") == []
    assert fresh._fhir.store.read("Patient", "1") is None
    assert fresh._fhir.store.read("Patient", "quillfeather") is not None
    assert progress.read_text() == '{"solved": "echo-archive"}\n'


def test_logs_traces_and_objects_since_a_mark(fresh: Enterprise) -> None:
    echo(peer(fresh, "ARCHIVE"))
    mark = fresh.mark()
    assert store(peer(fresh, "ARCHIVE"), [real_file("CT_small")]).stored
    since = mark["logs"]["ARCHIVE"]
    lines = fresh.log("ARCHIVE", since=since, epoch=mark["epoch"])["lines"]
    assert "association accepted" in lines[0]
    assert "association released" in lines[-1]
    assert len(fresh.log("ARCHIVE")["lines"]) > len(lines)
    number = mark["traces"]["ARCHIVE"]
    assert len(fresh.traces("ARCHIVE", since=number, epoch=mark["epoch"])) == 1
    assert len(fresh.traces("ARCHIVE")) == 2
    new = fresh.objects("ARCHIVE", since=mark["objects"]["ARCHIVE"], epoch=mark["epoch"])
    assert len(new) == 1
    assert (fresh.workspace.root / new[0]["path"]).is_file()


def test_a_mark_from_before_a_reset_shows_everything_since_the_reset(fresh: Enterprise) -> None:
    for _ in range(3):
        echo(peer(fresh, "ARCHIVE"))
    mark = fresh.mark()
    fresh.reset()
    echo(peer(fresh, "ARCHIVE"))
    assert len(fresh.traces("ARCHIVE", since=3, epoch=mark["epoch"])) == 1
    assert fresh.log("ARCHIVE", since=mark["logs"]["ARCHIVE"], epoch=mark["epoch"])["lines"]


def test_health_checks_stay_out_of_the_log(fresh: Enterprise) -> None:
    echo(peer(fresh, "ARCHIVE"), ae_title="LABHEALTH")
    assert fresh.log("ARCHIVE") == {"lines": []}
    assert fresh.traces("ARCHIVE") == []


def test_the_nodes_know_each_other_as_destinations(fresh: Enterprise) -> None:
    assert set(fresh.addresses()) == set(fresh.destinations())
    ct = real_file("CT_small")
    assert store(peer(fresh, "ARCHIVE"), [ct]).stored
    asked = identifier("STUDY", StudyInstanceUID=_study_of(ct))
    assert move(peer(fresh, "ARCHIVE"), asked, "WORKSTN").completed == 1
    assert count(fresh, "WORKSTN") == 1


def test_the_worklist_and_the_performed_steps_are_put_back(fresh: Enterprise) -> None:
    ris, wanted = peer(fresh, "WORKLIST"), {"PatientName": None, "AccessionNumber": None}
    ordered = len(worklist(ris, wanted))
    assert ordered == len(samples.orders()) == len(worklist(peer(fresh, "ARCHIVE"), wanted))
    for path in (fresh.workspace.node("WORKLIST") / "worklist").iterdir():
        path.unlink()
    assert len(worklist(ris, wanted)) == 0
    step = Dataset()
    step.PerformedProcedureStepStatus = "IN PROGRESS"
    fresh.cast.mpps.put("1.2.3", step)
    assert [item["SOPInstanceUID"] for item in fresh.objects("WORKLIST")] == ["1.2.3"]
    since = fresh.mark()["objects"]["WORKLIST"]
    assert fresh.objects("WORKLIST", since=since) == []
    fresh.reset()
    assert len(worklist(ris, wanted)) == ordered
    assert fresh.objects("WORKLIST") == []


def test_the_router_forwards_and_a_reset_empties_its_queue(fresh: Enterprise) -> None:
    router, ct = peer(fresh, "ROUTER"), real_file("CT_small")
    before = count(fresh, "ARCHIVE")
    assert store(router, [ct]).stored
    until(lambda: count(fresh, "ARCHIVE") == before + 1)
    until(lambda: count(fresh, "ROUTER") == 0)
    fresh.stop_node("ARCHIVE")
    assert store(router, [real_file("MR_small")]).stored
    until(lambda: any("not forwarded" in line for line in fresh.log("ROUTER")["lines"]))
    assert count(fresh, "ROUTER") == 1
    fresh.reset()
    assert count(fresh, "ROUTER") == 0
    assert count(fresh, "ARCHIVE") == before
    assert fresh.log("ROUTER") == {"lines": []}
    assert store(router, [ct]).stored, "the router works again"


def until(happens: Callable[[], bool], seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not happens():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def _study_of(path: Path) -> str:
    from labkit.dicom import read

    return str(read(path).StudyInstanceUID)


@pytest.mark.parametrize("ae_title", ["ARCHIVE", "WORKSTN "])
def test_the_labs_own_nodes_cannot_be_redirected(fresh: Enterprise, ae_title: str) -> None:
    with pytest.raises(UsageError, match="own nodes"):
        fresh.add_destination(ae_title, "127.0.0.1", 104)
    with pytest.raises(UsageError, match="own nodes"):
        fresh.remove_destination(ae_title)


def test_destinations_come_and_go(fresh: Enterprise) -> None:
    fresh.add_destination("LEARNER", "127.0.0.1", 104)
    fresh.remove_destination("LEARNER")
    with pytest.raises(UsageError, match="not registered"):
        fresh.remove_destination("LEARNER")
    with pytest.raises(UsageError, match="port"):
        fresh.add_destination("LEARNER", "127.0.0.1", 0)


def test_a_node_comes_back_at_its_port_or_tells_where_it_is(fresh: Enterprise) -> None:
    import socket

    told: list[bool] = []
    before = fresh.addresses()["LEGACY"].port
    fresh.stop_node("LEGACY")
    fresh.start_node("LEGACY")
    assert fresh.addresses()["LEGACY"].port == before
    fresh.stop_node("LEGACY")
    with socket.socket() as other:
        other.bind(("127.0.0.1", before))
        other.listen()
        fresh.moved = lambda: told.append(True)
        fresh.start_node("LEGACY")
        fresh.moved = lambda: None
    now = fresh.addresses()["LEGACY"].port
    assert now != before
    assert told == [True]
    assert fresh.destinations()["LEGACY"] == ("127.0.0.1", now)
    endpoint = fresh._fhir.store.read("Endpoint", "legacy")
    assert endpoint is not None and str(now) in endpoint.body
    assert echo(peer(fresh, "LEGACY")).status == 0x0000


@pytest.mark.parametrize("act", ["stop_node", "start_node", "log", "traces", "objects"])
def test_an_unknown_node_is_named(fresh: Enterprise, act: str) -> None:
    with pytest.raises(UsageError, match="no node 'NOBODY'") as caught:
        getattr(fresh, act)("NOBODY")
    assert "ARCHIVE" in caught.value.remedy


def uids(enterprise: Enterprise, name: str = "ARCHIVE") -> list[str]:
    return [item["SOPInstanceUID"] for item in enterprise.objects(name)]


def test_what_is_missing_or_damaged_is_made_again(tmp_path: Path) -> None:
    workspace = Workspace.at(tmp_path / "lab")
    workspace.prepare()
    first = Enterprise(workspace)
    first.start({})
    held = uids(first)
    assert held
    store(peer(first, "ARCHIVE"), [real_file("CT_small")])
    first.stop()

    # Killed before its first state was there: the next start begins at the beginning.
    (workspace.root / "nodes" / "filled").unlink()
    second = Enterprise(workspace)
    second.start({})
    assert uids(second) == held

    # Sample data that have changed since, or another labkit: a reset makes the first state anew.
    label = workspace.seed / "seed.json"
    label.write_text(json.dumps({"format": "labkit-seed/2", "manifest": "of last year"}))
    (workspace.seed / "ARCHIVE" / "index.sqlite").write_text("rubbish")
    second.reset()
    assert json.loads(label.read_text())["manifest"] != "of last year"
    assert uids(second) == held

    # A seed that was deleted is no obstacle either.
    shutil.rmtree(workspace.seed)
    second.reset()
    assert uids(second) == held
    second.stop()

    # A FHIR store that cannot be read is kept aside, and the lab starts.
    (workspace.fhir / "fhir.sqlite").write_text("rubbish")
    third = Enterprise(workspace)
    third.start({})
    assert third._fhir.store.read("Patient", "quillfeather") is not None
    assert (workspace.root / "fhir-damaged-1" / "fhir.sqlite").read_text() == "rubbish"
    assert any("fhir-damaged-1" in line for line in third.log("FHIR")["lines"])
    third.stop()
