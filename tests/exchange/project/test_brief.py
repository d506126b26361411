"""Briefs: those that come with labkit, and what is said of one that is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from labkit.common.errors import UsageError
from labkit.exchange.project import briefs, draft, read_brief

FOLDER = Path(__file__).parents[3] / "labkit" / "exchange" / "project" / "briefs"


def text(name: str = "workshop") -> str:
    return (FOLDER / f"{name}.toml").read_text(encoding="utf-8")


def test_those_that_come_with_labkit() -> None:
    assert briefs() == ["region", "workshop"]
    for name in briefs():
        brief = read_brief(name)
        assert brief == read_brief(FOLDER / f"{name}.toml") == read_brief(text(name))
        assert brief.memo
    brief = read_brief("region")
    assert brief.id_at("Marigold Thistlewick", "lakeside") == "LK-20871"
    assert brief.id_at("Posy Brackenfold", "lakeside") == ""


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('at = "north"', 'at = "nort"', r"brief.toml:\d+: at is 'nort'"),
        ('sees = ["cr-chest-prior"]', 'sees = ["ct-head"]', "nobody makes ct-head"),
        ('seen_at = "lakeside"', 'seen_at = "centre"', "seen_at is 'centre'"),
        ('ids = ["NORTHGEN 1001234"]', 'ids = ["1001234"]', "names no issuer"),
        ('ids = ["NORTHGEN 1001234"]', 'ids = ["LAKESIDE 7"]', "has no ID at north"),
        ('sample = "dx-hand"', 'sample = "dx-hind"', "dx-hind"),
        ("pass_mark = 70", "pass_mark = 700", "no percentage"),
        ("sites = 4", "sites = 4000", "sites is not 1 to 40"),
        ('"nobody-mixed-up", ', '"nobody-mixed-up", "quiet", ', "no criterion quiet"),
        ('name = "emergency"', 'name = "audit"', "two criteria have one name"),
        ("budget = 14000", "budgte = 14000", r"budgte"),
        ("[law]", "[lawn]", r"lawn"),
    ],
)
def test_a_brief_that_is_wrong(old: str, new: str, says: str) -> None:
    assert old in text()
    with pytest.raises(UsageError, match=says) as refused:
        read_brief(text().replace(old, new, 1))
    assert refused.value.remedy


def test_there_is_no_such_thing() -> None:
    with pytest.raises(UsageError, match="There is no nowhere"):
        read_brief("nowhere")
    with pytest.raises(UsageError, match="no draft for workshop"):
        draft("workshop")
