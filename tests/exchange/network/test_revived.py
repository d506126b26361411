"""A site that has its power back asks itself again."""

from __future__ import annotations

from .conftest import Start


def test_a_site_that_was_down_finds_its_own_again(start: Start) -> None:
    network = start("three_federated")
    assert network.find(at="harbour", patient="1001234").complete
    network.kill("harbour")
    network.revive("harbour")
    found = network.find(at="harbour", patient="1001234")
    assert found.silent == {}
    assert "harbour" in [each.site for each in found]
