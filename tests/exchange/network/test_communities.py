"""The same verbs between communities: registries, gateways and manifests, over lines."""

from __future__ import annotations

import pytest

from labkit.common.errors import NetworkError, UsageError
from labkit.dicom.samples import sample
from labkit.exchange.network import Network, example
from labkit.exchange.parties import LAKESIDE, NORTH
from labkit.exchange.pix import CrossReference, Domain

from .conftest import Start, quick

MARIGOLD = NORTH.patient("NG-100457")
PRIOR = sample("cr-chest-prior")
HAND = sample("dx-hand")


def started(start: Start) -> Network:
    pix = CrossReference([Domain.of(NORTH), Domain.of(LAKESIDE)])
    pix.link(MARIGOLD, LAKESIDE.patient(PRIOR.patient_id), why="the same person")
    return start(quick(example("three_federated")).changed(protocol="xca"), patients=pix)


def test_a_prior_of_another_community_is_found_and_fetched(start: Start) -> None:
    network = started(start)
    found = network.find(at="north", patient=MARIGOLD)
    assert [(each.site, each.study) for each in found] == [("lakeside", PRIOR.study_uid)]
    assert found.asked == ("north", "lakeside")
    assert found.complete
    got = network.fetch(at="north", study=PRIOR.study_uid)
    assert (got.source, got.objects) == ("lakeside", 1)
    assert got.line_bytes > got.bytes
    kinds = network.traffic()["north-lakeside"].messages
    assert kinds["SOAP"] == 3  # ITI-38, ITI-39, RAD-75
    said = [e.what for e in network.events if e.kind == "SOAP" and e.target == "lakeside"]
    assert len(said) == 3


def test_a_member_without_a_registry_is_registered_with_its_community(start: Start) -> None:
    network = started(start)
    found = network.find(at="harbour", patient=HAND.patient_id)
    assert [each.study for each in found] == [HAND.study_uid]
    made = network.acquire("harbour", "dx-hand-followup")
    found = network.find(at="north", patient=HAND.patient_id)
    assert {each.study for each in found} == {HAND.study_uid, made.study}
    got = network.fetch(at="north", study=made.study)
    assert got.bytes == made.bytes


def test_a_community_that_does_not_answer(start: Start) -> None:
    network = started(start)
    network.find(at="north", patient=MARIGOLD)
    network.kill("lakeside")
    found = network.find(at="north", patient=MARIGOLD)
    assert not found.complete
    assert list(found.silent) == ["lakeside"]
    with pytest.raises(NetworkError):
        network.fetch(at="north", study=PRIOR.study_uid)
    network.revive("lakeside")
    assert len(network.find(at="north", patient=MARIGOLD)) == 1
    assert network.fetch(at="north", study=PRIOR.study_uid).objects == 1


def test_a_patient_comes_first(start: Start) -> None:
    network = started(start)
    with pytest.raises(UsageError, match="names a patient"):
        network.find(at="north", study=PRIOR.study_uid)
    with pytest.raises(NetworkError, match="has found"):
        network.fetch(at="north", study=PRIOR.study_uid)
