"""ProxyTrace in real Chromium: list, waterfall, filters, keys alone, themes, colours, size."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, expect

from labkit.widgets import ProxyTrace
from tests.browser.bare import BareWidget, widget_page
from tests.browser.chromium import save
from tests.widgets.facade import record, records, step

pytestmark = pytest.mark.peers


def requests(shown: BareWidget) -> Locator:
    return shown.root.locator(".lw-space .pt-row")


def bars(shown: BareWidget) -> Locator:
    return shown.root.locator(".lw-space .pw-row")


def test_each_request_stands_beside_what_it_caused(browser: Browser) -> None:
    with widget_page(browser, lambda: ProxyTrace(records())) as shown:
        expect(requests(shown)).to_have_count(9)
        expect(shown.root.get_by_role("status")).to_have_text(
            "9 requests, 1 from the cache, 1.8 MB; 15 DIMSE operations, 1 failed"
        )
        third = requests(shown).nth(2)
        expect(third).to_contain_text("1 C-FIND, 1 C-MOVE")
        expect(third).to_contain_text("miss")
        expect(third.locator(".pt-target")).to_have_attribute("title", records()[2]["target"])
        expect(requests(shown).nth(5)).to_contain_text("hit")
        expect(requests(shown).nth(7)).to_contain_text("1 failed")
        expect(shown.root.locator(".pt-keys")).to_contain_text("3 C-MOVE")
        expect(bars(shown)).to_have_count(0)
        expect(shown.root.locator(".pt-facts")).to_contain_text("Select a request")


def test_the_waterfall_is_drawn_to_scale(browser: Browser) -> None:
    with widget_page(browser, lambda: ProxyTrace(records())) as shown:
        requests(shown).nth(3).click()
        shown.sync()
        assert shown.widget.selected == 3
        expect(bars(shown)).to_have_count(3)
        expect(bars(shown).nth(2)).to_contain_text("40 objects, 21 MB")
        expect(bars(shown).nth(2)).to_contain_text(
            "from 20 ms for 350 ms, Success, 40 objects, 21 MB, reused association"
        )
        boxes = [bar.bounding_box() for bar in shown.root.locator(".pw-bar").all()]
        http, find, move = [box for box in boxes if box]
        unit = http["width"] / 0.41
        assert move["width"] == pytest.approx(0.35 * unit, abs=1.5)
        assert move["x"] - http["x"] == pytest.approx(0.02 * unit, abs=1.5)
        assert find["x"] + find["width"] < move["x"]
        mark = shown.root.locator(".pw-row .pw-first").first.bounding_box()
        assert mark and mark["x"] - http["x"] == pytest.approx(0.12 * unit, abs=1.5)
        ticks = [text for text in shown.root.locator(".pw-tick").all_text_contents() if text]
        assert ticks == ["0 ms", "100 ms", "200 ms", "300 ms"]


def test_pointing_and_choosing_explain_a_bar(browser: Browser) -> None:
    with widget_page(browser, lambda: ProxyTrace(records())) as shown:
        shown.widget.select(7)
        shown.sync()
        facts = shown.root.locator(".pt-facts")
        expect(facts).to_contain_text("502 Bad Gateway")
        bars(shown).nth(2).hover()
        expect(facts).to_contain_text("A801  Refused: Move Destination unknown")
        expect(facts).to_contain_text("over a new association")
        expect(facts.get_by_role("link", name="PS3.4 C.4.2.1.5")).to_be_visible()
        shown.root.locator(".lw-bar").first.hover()
        expect(facts).to_contain_text("502 Bad Gateway")
        shown.widget.select(4)
        shown.sync()
        bars(shown).nth(1).click()
        expect(facts).to_contain_text("before the request: another had asked")


_FOCUS = """() => { const el = document.activeElement;
  return [el.getAttribute("aria-label"), getComputedStyle(el).outlineStyle]; }"""


def test_the_keyboard_is_enough(browser: Browser) -> None:
    with widget_page(browser, lambda: ProxyTrace(records())) as shown:
        keys = shown.page.keyboard
        names = []
        for _ in range(3):
            keys.press("Tab")
            name, outline = shown.page.evaluate(_FOCUS)
            names.append(name)
            assert outline == "solid"
        assert names == [
            "Filter by cache",
            "Filter by status",
            "HTTP requests in the order of time",
        ]
        keys.press("End")
        shown.sync()
        assert shown.widget.selected == 8
        keys.press("ArrowUp")
        shown.sync()
        assert shown.widget.selected == 7
        expect(shown.root.locator(".pt-list")).to_have_attribute(
            "aria-activedescendant", re.compile(r"-7$")
        )
        keys.press("Enter")
        keys.press("ArrowDown")
        keys.press("ArrowDown")
        expect(shown.root.locator(".pt-facts")).to_contain_text("A801")
        expect(shown.root.locator(".pw-row.lw-chosen")).to_have_attribute("aria-selected", "true")
        keys.press("Escape")
        keys.press("Home")
        shown.sync()
        assert shown.widget.selected == 0


def test_filters_go_both_ways(browser: Browser) -> None:
    with widget_page(browser, lambda: ProxyTrace(records())) as shown:
        shown.root.get_by_label("Filter by cache").select_option("miss")
        shown.sync()
        assert shown.widget.cache == "miss"
        expect(requests(shown)).to_have_count(3)
        expect(shown.root.get_by_text("3 of 9 shown")).to_be_visible()
        requests(shown).nth(2).click()
        shown.sync()
        assert shown.widget.selected == 7
        shown.widget.cache, shown.widget.status = "", "4xx"
        shown.sync()
        expect(requests(shown)).to_have_count(1)
        expect(requests(shown)).to_contain_text("/studies?limit=many")
        expect(shown.root.get_by_label("Filter by cache")).to_have_value("")
        shown.root.get_by_label("Filter by status").select_option("failed")
        expect(requests(shown)).to_contain_text(["502"])


def test_nothing_and_more_of_it_while_it_happens(browser: Browser) -> None:
    with widget_page(browser, ProxyTrace) as shown:
        expect(shown.root.get_by_role("status")).to_have_text("No request yet")
        shown.widget.watching = True
        shown.widget.append(records()[:2])
        shown.sync()
        expect(requests(shown)).to_have_count(2)
        expect(shown.root.locator(".pt-live")).to_have_text("● watching")
        shown.root.get_by_role("button", name="Stop").click()
        shown.sync()
        assert not shown.widget.watching


def test_five_thousand_requests_and_two_thousand_bars(browser: Browser) -> None:
    steps = [step("C-GET", "IMAGE", n / 1000, 0.001, 1) for n in range(2000)]

    def many() -> ProxyTrace:
        data = [record(n, f"/studies?offset={n}", 0.01) for n in range(4999)]
        return ProxyTrace([*data, record(4999, "/studies/1.2", 2.0, steps=steps)])

    with widget_page(browser, many) as shown:
        assert 0 < requests(shown).count() < 60
        shown.root.locator(".pt-list").focus()
        shown.page.keyboard.press("End")
        shown.sync()
        assert shown.widget.selected == 4999
        expect(shown.root.locator(".pt-list .lw-chosen")).to_contain_text("/studies/1.2")
        assert 0 < bars(shown).count() < 60
        shown.page.keyboard.press("Enter")
        shown.page.keyboard.press("End")
        expect(shown.root.locator(".pw-list .lw-chosen")).to_contain_text("from 2 s")


def test_what_others_wrote_stays_text(browser: Browser) -> None:
    nasty = [
        step("C-FIND", "STUDY", 0, 0.1, 1, pacs="<b>P</b>", status="C001", meaning="<i>no</i>")
    ]
    with widget_page(
        browser, lambda: ProxyTrace(record(1, "/studies?PatientName=<b>A", 0.2, steps=nasty))
    ) as shown:
        bars(shown).nth(1).click()
        expect(shown.root.locator(".pt-facts")).to_contain_text("<i>no</i>")
        expect(shown.root.locator(".pt-heading")).to_contain_text("<b>A")
        expect(bars(shown).nth(1)).to_contain_text("<b>P</b>")


_PATCHES = """() => Object.fromEntries(
  [...document.querySelectorAll(".pt-keys .pt-patch")].map((el) => {
  const style = getComputedStyle(el);
  return [el.parentElement.textContent.trim().split(" ").pop(), [
    `${style.backgroundImage.replace(/rgb\\([^)]*\\)/g, "")} ${style.borderTopWidth} ${
      style.backgroundImage === "none" && style.backgroundColor !== "rgba(0, 0, 0, 0)"}`,
    style.borderTopStyle === "solid" ? style.borderTopColor : style.backgroundColor]]; }))"""


def _light(colour: str) -> float:
    parts = [int(n) / 255 for n in re.findall(r"\d+", colour)[:3]]
    r, g, b = [v / 12.92 if v <= 0.03928 else ((v + 0.055) / 1.055) ** 2.4 for v in parts]
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_kinds_are_told_apart_without_colours_and_seen(browser: Browser, dark: bool) -> None:
    """WCAG 2.2, 1.4.1 (not by colour alone) and 1.4.11 (3:1 for graphics)."""
    with widget_page(browser, lambda: ProxyTrace(records()), dark=dark) as shown:
        found = shown.page.evaluate(_PATCHES)
        assert set(found) == {"HTTP", "C-FIND", "C-GET", "C-MOVE", "C-STORE", "C-ECHO"}
        assert len({pattern for pattern, _ in found.values()}) == 6, found
        under = _light("17 17 17" if dark else "255 255 255")
        for name, (_, colour) in found.items():
            high, low = max(_light(colour), under), min(_light(colour), under)
            assert (high + 0.05) / (low + 0.05) >= 3, (name, colour)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [480, 1000])
def test_nothing_is_clipped_and_text_can_be_read(
    browser: Browser,
    dark: bool,
    width: int,
    contrast: Callable[[BareWidget], list[str]],
    tmp_path: Path,
) -> None:
    with widget_page(browser, lambda: ProxyTrace(records()), dark=dark, width=width) as shown:
        for place in range(9):
            shown.widget.select(place)
            shown.sync()
            assert contrast(shown) == []
            wide = shown.page.evaluate("() => document.documentElement.scrollWidth > innerWidth")
            assert not wide
            if place in (3, 7, 8):
                name = f"proxy-trace-{place}-{width}-{'dark' if dark else 'light'}.png"
                save(shown.page, tmp_path / name)
