"""Marking: a good design gets all, and each mistake costs what it does, by what it does."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from labkit.common.errors import UsageError
from labkit.exchange.network import Design, Identity, SiteDesign, write_design
from labkit.exchange.project import CRITERIA, Marks, document, draft, mark, read_brief

from .conftest import GOOD, good, small


@pytest.fixture(scope="module")
def full() -> Marks:
    """The good design, by the brief of the notebook."""
    return mark(GOOD)


def lost(marks: Marks) -> dict[str, tuple[int, int]]:
    return {m.name: (m.points, m.of) for m in marks if not m.full}


def test_a_good_design_gets_all_and_says_what_is_only_declared(full: Marks) -> None:
    assert lost(full) == {}
    assert full.passed
    names = [m.name for m in full]
    assert sorted(names) == sorted([*CRITERIA, "emergency", "read-elsewhere", "referral"])
    assert [m.name for m in full if m.state == "declared"] == ["who-asks-for-everybody", "consent"]
    assert full.declared == 6
    assert "6 of the points are for what is declared and was not shown" in full.verdict
    assert full.named("own-at-home").got == "40 of 40 cases"
    assert full.named("one-line-cut").got == "10 of 10 cases"
    assert full.named("copies-gone").got == "2 copies were made, 0 are there after 91 days"


def test_the_facts_are_those_of_the_run(full: Marks) -> None:
    assert "cr-chest-prior: from lakeside to north" in full.named("emergency").evidence
    assert "40 MB from lakeside to north: 3.3 s" in full.named("time-to-images").evidence
    told = full.named("one-line-cut").evidence
    assert "line north-lakeside cut: emergency works" in told
    assert any(row.startswith("north down: referral does not work") for row in told)  # no manager
    assert full.carried["north-lakeside"]["GET"] > 0
    leak = full.named("who-asks-for-everybody").evidence
    assert "north asks lakeside for everybody: 2 studies of 2 people" in leak


def test_the_draft_that_is_given_does_not_pass() -> None:
    marks = mark(draft("region"))
    assert not marks.passed
    assert marks.missed == (
        "emergency", "nobody-mixed-up", "one-line-cut", "lines-listened-at", "copies-gone",
    )  # fmt: skip
    mixed = marks.named("nobody-mixed-up").got
    assert "1001234 at north is Posy Brackenfold, and gives Ignatius Marblethorpe" in mixed
    assert "NG-100457" in marks.named("lines-listened-at").got
    assert all(row.todo for row in marks if not row.full)


def test_a_small_brief(tmp_path: Path) -> None:
    marks = mark(small(), "workshop", tmp_path / "state")
    assert lost(marks) == {}
    assert (tmp_path / "state" / "drive").is_dir()
    again = mark(write_design(small()), "workshop")
    assert again.to_json() == marks.to_json()
    assert repr(again) == repr(marks)


def one_authority(design: Design) -> Design:
    one = design.communities[0]
    return design.changed(
        communities=(one,), sites=tuple(replace(s, community=one.name) for s in design.sites)
    )


def open_line(design: Design) -> Design:
    return design.changed(links=(design.links[0], replace(design.links[1], tls=False)))


def one_line(design: Design) -> Design:
    return design.changed(links=design.links[:1])


def site(design: Design, name: str, **parts: object) -> Design:
    changed = (replace(s, **parts) if s.name == name else s for s in design.sites)  # type: ignore[arg-type]
    return design.changed(sites=tuple(changed))


MISTAKES = {
    "no-manager": (
        lambda d: d.changed(identity=Identity()),
        {"sound", "emergency", "one-line-cut", "time-to-images", "nothing-lost", "copies-gone"},
    ),
    "no-tls-on-one": (open_line, {"sound", "lines-listened-at"}),
    "one-line": (one_line, {"one-line-cut"}),
    "copies-for-ever": (
        lambda d: d.changed(retention=replace(d.retention, copies_days=0)),
        {"copies-gone"},
    ),
    "nobody-listed": (
        lambda d: d.changed(security=replace(d.security, allow=())),
        {"sound", "stranger"},
    ),
    "no-audit": (
        lambda d: d.changed(security=replace(d.security, audit="")),
        {"sound", "audit"},
    ),
    "nobody-asked": (
        lambda d: d.changed(security=replace(d.security, consent="", xua=False)),
        {"sound", "consent", "who-asks-for-everybody"},
    ),
    "faster-than-offered": (
        lambda d: d.changed(links=(replace(d.links[0], mbit=1000.0), d.links[1])),
        {"lines-to-be-had"},
    ),
    "short-retention": (
        lambda d: d.changed(retention=replace(d.retention, years=7.0)),
        {"sound", "kept-as-the-law-says"},
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_costs_what_it_breaks(name: str) -> None:
    change, costs = MISTAKES[name]
    marks = mark(change(small()), "workshop")
    assert set(lost(marks)) == costs
    for row in marks:
        assert row.full or (row.todo and row.got and row.state in ("failed", "not run"))


def test_one_authority_for_all_mixes_two_people_up() -> None:
    marks = mark(one_authority(small()), "workshop")
    assert not marks.passed
    assert "nobody-mixed-up" in marks.missed
    assert "gives Ignatius Marblethorpe" in marks.named("nobody-mixed-up").got
    assert marks.named("wrong-domain").points == 0


def test_an_archive_that_keeps_nothing_is_blind_when_the_line_is_cut() -> None:
    design = small()
    centre = SiteDesign("centre", "North General", "CENTRE", role="centre",
                        services=("store", "find", "move", "dicomweb"))  # fmt: skip
    links = (
        replace(design.links[0], from_="north", to="centre", name="a"),
        replace(design.links[0], from_="lakeside", to="centre", name="b"),
    )
    allow = (*design.security.allow, "CENTRE")
    design = design.changed(style="centralised", sites=(*design.sites, centre), links=links,
                            security=replace(design.security, allow=allow))  # fmt: skip
    marks = mark(site(design, "lakeside", archive="none"), "workshop")
    row = marks.named("own-at-home")
    assert 0 < row.points < row.of
    assert "centre down: cr-chest-prior at lakeside" in " ".join(row.evidence)


def test_a_hospital_that_is_not_there() -> None:
    design = small()
    sites = tuple(replace(s, name="lake") if s.name == "lakeside" else s for s in design.sites)
    links = tuple(replace(link, to="lake") for link in design.links)
    marks = mark(design.changed(sites=sites, links=links), "workshop")
    assert marks.named("hospitals").got == "there is no hospital lakeside"
    assert {m.state for m in marks if m.part != "design"} == {"not run"}
    assert not marks.passed


def test_one_part_alone() -> None:
    marks = mark(small(), "workshop", parts=["attack"])
    assert {row.part for row in marks} == {"attack"}
    with pytest.raises(UsageError, match="Not all was marked"):
        document(marks)
    with pytest.raises(UsageError, match="no part drove"):
        mark(small(), "workshop", parts=["drove"])


def test_too_many_sites_are_not_built() -> None:
    brief = read_brief("workshop")
    with pytest.raises(UsageError, match="the brief allows 1"):
        mark(small(), replace(brief, limits=replace(brief.limits, sites=1)))


def test_what_cannot_be_run_says_why(tmp_path: Path) -> None:
    (tmp_path / "rules.txt").write_text("nonsense\n", encoding="utf-8")
    marks = mark(site(good(), "north", rules=tmp_path / "rules.txt"))
    row = marks.named("own-at-home")
    assert row.state == "not run"
    assert "could not be run" in row.got
