"""What survives when a site or a line is gone, and what a line lets out."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from labkit.common.errors import LabError, NetworkError
from labkit.dicom.samples import sample
from labkit.exchange.network import example

from .conftest import Start, quick

NEW = "ct-head-followup"
NEW_UID = sample(NEW).study_uid
HEAD = sample("ct-head")
PRIOR = sample("cr-chest-prior")


def test_a_dead_centre(start: Start) -> None:
    network = start("three_centralised")
    network.kill("centre")
    assert network.dead == {"centre"}
    made = network.acquire("north", NEW)
    assert network.settle() == {"north": made.objects}
    found = network.find(at="lakeside", patient=HEAD.patient_id)
    assert not found.complete
    assert "cannot be reached" in found.silent["centre"]
    with pytest.raises(NetworkError, match="Nobody who answered"):
        network.fetch(at="lakeside", study=HEAD.study_uid)
    assert network.fetch(at="north", study=HEAD.study_uid).local  # its own copy is there
    network.revive("centre")
    assert network.settle() == {}
    assert network.fetch(at="lakeside", study=NEW_UID).objects == made.objects


def test_a_dead_site_in_a_federation(start: Start) -> None:
    network = start("three_federated")
    network.kill("north")
    found = network.find(at="harbour", patient=PRIOR.patient_id)
    assert [each.site for each in found] == ["lakeside"]
    assert list(found.silent) == ["north"]
    assert "no answer from north" in repr(found)
    with pytest.raises(NetworkError, match="north is down"):
        network.acquire("north", NEW)
    with pytest.raises(NetworkError, match="nobody asks"):
        network.find(at="north", study=NEW_UID)
    with pytest.raises(NetworkError, match="nobody looks"):
        network.fetch(at="north", study=NEW_UID)
    with pytest.raises(NetworkError):
        network.fetch(at="harbour", study=HEAD.study_uid)
    network.revive("north")
    assert network.fetch(at="harbour", study=HEAD.study_uid).objects == len(HEAD.files)


def test_a_line_that_is_cut_and_the_way_round(start: Start) -> None:
    network = start("three_federated")
    network.cut("north-lakeside")
    assert network.broken == {"north-lakeside"}
    got = network.fetch(at="lakeside", study=HEAD.study_uid)
    assert got.source == "north"
    traffic = network.traffic()
    assert traffic["north-lakeside"].bytes == 0
    assert traffic["north-harbour"].bytes > got.bytes
    assert traffic["harbour-lakeside"].bytes > got.bytes
    network.cut("north-harbour")
    found = network.find(at="lakeside", study=HEAD.study_uid)
    assert list(found.silent) == ["north"]
    network.mend("north-lakeside")
    network.fetch(at="lakeside", study=HEAD.study_uid)
    assert network.traffic()["north-lakeside"].bytes > got.bytes


def test_a_line_cut_in_the_middle_leaves_no_half_study(start: Start) -> None:
    design = example("three_hybrid")
    slow = tuple(replace(link, mbit=10.0, ms=1.0) for link in design.links)
    network = start(design.changed(links=slow))
    reached = threading.Event()
    site = network.site("lakeside")
    take = site.take

    def taking(*args: object) -> str:
        reached.set()
        return take(*args)  # type: ignore[arg-type]

    site.take = taking  # type: ignore[method-assign, assignment]
    failed: list[Exception] = []

    def fetching() -> None:
        try:
            network.fetch(at="lakeside", study=HEAD.study_uid)
        except NetworkError as error:
            failed.append(error)

    thread = threading.Thread(target=fetching)
    thread.start()
    assert reached.wait(20)
    network.cut("lakeside-centre")
    thread.join(20)
    assert failed
    assert network.holders(HEAD.study_uid) == ["centre", "north"]  # the centre has its manifest
    network.mend("lakeside-centre")
    assert network.fetch(at="lakeside", study=HEAD.study_uid).objects == len(HEAD.files)


def test_who_listens_at_a_line_reads_what_is_not_encrypted(start: Start) -> None:
    name = HEAD.patient_name.split("^")[0].encode()
    for tls in (False, True):
        design = quick(example("three_federated"))
        links = tuple(replace(link, tls=tls) for link in design.links)
        network = start(design.changed(links=links))
        heard = network.listen("north-lakeside")
        got = network.fetch(at="lakeside", study=HEAD.study_uid)
        assert len(heard()) > 1000
        assert (name in heard()) is not tls
        assert network.traffic()["north-lakeside"].bytes > got.bytes


def test_whoever_looks_while_it_is_closed_is_told_so(start: Start) -> None:
    network = start("three_centralised")
    told: list[str] = []
    began = threading.Barrier(3)

    def looking() -> None:
        began.wait()
        try:
            while True:
                network.picture()
        except LabError as error:
            told.append(error.message)

    threads = [threading.Thread(target=looking) for _ in range(2)]
    for thread in threads:
        thread.start()
    began.wait()
    network.close()
    for thread in threads:
        thread.join(20)
    assert told == ["The network does not run."] * 2
