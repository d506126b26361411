"""The site in real Chromium, opened from the disk: search, colours, narrow screens, no network."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.chromium import save
from tooling.site.build import build

pytestmark = pytest.mark.peers


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    build(folder / "site", folder / "source")
    return folder / "site"


def test_search_works_from_the_disk_and_leads_to_the_page(
    browser: Browser, site: Path, tmp_path: Path
) -> None:
    context = browser.new_context()
    page = context.new_page()
    asked: list[str] = []
    wrong: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.goto((site / "index.html").as_uri())
    page.get_by_role("textbox", name="Search").click()
    page.get_by_role("textbox", name="Search").press_sequentially("presentation context")
    hit = page.locator(".md-search-result__link").first
    expect(hit).to_be_visible()
    save(page, tmp_path / "site-search.png")
    hit.click()
    expect(page).to_have_url(re.compile(r"(?<!/index)\.html"))
    assert wrong == []
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:", "about:"))] == []
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_notebook_on_a_phone_and_by_night(
    browser: Browser, site: Path, tmp_path: Path, scheme: str
) -> None:
    context = browser.new_context(
        viewport={"width": 390, "height": 844},
        color_scheme="dark" if scheme == "dark" else "light",
    )
    page = context.new_page()
    for name in ("notebooks/beginner/07_send.html", "docs/api/mapping.html", "docs/glossary.html"):
        page.goto((site / name).as_uri())
        expect(page.locator("body")).to_have_attribute(
            "data-md-color-scheme", "slate" if scheme == "dark" else "default"
        )
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, name
    page.goto((site / "notebooks/beginner/07_send.html").as_uri())
    output = page.locator(".nb-output table").first
    output.scroll_into_view_if_needed()
    expect(output).to_be_visible()
    save(page, tmp_path / f"site-phone-{scheme}.png")
    context.close()


def test_from_one_notebook_to_the_next_and_to_the_glossary(browser: Browser, site: Path) -> None:
    page = browser.new_page()
    page.goto((site / "notebooks/beginner/07_send.html").as_uri())
    page.locator("article").get_by_role("link", name="06 The parts of a PACS").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("06 The parts of a PACS")
    page.goto((site / "notebooks/beginner/07_send.html").as_uri())
    page.locator("article").get_by_role("link", name="C-STORE").first.click()
    expect(page).to_have_url(re.compile(r"glossary\.html#c-store$"))
    page.close()
