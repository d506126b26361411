"""Notebook 19: another design that passes, and wrong ones that nobody foresaw."""

from __future__ import annotations

import pytest

from labkit.exercises.advanced.nb19_project_exchange._designs import KEPT, LINES, SAFE, WHO
from labkit.lab import Lab
from tests.exercises.beginner.learner import attempt, passes

CENTRAL = (
    WHO
    + """
    start, end = whose.index('[[link]]'), whose.index('[retention]')
    lines = whose[:start].replace("federated", "centralised") + '''
    [[community]]
    name = "Region"
    issuer = "REGION"
    home = "urn:oid:2.25.2026104.1"
    authority = "2.25.2026104.2"

    [[site]]
    name = "centre"
    community = "Region"
    ae_title = "CENTRE"
    role = "centre"
    ''' + "".join(f'''
    [[link]]
    from = "{one}"
    to = "{other}"
    mbit = {mbit}
    ms = {ms}
    ''' for one, other, mbit, ms in (
        ("north", "centre", 1000, 4), ("lakeside", "centre", 100, 12),
        ("hillside", "centre", 50, 9), ("hillside", "north", 20, 18),
        ("north", "harbour", 200, 6))) + whose[end:]
    """
    + SAFE.replace('"NORTH", ', '"NORTH", "CENTRE", ')
    + KEPT
    + "\n    mine = kept\n"
)

RIGHT = [
    ("exchange-project", CENTRAL),
    ("exchange-what-to-promise", """
        def promises(marks):
            return {m.name for m in marks if m.full and m.state == "shown"}
    """),
    ("exchange-second-way", LINES.replace("mbit = 50\n    ms = 15", "mbit = 40\n    ms = 15")),
]  # fmt: skip

WRONG = [
    ("exchange-project", WHO + SAFE.replace("lines.", "whose.") + KEPT + "\n    mine = kept\n",
     "cut"),
    ("exchange-project", "mine = text + 'nonsense'", "design.toml"),
    ("exchange-whose-number", WHO.replace('manager = "north"', 'manager = "nobody"'),
     "no site nobody"),
    ("exchange-who-may", SAFE.replace('"NORTH", "HARBOUR", "LAKESIDE", "HILLSIDE"', ""),
     "answered"),
    ("exchange-who-may", SAFE.replace('    time = "time.north.example"\n', ""), "clocks"),
    ("exchange-copies", KEPT.replace("\n    children_until = 28", ""), "a child's until 0"),
]  # fmt: skip


@pytest.mark.parametrize(("slug", "source"), RIGHT)
def test_other_right_answers_pass(slug: str, source: str, lab: Lab) -> None:
    passes(lab, slug, source)


@pytest.mark.parametrize(("slug", "source", "says"), WRONG)
def test_wrong_answers_that_nobody_foresaw_fail(
    slug: str, source: str, says: str, lab: Lab
) -> None:
    verdict = attempt(lab, slug, source)
    assert verdict.outcome == "failed"
    assert says in f"{verdict.expected} {verdict.got}"
