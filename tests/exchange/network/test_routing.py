"""Routers in a row and in a ring, and what ends a loop."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from labkit.dicom.samples import sample
from labkit.exchange.network import Network, check_design, read_design
from labkit.exchange.network.once import Once
from labkit.pacs import Archive
from labkit.pacs.part10 import read_object

from .conftest import Start

RING = """name = "A ring"
style = "federated"

[[community]]
name = "Ring"
home = "urn:oid:2.25.9.1"
authority = "2.25.9.2"

[[site]]
name = "one"
community = "Ring"
ae_title = "ONE"
role = "router"
forward = ["two"]

[[site]]
name = "two"
community = "Ring"
ae_title = "TWO"
role = "router"
forward = ["three"]

[[site]]
name = "three"
community = "Ring"
ae_title = "THREE"
role = "router"
forward = ["one"]

[[link]]
from = "one"
to = "two"
tls = false

[[link]]
from = "two"
to = "three"
tls = false

[[link]]
from = "three"
to = "one"
tls = false
"""


def rounds_of(network: Network, least: int) -> int:
    """Wait until so many messages went over the line from one to two, or 5 s; how many did."""
    until = time.monotonic() + 5
    while time.monotonic() < until:
        count = network.traffic()["one-two"].messages.get("C-STORE", 0)
        if count >= least:
            return count
        time.sleep(0.01)
    return network.traffic()["one-two"].messages.get("C-STORE", 0)


def test_a_ring_goes_round_and_round(start: Start) -> None:
    design = read_design(RING)
    assert check_design(design).named("routing-loop")
    network = start(design)
    network.acquire("one", "dx-hand-followup")
    assert rounds_of(network, 5) >= 5


def test_passing_on_once_ends_it(start: Start) -> None:
    design = read_design(RING.replace('ae_title = "TWO"', 'ae_title = "TWO"\npasses = "once"'))
    assert not check_design(design).named("routing-loop")
    network = start(design)
    network.acquire("one", "dx-hand-followup")
    assert network.settle() == {}
    kinds = {name: link.messages for name, link in network.traffic().items()}
    # one passes it on again when it comes back, and two has had it: it ends there
    assert kinds == {
        "one-two": {"C-STORE": 2},
        "two-three": {"C-STORE": 1},
        "three-one": {"C-STORE": 1},
    }


def test_rules_of_a_router(start: Start, tmp_path: Path) -> None:
    (tmp_path / "one.toml").write_text(
        '[[rule]]\nname = "hands"\nwhen.modality = ["DX"]\nsend = ["TWO"]\n'
    )
    text = RING.replace('forward = ["two"]', 'rules = "one.toml"').replace(
        'role = "router"\nforward = ["three"]', ""
    )
    path = tmp_path / "design.toml"
    path.write_text(text)
    network = start(read_design(path))
    network.acquire("one", "dx-hand-followup")
    network.acquire("one", "ct-no-spacing")
    assert network.settle() == {}
    assert network.holders(sample("dx-hand-followup").study_uid) == ["two"]
    assert network.holders(sample("ct-no-spacing").study_uid) == []


def test_an_object_is_passed_on_once_and_a_changed_one_again(tmp_path: Path) -> None:
    archive = Archive(tmp_path / "a")
    meta, data = read_object(sample("dx-hand").files[0])
    other_meta, other = read_object(sample("cr-wrist").files[0])
    once = Once(archive, most=1)

    def add(content: bytes, syntax: str) -> str:
        return once.add(content, transfer_syntax=syntax).outcome

    assert add(data, meta.transfer_syntax) == "stored"
    assert add(data, meta.transfer_syntax) == "stored"
    assert once.stopped == 1
    assert add(other, other_meta.transfer_syntax) == "stored"
    assert add(data, meta.transfer_syntax) == "already stored"  # forgotten: only one is remembered
    assert once.stopped == 1
    with pytest.raises(Exception, match="another object"):
        add(data.replace(b"Brackenfold", b"Brackenfolt"), meta.transfer_syntax)
    archive.close()


def test_settled_is_settled(start: Start) -> None:
    row = RING.replace('role = "router"\nforward = ["one"]', "")
    network = start(read_design(row))
    for slug in ("dx-hand-followup", "cr-wrist") * 10:
        network.acquire("one", slug)
        assert network.settle() == {}
        assert network.holders(sample(slug).study_uid) == ["three"]
