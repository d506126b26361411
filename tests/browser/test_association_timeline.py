"""AssociationTimeline in real Chromium: lanes, details, fields and bytes together, live."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from labkit import dimse
from labkit.dimse import AssociationTrace
from labkit.widgets import AssociationTimeline
from tests.browser.bare import BareWidget, widget_page
from tests.browser.chromium import save
from tests.widgets.talk import conversation, finder

pytestmark = pytest.mark.peers


@pytest.fixture(scope="module")
def traces() -> list[AssociationTrace]:
    return conversation()


def test_lanes_show_both_sides_in_order(
    browser: Browser, traces: list[AssociationTrace], tmp_path: Path
) -> None:
    with widget_page(browser, lambda: AssociationTimeline(traces[0])) as shown:
        rows = shown.root.locator(".lw-space .at-row")
        expect(rows).to_have_count(7)
        expect(rows.nth(1)).to_contain_text("requestor to acceptor: A-ASSOCIATE-RQ")
        expect(rows.nth(4)).to_contain_text("acceptor to requestor: C-ECHO-RSP#1  0x0000 Success")
        shown.root.get_by_label("every PDU").check()
        expect(rows).to_have_count(9)
        save(shown.page, tmp_path / "association-timeline.png")


def test_a_line_is_explained_field_by_field(
    browser: Browser, traces: list[AssociationTrace]
) -> None:
    with widget_page(browser, lambda: AssociationTimeline(traces[0])) as shown:
        grid = shown.root.get_by_role("treegrid")
        grid.focus()
        shown.page.keyboard.press("Home")
        shown.page.keyboard.press("ArrowDown")
        shown.sync()
        assert shown.widget.selected == "0/p0"
        field = shown.root.locator(".at-fields tr", has_text="Called AE title")
        expect(field).to_contain_text("ARCHIVE")
        field.hover()
        expect(shown.root.locator(".lw-hex .lw-lit").first).to_contain_text("41 52 43 48")
        expect(shown.root.locator(".at-contexts")).to_contain_text("✓ accepted")


def test_a_message_unfolds_into_its_pdus(browser: Browser, traces: list[AssociationTrace]) -> None:
    with widget_page(browser, lambda: AssociationTimeline(traces)) as shown:
        row = next(r for r in shown.widget.rows() if r.name == "C-STORE-RQ")
        shown.widget.select(row.path)
        shown.sync()
        chosen = shown.root.locator(".lw-chosen")
        expect(chosen).to_contain_text("C-STORE-RQ")
        expect(chosen).to_have_attribute("aria-expanded", "false")
        shown.root.get_by_role("treegrid").focus()
        shown.page.keyboard.press("ArrowRight")
        expect(chosen).to_have_attribute("aria-expanded", "true")
        shown.root.locator(".at-pdus button").last.click()
        shown.sync()
        expect(chosen).to_contain_text("P-DATA-TF")
        assert shown.widget.selected.startswith("1/p")


def test_what_the_peer_wrote_stays_text(browser: Browser) -> None:
    with finder() as peer:
        result = dimse.find(peer, dimse.identifier("STUDY", PatientID="1", StudyDescription=""))
    with widget_page(browser, lambda: AssociationTimeline(result)) as shown:
        row = next(r for r in shown.widget.rows() if r.name == "C-FIND-RSP")
        shown.widget.select(row.path)
        shown.sync()
        expect(shown.root.locator(".at-elements").last).to_contain_text("<b>Head</b>")


def test_a_live_association_appears_and_can_be_stopped(
    browser: Browser, traces: list[AssociationTrace]
) -> None:
    with widget_page(browser, AssociationTimeline) as shown:
        expect(shown.root.get_by_role("status")).to_have_text("No association yet")
        shown.widget.watching = True
        shown.widget.append(traces[0])
        shown.sync()
        expect(shown.root.get_by_role("status")).to_have_text("1 association, 2 messages")
        expect(shown.root.locator(".at-live")).to_have_text("● watching")
        shown.root.get_by_role("button", name="Stop").click()
        shown.sync()
        assert not shown.widget.watching
        expect(shown.root.get_by_role("button", name="Stop")).to_be_hidden()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [560, 1000])
def test_nothing_is_clipped_and_text_can_be_read(
    browser: Browser,
    dark: bool,
    width: int,
    contrast: Callable[[BareWidget], list[str]],
    traces: list[AssociationTrace],
) -> None:
    with widget_page(browser, lambda: AssociationTimeline(traces), dark=dark, width=width) as shown:
        for path in ("2", "0/p0", "1/m1"):
            shown.widget.select(path)
            shown.sync()
            assert contrast(shown) == []
            assert not shown.page.evaluate(
                "() => document.documentElement.scrollWidth > innerWidth"
            )
