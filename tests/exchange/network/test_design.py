"""A design: read with its lines, written back, and its mistakes named."""

from __future__ import annotations

from pathlib import Path

import pytest

from labkit.common.errors import UsageError
from labkit.exchange.network import (
    Design,
    example,
    example_text,
    examples,
    read_design,
    regional,
    write_design,
)
from labkit.exchange.network.sections import CommunityDesign

TEXT = """name = "Two"
style = "federated"

[[community]]
name = "Valley"
home = "urn:oid:2.25.17.1"
authority = "2.25.17.2"

[[site]]
name = "north"
community = "Valley"
ae_title = "NORTH"
studies = ["ct-head"]

[[site]]
name = "south"
community = "Valley"
ae_title = "SOUTH"

[[link]]
from = "north"
to = "south"
mbit = 10
ms = 5
"""


def test_what_the_file_says() -> None:
    design = read_design(TEXT)
    assert (design.name, design.style, design.protocol) == ("Two", "federated", "dicomweb")
    assert design.site("north").studies == ("ct-head",)
    assert design.site("north").offers("store", "dicomweb")
    link = design.link("south", "north")
    assert link is not None
    assert (link.name, link.mbit, link.ms, link.tls) == ("north-south", 10, 5, True)
    assert design.centre is None
    assert [site.name for site in design.members("Valley")] == ["north", "south"]


def test_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(TEXT)
    assert read_design(path) == read_design(str(path)) == read_design(TEXT)
    with pytest.raises(UsageError, match="There is no"):
        read_design(tmp_path / "other.toml")


@pytest.mark.parametrize(
    ("old", "new", "says", "remedy"),
    [
        ('style = "federated"', 'style = "central"', "toml:2: the file style", "centralised"),
        ('style = "federated"', 'stile = "federated"', ":2: the file has no 'stile'", "style"),
        ('style = "federated"', "", "the file needs style", "Add style"),
        ('style = "federated"', "style = 3", "wrong type", 'text in "quotes"'),
        ("[[link]]", "[[links]]", r":20: there is no \[links\]", "link"),
        ("[[link]]", "[link]", ":20: link is a list", r"\[\[link\]\]"),
        ('"SOUTH"', '"A TITLE THAT IS TOO LONG"', ":18: .* 24 characters", "Shorten"),
        ('ae_title = "SOUTH"', "", ":15: .* needs ae_title", "Add ae_title"),
        ('name = "south"', 'name = "north"', ":16: site north is there 2", "own"),
        ('name = "south"', 'name = "the south"', ":16", "Letters"),
        ('to = "south"', 'to = "soth"', ":22: there is no site soth", "Did you mean south"),
        ('to = "south"', 'to = "north"', ":22", "two ends"),
        ("mbit = 10", "mbit = -1", ":23: .*below 0", "0 or more"),
        ("mbit = 10", "mbit = nan", ":23: .*no number", "0 or more"),
        ("ms = 5", "ms = inf", ":24", "0 or more"),
        ("ms = 5", "ms = true", ":24: .*wrong type", "number"),
        ('"Valley"\nae_title = "N', '"Vale"\nae_title = "N', ":11", "Valley"),
        ('home = "urn:oid:2.25.17.1"', 'home = "valley"', ":6: .*no OID", "digits"),
        ('studies = ["ct-head"]', 'services = ["find", "fax"]', ':13: .*"fax"', "move"),
        ('studies = ["ct-head"]', 'forward = ["nowhere"]', ":13", "north, south"),
        ('studies = ["ct-head"]', 'archive = "tape"', ":13", "cache"),
        ('studies = ["ct-head"]', 'rules = "no.toml"', ":13: .*no file", "folder"),
        ("[[link]]", '[security]\naudit = "east"\n[[link]]', ":21: there is no site east", "north"),
        ("[[link]]", '[security]\nconsent = "maybe"\n[[link]]', ":21", "opt-in"),
        ("[[link]]", "[[link", "cannot be read", "quotes"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_line(old: str, new: str, says: str, remedy: str) -> None:
    assert TEXT.count(old) == 1
    with pytest.raises(UsageError, match=says) as caught:
        read_design(TEXT.replace(old, new))
    assert remedy.replace("\\", "") in caught.value.remedy


def test_nothing_of_the_environment_gets_into_a_design(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET", "x")
    with pytest.raises(UsageError, match="SECRET is not set"):
        read_design(TEXT.replace('"Two"', '"${SECRET}"'))


def test_a_design_too_large_is_refused() -> None:
    many = "".join(f'[[link]]\nfrom = "north"\nto = "south"\nname = "l{n}"\n' for n in range(4001))
    with pytest.raises(UsageError, match="4000 is the most"):
        read_design(TEXT + many)


@pytest.mark.parametrize("name", examples())
def test_an_example_is_what_it_says(name: str) -> None:
    design = example(name)
    assert design.style == name.split("_")[1]
    assert read_design(example_text(name)) == design
    assert read_design(write_design(design)) == design


@pytest.mark.parametrize("style", ["centralised", "federated", "hybrid"])
def test_as_many_hospitals_as_wanted(style: str) -> None:
    design = regional(10, style, mbit=50)
    assert len(design.hospitals) == 10
    assert len(design.links) == (45 if style == "federated" else 10)
    assert read_design(write_design(design)) == design


@pytest.mark.parametrize(("count", "style"), [(1, "hybrid"), (400, "hybrid"), (90, "federated")])
def test_no_network_of_this_size(count: int, style: str) -> None:
    with pytest.raises(UsageError, match="cannot be one"):
        regional(count, style)


def test_no_such_example() -> None:
    with pytest.raises(UsageError, match="no example four"):
        example("four")


def test_every_value_survives_writing() -> None:
    odd = 'quote " backslash \\ tab \t and ünïcode'
    design = read_design(TEXT).changed(note=odd, name="other")
    again = read_design(write_design(design))
    assert (again.note, again.name, again) == (odd, "other", design)


def test_a_community_becomes_a_party() -> None:
    party = read_design(TEXT).community("Valley").party
    assert party.home == "urn:oid:2.25.17.1"
    assert party.patient("1").cx == "1^^^&2.25.17.2&ISO"
    assert len({party.repository, party.images, party.source, party.authority}) == 4
    with pytest.raises(UsageError, match="no authority"):
        CommunityDesign("X", "2.25.9").party  # noqa: B018


def test_a_design_made_in_python_names_its_parts() -> None:
    design = read_design(TEXT)
    with pytest.raises(UsageError, match=r"\[\[link\]\] 1: there is no site south"):
        Design("x", "hybrid", design.communities, design.sites[:1], design.links)
    with pytest.raises(UsageError, match="no community Hill"):
        design.community("Hill")
