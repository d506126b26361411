"""Tables as notebooks show them: where cells stand, and what is escaped."""

from __future__ import annotations

import re

from labkit.common.html_table import Markup, html_table
from labkit.common.wording import counted
from labkit.lab.health import Health, NodeHealth


def test_every_cell_says_where_it_stands() -> None:
    shown = html_table(("node", "objects"), [("ARCHIVE", 12)], caption="a & b", numbers=(1,))
    cells = re.findall(r'<t[hd] align="(\w+)" style="text-align:(\w+);', shown)
    assert cells == [("left", "left"), ("right", "right")] * 2
    assert "<caption>a &amp; b</caption>" in shown


def test_cells_are_escaped_unless_they_are_markup() -> None:
    shown = html_table((), [("<b>", Markup("<b>x</b>"), "  indent")])
    assert "&lt;b&gt;" in shown and "<b>x</b>" in shown and "\u00a0\u00a0indent" in shown
    assert "<thead>" not in shown


def test_the_state_of_a_lab_stands_to_the_left() -> None:
    rows = (NodeHealth("ARCHIVE", "ARCHIVE", "<PACS>", "North"), NodeHealth("FHIR", "", "R4", ""))
    health = Health(rows)
    shown = health._repr_html_()
    assert "right" not in shown and shown.count("text-align:left") == 15
    assert "&lt;PACS&gt;" in shown and shown.endswith("<p>All 2 services are healthy.</p>")


def test_words_around_numbers() -> None:
    said = [counted(n, noun) for noun in ("study", "series", "match", "more row") for n in (1, 2)]
    assert said == ["1 study", "2 studies", "1 series", "2 series", "1 match", "2 matches",
                    "1 more row", "2 more rows"]  # fmt: skip
