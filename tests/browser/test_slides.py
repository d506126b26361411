"""A deck in real Chromium: keys, notes in a window of their own, all slides, what is too large."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from labkit.workshop.slides.cutting import cut
from labkit.workshop.slides.page import page as deck_of
from tests.browser.chromium import save

pytestmark = pytest.mark.peers
NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"


@pytest.fixture(scope="module")
def deck(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("decks") / "07_send.html"
    path.write_text(deck_of(cut(NOTEBOOKS / "beginner" / "07_send.ipynb")), "utf-8")
    return path


def test_keys_lead_through_the_deck(browser: Browser, deck: Path, tmp_path: Path) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 720})
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.goto(deck.as_uri())
    now, where = page.locator("section.now"), page.get_by_role("status")
    expect(now).to_have_attribute("data-at", "0/0")
    save(page, tmp_path / "slides-title.png")
    for key, at in (("ArrowRight", "1/0"), ("ArrowDown", "1/1"), ("ArrowRight", "2/0"),
                    ("ArrowUp", "2/0"), (" ", "2/1"), ("ArrowLeft", "2/0"), ("Shift+ ", "1/2"),
                    ("Home", "0/0"), ("PageDown", "1/0")):  # fmt: skip
        page.keyboard.press(key)
        expect(now).to_have_attribute("data-at", at)
    page.keyboard.press("End")
    count = page.locator("section").count()
    expect(where).to_have_text(f"{count} of {count}")
    page.keyboard.press(" ")  # there is no slide behind the last
    expect(where).to_have_text(f"{count} of {count}")
    page.keyboard.press("o")
    expect(page.locator("section").first).to_be_visible()
    page.locator('section[data-at="1/1"]').click()
    expect(now).to_have_attribute("data-at", "1/1")
    expect(page.locator("section").first).to_be_hidden()
    page.goto(f"{deck.as_uri()}#2/1")
    expect(now).to_have_attribute("data-at", "2/1")
    assert wrong == []
    page.close()


def test_notes_follow_in_a_window_of_their_own(browser: Browser, deck: Path) -> None:
    page = browser.new_page()
    page.goto(deck.as_uri())
    with page.expect_popup() as opened:
        page.keyboard.press("s")
    notes = opened.value
    expect(notes.locator("#here")).to_contain_text("1 of")
    notes.keyboard.press("ArrowRight")  # the speaker's keys work there too
    expect(page.locator("section.now")).to_have_attribute("data-at", "1/0")
    expect(notes.locator("#here")).to_contain_text("Send a study")
    expect(notes.locator("#notes")).to_contain_text("The ten slices are on the")
    expect(page.locator("aside").first).to_be_hidden()
    notes.close()
    page.close()


@pytest.mark.parametrize("size", [(1280, 720), (1024, 768)])
def test_every_slide_fits_its_screen(browser: Browser, deck: Path, size: tuple[int, int]) -> None:
    page = browser.new_page(viewport={"width": size[0], "height": size[1]})
    page.goto(deck.as_uri())
    high = "(() => { const s = document.querySelector('section.now');"
    high += " return s.scrollHeight > s.clientHeight + 2 ? s.dataset.at : '' })()"
    too_high = []
    for _ in range(page.locator("section").count()):
        too_high += filter(None, [page.evaluate(high)])
        page.keyboard.press(" ")
    assert too_high == []
    page.close()


def test_a_phone_reads_it_too(browser: Browser, deck: Path, tmp_path: Path) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 844}, color_scheme="dark")
    page.goto(f"{deck.as_uri()}#2/0")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    size = page.evaluate(
        "parseFloat(getComputedStyle(document.querySelector('section.now .text')).fontSize)"
    )
    assert size >= 14
    save(page, tmp_path / "slides-phone.png")
    page.get_by_role("button", name="On").click()
    expect(page.locator("section.now")).to_have_attribute("data-at", "2/1")
    page.close()
