"""NetworkMap in real Chromium: found and acted on with keys, said in words, narrow and dark."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from labkit.exchange.network import regional
from labkit.widgets import NetworkMap
from labkit.widgets.network_map.layout import HEIGHT
from tests.browser.bare import BareWidget, widget_page
from tests.browser.chromium import save
from tests.widgets.test_network_map import Fake

pytestmark = pytest.mark.peers


def made() -> NetworkMap:
    shown = NetworkMap(Fake())
    shown.stop()
    return shown


def cut_links() -> list[dict[str, Any]]:
    links: list[dict[str, Any]] = Fake().picture()["links"]
    return [link | {"up": link["name"] != "harbour-lakeside"} for link in links]


def test_a_site_is_killed_with_keys(browser: Browser, tmp_path: Path) -> None:
    with widget_page(browser, made) as shown:
        page = shown.page
        expect(page.get_by_role("status")).to_contain_text("3 sites, 3 lines, all up")
        chart = page.get_by_role("listbox", name="Sites and lines")
        chart.focus()
        page.keyboard.press("ArrowRight")
        site = page.get_by_role("option", name="harbour, hospital of North General, up")
        expect(site).to_have_attribute("aria-selected", "true")
        page.keyboard.press("Enter")
        shown.sync()
        assert shown.widget.asked == {"act": "kill", "name": "harbour"}
        save(page, tmp_path / "network-map.png")


def test_a_line_is_cut_with_a_click_and_what_fails_is_said(browser: Browser) -> None:
    with widget_page(browser, made) as shown:
        page = shown.page
        box = page.get_by_role("listbox").bounding_box()
        assert box is not None
        # harbour and lakeside stand at one height: the middle of their line has nothing else on it
        page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] * 305 / HEIGHT)
        expect(page.get_by_role("button", name="Cut the line")).to_be_visible()
        page.get_by_role("button", name="Cut the line").click()
        shown.sync()
        assert shown.widget.asked == {"act": "cut", "name": "harbour-lakeside"}
        shown.widget.append(Fake().picture() | {"links": cut_links()})
        shown.sync()
        expect(page.get_by_role("status")).to_contain_text("✕ harbour-lakeside")
        page.get_by_role("button", name="Mend the line").click()
        expect(page.get_by_role("alert")).to_contain_text("The digger is still there. Wait.")


def test_contrast_and_a_narrow_page(
    browser: Browser, contrast: Callable[[BareWidget], list[str]]
) -> None:
    with widget_page(browser, made) as shown:
        shown.page.get_by_role("option", name="Line from north to lakeside").focus()
        assert contrast(shown) == []
        shown.page.set_viewport_size({"width": 360, "height": 800})
        assert shown.page.evaluate("document.documentElement.scrollWidth") <= 360


def test_messages_run_along_the_lines(browser: Browser, tmp_path: Path) -> None:
    with widget_page(browser, made) as shown:
        page = shown.page
        first = {"at": 1.0, "kind": "C-STORE", "from": "north", "to": "lakeside", "bytes": 4000}
        for number in (1, 2):
            flow = first | {"n": number, "links": ["north-harbour", "harbour-lakeside"]}
            shown.widget.append(Fake().picture() | {"flows": [flow]})
            shown.sync()
        expect(page.locator(".nm-dot-store")).to_have_count(1)  # what was there before does not run
        expect(page.get_by_role("list", name="Newest messages")).to_contain_text(
            "C-STORE north → lakeside 4.0 kB"
        )
        expect(page.locator(".nm-dot-store")).to_have_count(0)


def test_a_large_network_in_the_dark(browser: Browser, tmp_path: Path) -> None:
    with widget_page(browser, lambda: NetworkMap(regional(24, "federated")), dark=True) as shown:
        expect(shown.page.get_by_role("option")).to_have_count(24 + 276)
        expect(shown.page.get_by_role("button", name="Kill")).to_have_count(0)
        save(shown.page, tmp_path / "network-map-dark.png")
