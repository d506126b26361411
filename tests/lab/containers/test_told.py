"""Destinations of which one product alone is told: the façade before LEGACY."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from labkit.dimse import Peer
from labkit.lab.containers.dcmtk import Keeper
from labkit.lab.containers.products import Placed, Products
from labkit.lab.containers.supply import Supply

Told = list[tuple[str, dict[str, tuple[str, int]]]]


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Told:
    """What each keeper is told."""
    said: Told = []

    def know(keeper: Keeper, destinations: Mapping[str, tuple[str, int]]) -> None:
        said.append((keeper._name, dict(destinations)))

    monkeypatch.setattr(Keeper, "know", know)
    return said


def supply() -> Supply:
    placed = {
        name: Placed("dcmqrscp", "h", 1, "http://h:2", (name.lower(), 11112))
        for name in ("LEGACY", "CITY")
    }
    return Supply(Products(placed))


def test_one_alone_knows_it(told: Told) -> None:
    made = supply()
    made.tell("LEGACY", {"PROXY": Peer("PROXY", "10.0.0.9", 4000)})
    made.know({"WORKSTN": Peer("WORKSTN", "10.0.0.8", 104)})
    known = dict(told)
    assert known["LEGACY"] == {"WORKSTN": ("10.0.0.8", 104), "PROXY": ("10.0.0.9", 4000)}
    assert known["CITY"] == {"WORKSTN": ("10.0.0.8", 104)}


def test_it_is_told_again_only_where_something_changed(told: Told) -> None:
    made = supply()
    made.tell("LEGACY", {"PROXY": Peer("PROXY", "10.0.0.9", 4000)})
    made.know({})
    before = len(told)
    made.settle()
    made.tell("LEGACY", {"PROXY": Peer("PROXY", "10.0.0.9", 4000)})
    made.settle()
    assert len(told) == before
    made.tell("LEGACY", {"PROXY": Peer("PROXY", "10.0.0.9", 4001)})
    made.settle()
    assert dict(told[before:])["LEGACY"] == {"PROXY": ("10.0.0.9", 4001)}


def test_on_loopback_no_container_reaches_it(told: Told) -> None:
    """The lab runs outside their network: then the façade has C-GET."""
    made = supply()
    made.tell("LEGACY", {"PROXY": Peer("PROXY", "127.0.0.1", 4000)})
    made.settle()
    assert dict(told)["LEGACY"] == {}
