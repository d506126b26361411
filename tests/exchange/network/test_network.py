"""The three styles, as they run: where images are, who is asked, what goes over which line."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from labkit.common.access import DENY_ALL
from labkit.common.errors import AssociationRejected, LabError, NetworkError, UsageError
from labkit.dicom.samples import sample
from labkit.dimse import echo
from labkit.exchange.network import Network, example, regional
from labkit.exchange.parties import LAKESIDE, NORTH, PatientId
from labkit.exchange.pix import CrossReference, Domain

from .conftest import Start, quick

NEW = "ct-head-followup"
NEW_UID = sample(NEW).study_uid
HEAD = sample("ct-head")
PRIOR = sample("cr-chest-prior")


def test_centralised_images_go_to_the_centre(start: Start) -> None:
    network = start("three_centralised")
    made = network.acquire("north", NEW)
    assert network.settle() == {}
    assert network.holders(NEW_UID) == ["centre", "north"]
    traffic = network.traffic()
    assert traffic["north-centre"].messages == {"C-STORE": made.objects}
    assert traffic["north-centre"].there > made.bytes
    assert traffic["lakeside-centre"].bytes == 0
    found = network.find(at="lakeside", study=NEW_UID)
    assert (found.asked, found.messages, [s.site for s in found]) == (("centre",), 1, ["centre"])
    got = network.fetch(at="lakeside", study=NEW_UID)
    assert (got.source, got.objects, got.bytes) == ("centre", made.objects, made.bytes)
    assert got.line_bytes > got.bytes
    assert 0 < got.first_image <= got.seconds
    again = network.fetch(at="lakeside", study=NEW_UID)
    assert (again.local, again.line_bytes, again.bytes) == (True, 0, made.bytes)


def test_federated_images_stay_and_everybody_is_asked(start: Start) -> None:
    network = start("three_federated")
    network.acquire("north", NEW)
    assert network.settle() == {}
    assert network.holders(NEW_UID) == ["north"]
    assert network.traffic().bytes == 0
    found = network.find(at="lakeside", study=NEW_UID)
    assert found.asked == ("north", "harbour", "lakeside")
    assert found.messages == 2
    got = network.fetch(at="lakeside", study=NEW_UID)
    assert got.source == "north"
    assert network.holders(NEW_UID) == ["north"]  # nothing is kept where the design keeps nothing


def test_hybrid_manifests_go_to_the_centre(start: Start) -> None:
    network = start("three_hybrid")
    made = network.acquire("north", NEW)
    assert network.settle() == {}
    assert network.traffic().messages == {"C-STORE": 1}
    assert network.traffic()["north-centre"].there < made.bytes / 50
    found = network.find(at="lakeside", patient=sample(NEW).patient_id)
    located = {each.study: each for each in found}
    assert (located[NEW_UID].site, located[NEW_UID].objects) == ("north", made.objects)
    assert located[HEAD.study_uid].site == "north"  # announced when the network was built
    got = network.fetch(at="lakeside", study=NEW_UID)
    assert (got.source, got.objects) == ("north", made.objects)
    assert network.fetch(at="lakeside", study=NEW_UID).local


@pytest.mark.parametrize("name", ["three_centralised", "three_federated"])
def test_the_same_by_dimse(start: Start, name: str) -> None:
    network = start(quick(example(name)).changed(protocol="dimse"))
    made = network.acquire("north", NEW)
    network.settle()
    got = network.fetch(at="lakeside", study=NEW_UID)
    assert (got.objects, got.bytes) == (made.objects, made.bytes)
    kinds = network.traffic().messages
    assert kinds["C-MOVE"] == 1
    assert kinds["C-FIND"] == (1 if name.endswith("centralised") else 2)
    assert kinds["C-STORE"] == made.objects * (2 if name.endswith("centralised") else 1)
    assert network.fetch(at="lakeside", study=NEW_UID).local


def test_what_is_stored_is_what_was_made(start: Start) -> None:
    network = start("three_centralised")
    network.acquire("north", NEW)
    network.settle()
    network.fetch(at="lakeside", study=NEW_UID)
    sent = {str(ds.SOPInstanceUID): ds for ds in sample(NEW).datasets()}
    for site in ("north", "centre", "lakeside"):
        archive = network.site(site).archive
        assert archive is not None
        for uid, ds in sent.items():
            stored = archive.get(uid)
            assert stored is not None
            assert stored.dataset().PixelData == ds.PixelData


def test_a_cache_keeps_the_newest(start: Start) -> None:
    design = quick(example("three_centralised"))
    sites = tuple(replace(s, keep=1) if s.name == "lakeside" else s for s in design.sites)
    network = start(design.changed(sites=sites))
    for slug in ("ct-head", "dx-hand"):
        network.fetch(at="lakeside", study=sample(slug).study_uid)
    assert network.copies["lakeside"].studies == [sample("dx-hand").study_uid]
    assert "lakeside" not in network.holders(HEAD.study_uid)
    assert network.holders(PRIOR.study_uid) == ["centre"]


def test_the_only_one_there_is_is_never_retired(start: Start) -> None:
    design = quick(example("three_centralised"))
    sites = tuple(replace(s, keep=1) if s.name == "north" else s for s in design.sites)
    network = start(design.changed(sites=sites))
    network.kill("centre")
    network.acquire("north", NEW)
    network.acquire("north", "dx-hand-followup")
    assert network.holders(NEW_UID) == ["north"]
    network.revive("centre")
    network.settle()
    network.acquire("north", "mg-screening")
    network.settle()
    assert network.holders(NEW_UID) == ["centre"]


def test_a_forced_source_makes_no_copy_of_what_is_there(start: Start) -> None:
    network = start("three_hybrid")
    network.fetch(at="harbour", study=HEAD.study_uid)
    network.fetch(at="north", study=HEAD.study_uid, source="harbour")
    assert network.copies["north"].studies == []


def test_a_number_is_two_people_and_an_id_is_one(start: Start) -> None:
    pix = CrossReference([Domain.of(NORTH), Domain.of(LAKESIDE)])
    marigold = NORTH.patient("NG-100457")
    pix.link(marigold, LAKESIDE.patient("LK-20871"), why="the same person")
    design = quick(example("three_federated"))
    network = start(design, patients=pix)
    found = network.find(at="north", patient=marigold)
    assert [(each.site, each.patient) for each in found] == [("lakeside", "LK-20871")]
    assert network.find(at="north", patient="LK-20871").asked == ("north", "harbour", "lakeside")
    unknown = network.find(at="north", patient=PatientId("LK-1", LAKESIDE.authority))
    assert unknown.asked == ("lakeside",)
    without = start(design)
    assert len(without.find(at="north", patient=marigold)) == 0


def test_what_comes_before_it_is_wanted(start: Start) -> None:
    network = start("three_hybrid")
    got = network.prefetch(at="lakeside", patient=HEAD.patient_id, most=1)
    assert [each.source for each in got] == ["north"]
    before = network.traffic()
    assert network.fetch(at="lakeside", study=got[0].study).local
    assert (network.traffic() - before).bytes == 0


def test_the_allow_list_is_kept(start: Start) -> None:
    design = quick(example("three_federated"))
    allow = replace(design.security, allow=("NORTH", "LAKESIDE"))
    network = start(design.changed(security=allow))
    assert echo(network.peer("north", "lakeside"), ae_title="NORTH").status == 0
    with pytest.raises(AssociationRejected, match="calling"):
        echo(network.peer("harbour", "lakeside"), ae_title="HARBOUR")


def test_a_policy_is_asked(start: Start) -> None:
    network = start("three_federated", policy=DENY_ALL)
    with pytest.raises(NetworkError, match="did not take"):
        network.acquire("north", NEW)
    assert len(network.find(at="north", study=HEAD.study_uid)) == 0


def test_events_say_what_went_where(start: Start) -> None:
    ticks = iter(range(10_000))
    network = start("three_centralised", clock=lambda: float(next(ticks)))
    made = network.acquire("north", NEW)
    network.settle()
    network.kill("lakeside")
    network.cut("north-centre")
    events = network.events
    assert [event.at for event in events] == sorted(event.at for event in events)
    stores = [event for event in events if event.kind == "C-STORE"]
    assert {(e.source, e.target, e.links) for e in stores} == {
        ("north", "centre", ("north-centre",))
    }
    assert sum(event.bytes for event in stores) > made.bytes
    assert [(e.kind, e.source, e.target) for e in events if e.kind in ("killed", "cut")] == [
        ("killed", "lakeside", "lakeside"),
        ("cut", "north", "centre"),
    ]


def test_a_network_that_is_started_again_has_what_it_had(tmp_path: Path) -> None:
    design = quick(example("three_centralised"))
    with Network(design, tmp_path) as network:
        network.acquire("north", NEW)
        network.settle()
        network.fetch(at="lakeside", study=NEW_UID)
    with pytest.raises(LabError, match="does not run"):
        network.find(at="north", study=NEW_UID)
    with Network(design, tmp_path) as again:
        assert again.holders(NEW_UID) == ["centre", "north", "lakeside"]
        assert NEW_UID in again.copies["lakeside"].studies


@pytest.mark.parametrize("style", ["centralised", "federated", "hybrid"])
def test_ten_hospitals(start: Start, style: str) -> None:
    network = start(quick(regional(10, style)))
    network.acquire("hospital03", NEW)
    assert network.settle() == {}
    assert network.fetch(at="hospital07", study=NEW_UID).objects == len(sample(NEW).files)


def test_what_cannot_be(start: Start) -> None:
    network = start("three_federated")
    with pytest.raises(LabError, match="runs already"):
        network.start()
    with pytest.raises(UsageError, match="no site west"):
        network.kill("west")
    with pytest.raises(UsageError, match="no line x"):
        network.cut("x")
    with pytest.raises(UsageError, match="one Study Instance UID"):
        network.acquire("north", sample("dx-hand").datasets() + sample("ct-head").datasets())
    with pytest.raises(UsageError, match="patient or a study"):
        network.find(at="north")
    design = quick(example("three_federated"))
    sites = (replace(design.sites[0], studies=("ct-nothing",)), *design.sites[1:])
    with pytest.raises(UsageError, match="ct-nothing"):
        start(design.changed(sites=sites))
