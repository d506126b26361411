"""Panels of exercises in a longer language, in narrow pages: nothing is clipped, all is read."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from labkit.common import cite
from labkit.exercises.find import find
from labkit.exercises.languages import PSEUDO, Catalogue
from labkit.exercises.model import Verdict
from labkit.exercises.panel import Panel, Row
from labkit.exercises.words import words
from tests.browser.bare import DARK, LIGHT, PAGE
from tests.browser.chromium import save

pytestmark = pytest.mark.peers


def panels() -> list[Panel]:
    loaded = find("deliver-to-legacy").load()
    exercise, rule = loaded.exercise, cite("PS3.4", "C.2.2.2.1")
    hints = [
        Row(words("row.hint", at=at, count=len(exercise.hints)), text)
        for at, text in enumerate(exercise.hints, 1)
    ]
    failed = Verdict(
        "failed", "a study that LEGACY has", "1.2.826.0.1.3680043.8.498." + "5" * 36, (rule,),
        title=loaded.title, says=exercise.wrong[0].says, then='hint("deliver-to-legacy")',
    )  # fmt: skip
    return [
        failed.panel(),
        Panel(words("word.hint"), loaded.title, tuple(hints)),
        Panel(
            words("word.solution"),
            loaded.title,
            (
                Row(words("row.cell"), exercise.reference, code=True),
                Row(words("row.why"), exercise.explanation),
            ),
        ),
    ]


@pytest.mark.parametrize("language", [PSEUDO, ""])
@pytest.mark.parametrize("width", [360, 1000])
def test_panels_fit(browser: Browser, language: str, width: int, tmp_path: Path) -> None:
    dark = width == 360
    page = browser.new_page(viewport={"width": width, "height": 1100})
    try:
        page.set_content(
            PAGE % {"theme": DARK if dark else LIGHT, "light": "false" if dark else "true"}
        )
        body = "".join(panel.said_in(Catalogue(language))._as_html() for panel in panels())
        page.evaluate(
            """(body) => { const el = document.getElementById("widget"); el.innerHTML = body;
              el.style.color = "var(--jp-ui-font-color1)"; }""",
            body,
        )
        save(page, tmp_path / f"panels-{language or 'en'}-{width}.png")
        assert page.evaluate("() => document.documentElement.scrollWidth") <= width
        assert page.get_by_role("rowheader").count() >= 8
    finally:
        page.close()
