"""What is wrong with a design is found, by name, and nothing is found in a good one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from labkit.exchange.network import Design, check_design, example, example_text, read_design
from labkit.exchange.network.checks import CHECKS
from labkit.exchange.network.graph import articulations, bridges, islands, path, rounds

FEDERATED, CENTRAL, HYBRID = "three_federated", "three_centralised", "three_hybrid"
ALONE = """
[[site]]
name = "alone"
community = "North General"
ae_title = "ALONE"
role = "router"
forward = ["north"]
"""
CLOUD = '[cloud]\nprovider = "Somebody"\nat = "north"\nregion = "eu"\n'
BROKEN = [
    # name of the finding, example, what stands there, what is put in its place, about
    ("unreachable-site", FEDERATED, "[[link]]", f"{ALONE}[[link]]", "alone"),
    ("link-without-tls", FEDERATED, "ms = 12\n", "ms = 12\ntls = false\n", "north-lakeside"),
    ("thin-line", CENTRAL, "mbit = 1000", "mbit = 3", "north-centre"),
    ("routing-loop", FEDERATED, 'studies = ["cr-chest-prior"]',
     'forward = ["harbour"]', "harbour"),
    ("colliding-ae-titles", FEDERATED, 'ae_title = "HARBOUR"',
     'ae_title = "NORTH"', "harbour"),
    ("router-without-destination", CENTRAL, 'keep = 20', 'role = "router"', "north"),
    ("no-centre", HYBRID, 'role = "centre"', 'role = "router"', "hybrid"),
    ("images-kept-nowhere", FEDERATED, 'ae_title = "HARBOUR"',
     'ae_title = "HARBOUR"\narchive = "cache"', "harbour"),
    ("images-kept-nowhere", CENTRAL, 'role = "centre"',
     'role = "centre"\narchive = "none"', "centre"),
    ("service-missing", CENTRAL, '"move", "dicomweb", "registry"', '"registry"', "centre"),
    ("service-missing", CENTRAL, ', "audit"]', "]", "centre"),
    ("service-missing", CENTRAL, ', "pix"', "", "centre"),
    ("no-registry", FEDERATED, '"registry", "repository", "gateway"]', '"gateway"]',
     "Lakeside Clinic"),
    ("no-gateway", FEDERATED, '"repository", "gateway"]', '"repository"]', "Lakeside Clinic"),
    ("no-home-community", FEDERATED, 'home = "urn:oid:2.25.2026102.1"\n', "",
     "Lakeside Clinic"),
    ("colliding-homes", FEDERATED, "2.25.2026102.1", "2.25.2026101.1", "Lakeside Clinic"),
    ("no-assigning-authority", FEDERATED, 'authority = "2.25.2026102.2"', "",
     "Lakeside Clinic"),
    ("colliding-authorities", FEDERATED, "2.25.2026102.2", "2.25.2026101.2",
     "Lakeside Clinic"),
    ("colliding-authorities", FEDERATED, 'issuer = "LAKESIDE"', 'issuer = "NORTHGEN"',
     "Lakeside Clinic"),
    ("no-cross-reference", FEDERATED, 'manager = "north"', "", "identity"),
    ("unknown-patients", FEDERATED, 'patients_to = ["north"]', "", "harbour"),
    ("no-tls-policy", FEDERATED, 'tls = "1.2"', "", "security"),
    ("no-audit", FEDERATED, 'audit = "north"', "", "security"),
    ("no-consistent-time", FEDERATED, 'time = "time.north.example"', "", "security"),
    ("no-user-assertion", FEDERATED, "xua = true", "", "security"),
    ("no-consent-policy", FEDERATED, 'consent = "opt-out"', "", "security"),
    ("no-allow-list", FEDERATED, 'allow = ["NORTH", "HARBOUR", "LAKESIDE"]', "", "security"),
    ("not-allowed", FEDERATED, 'allow = ["NORTH", ', "allow = [", "north"),
    ("copies-never-retired", CENTRAL, "keep = 20", "keep = 0", "north"),
    ("retention-below-law", FEDERATED, "\nyears = 10", "\nyears = 5", "retention"),
    ("retention-below-law", FEDERATED, "\nchildren_until = 28", "", "retention"),
    ("law-not-stated", FEDERATED, "law_years = 10", "", "retention"),
    ("cloud-unreachable", FEDERATED, "[identity]", CLOUD.replace('at = "north"', "") + "[identity]",
     "cloud"),
    ("cloud-not-encrypted", FEDERATED, "[identity]", f"{CLOUD}encrypted = false\n[identity]",
     "cloud"),
    ("keys-with-provider", FEDERATED, "[identity]", f'{CLOUD}keys = "provider"\n[identity]',
     "cloud"),
    ("no-region", FEDERATED, "[identity]", CLOUD.replace('region = "eu"', "") + "[identity]",
     "cloud"),
]  # fmt: skip
XCA = {"no-registry", "no-gateway"}
COPIES = {"copies-never-retired"}


def broken(name: str, base: str, old: str, new: str) -> Design:
    text = example_text(base)
    assert old in text
    text = text.replace(old, new, 1) if name != "not-allowed" else text.replace(old, new)
    if name in XCA:
        text = f'protocol = "xca"\n{text}'
    if name in COPIES:
        text = text.replace("copies_days = 90", "")
    if name == "routing-loop":
        text = text.replace('studies = ["dx-hand"]', 'forward = ["lakeside"]')
    return read_design(text)


@pytest.mark.parametrize(("name", "base", "old", "new", "about"), BROKEN)
def test_a_broken_design_is_found_out(name: str, base: str, old: str, new: str, about: str) -> None:
    before = check_design(example(base))
    design = broken(name, base, old, new)
    found = [f for f in check_design(design).named(name) if f not in before]
    assert about in [finding.about for finding in found]
    for finding in found:
        assert finding.says.endswith(".")
        assert finding.remedy.endswith((".", "]."))
        assert finding.severity in ("error", "warning")
        assert finding.at.startswith("design.toml:"), finding


def test_every_check_is_tried() -> None:
    named = {case[0] for case in BROKEN} | {"single-point-of-failure", "single-line"}
    source = "".join(
        path.read_text() for path in (Path(check_design.__code__.co_filename).parent).glob("*.py")
    )
    assert set(re.findall(r'Finding\(\s*"([a-z-]+)"', source)) == named
    assert len(CHECKS) > 20


def test_a_good_design_has_no_errors() -> None:
    for name in (CENTRAL, FEDERATED, HYBRID):
        assert check_design(example(name)).errors == []
    found = check_design(example(FEDERATED))
    assert len(found) == 0
    assert repr(found) == "nothing found"


def test_what_everything_hangs_on() -> None:
    found = check_design(example(CENTRAL))
    assert [f.about for f in found.named("single-point-of-failure")] == ["centre"]
    lines = [f.about for f in found.named("single-line")]
    assert lines == ["north-centre", "harbour-centre", "lakeside-centre"]
    assert check_design(example(FEDERATED)).named("single-line") == []


def test_errors_come_first() -> None:
    text = example_text(CENTRAL).replace("ms = 12", "ms = 12\ntls = false")
    found = check_design(read_design(text))
    assert found[0].name == "link-without-tls"
    assert "link-without-tls" in found._repr_html_()
    assert str(found[0]) in repr(found)
    assert "PS3.15 B.12" in str(found[0])


def test_names_of_a_design_do_not_become_html() -> None:
    text = example_text(FEDERATED).replace('"Lakeside Clinic"', '"<b>x</b>"')
    found = check_design(read_design(text.replace('authority = "2.25.2026102.2"', "")))
    assert "<b>x" not in found._repr_html_()


def test_the_quickest_way_and_what_is_left_of_it() -> None:
    design = example(FEDERATED)
    direct = path(design, "harbour", "lakeside")
    assert direct is not None
    assert [link.name for link in direct] == ["harbour-lakeside"]
    round_about = path(design, "harbour", "lakeside", cut=("harbour-lakeside",))
    assert round_about is not None
    assert [link.name for link in round_about] == ["north-harbour", "north-lakeside"]
    assert path(design, "harbour", "lakeside", cut=("harbour-lakeside",), dead=("north",)) is None
    assert path(design, "harbour", "harbour") == ()
    assert path(design, "harbour", "north", dead=("north",)) is None


def test_islands_bridges_and_articulations() -> None:
    central = example(CENTRAL)
    assert len(islands(central)) == 1
    assert len(islands(central, dead=("centre",))) == 3
    assert articulations(central) == ["centre"]
    assert [link.name for link in bridges(central)] == [link.name for link in central.links]
    assert articulations(example(FEDERATED)) == []
    assert bridges(example(FEDERATED)) == []


def test_rounds() -> None:
    assert rounds([("a", "b"), ("b", "c"), ("c", "a"), ("c", "d")]) == [("a", "b", "c")]
    assert rounds([("a", "b"), ("b", "c")]) == []
    assert rounds([("a", "b"), ("b", "a"), ("c", "d"), ("d", "c")]) == [("a", "b"), ("c", "d")]
    every = [(f"n{a}", f"n{b}") for a in range(60) for b in range(60) if a != b]
    assert len(rounds(every)) == 59  # in no time: each the shortest, of two
