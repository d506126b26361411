"""AuditTrail in real Chromium: lanes, filters, keys alone, the record in three forms."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, expect

from labkit.access.audit.madeup import Week, made_up_week
from labkit.widgets import AuditTrail
from tests.browser.bare import BareWidget, widget_page
from tests.browser.chromium import save

pytestmark = pytest.mark.peers


@pytest.fixture
def week(tmp_path: Path) -> Iterator[Week]:
    week = made_up_week(tmp_path / "trail")
    yield week
    week.trail.close()


def one_image(week: Week) -> AuditTrail:
    return AuditTrail(week.trail.follow(week.study), verification=week.trail.verify())


def rows(shown: BareWidget) -> Locator:
    return shown.root.locator(".lw-space .au-row")


@pytest.mark.parametrize("dark", [False, True])
def test_lines_between_lanes(browser: Browser, week: Week, dark: bool, tmp_path: Path) -> None:
    with widget_page(browser, lambda: one_image(week), dark=dark) as shown:
        expect(rows(shown)).to_have_count(len(shown.widget.rows))
        expect(shown.root.get_by_role("status")).to_contain_text("✓")
        place = next(n for n, row in enumerate(shown.widget.rows) if row.who == "LEGACY")
        expect(rows(shown).nth(place)).to_contain_text("from LEGACY to ARCHIVE, refused")
        expect(rows(shown).nth(place)).to_contain_text("✕")
        lanes = shown.widget.lanes
        line = rows(shown).nth(place).locator(".au-line").bounding_box()
        names = [box for name in shown.root.locator(".au-lane-name").all()
                 if (box := name.bounding_box())]  # fmt: skip
        middle = [box["x"] + box["width"] / 2 for box in names]
        ends = sorted(middle[lanes.index(name)] for name in ("LEGACY", "ARCHIVE"))
        assert line
        assert line["x"] == pytest.approx(ends[0], abs=2)
        assert line["x"] + line["width"] == pytest.approx(ends[1], abs=2)
        rows(shown).nth(place).click()
        shown.sync()
        expect(shown.root.locator(".au-text")).to_contain_text("the patient denies Lakeside")
        save(shown.page, tmp_path / f"audit-trail-{'dark' if dark else 'light'}.png")


def test_keys_and_forms(browser: Browser, week: Week) -> None:
    with widget_page(browser, lambda: one_image(week)) as shown:
        shown.root.locator(".au-list").focus()
        shown.page.keyboard.press("ArrowDown")
        shown.sync()
        assert shown.widget.selected == 0
        shown.page.keyboard.press("Enter")
        expect(shown.root.locator(".au-text")).to_be_focused()
        shown.page.keyboard.press("Escape")
        expect(shown.root.locator(".au-list")).to_be_focused()
        shown.root.get_by_role("button", name="DICOM message").click()
        shown.sync()
        expect(shown.root.locator(".au-text")).to_contain_text("<AuditMessage>")
        shown.root.get_by_role("button", name="AuditEvent").click()
        shown.sync()
        expect(shown.root.locator(".au-text")).to_contain_text('"resourceType": "AuditEvent"')


def test_filters(browser: Browser, week: Week) -> None:
    with widget_page(browser, lambda: one_image(week)) as shown:
        shown.root.get_by_label("Filter by answer").select_option("refused")
        shown.sync()
        expect(rows(shown)).to_have_count(len(shown.widget.shown()))
        shown.root.get_by_label("Filter by answer").select_option("")
        shown.root.get_by_label("Filter by who").fill("LANTERN")
        expect(rows(shown)).to_have_count(1)
        shown.sync()
        assert shown.widget.who == "LANTERN"


def test_a_trail_at_fault_says_so(browser: Browser, week: Week) -> None:
    [file] = week.trail.folder.glob("audit-*.jsonl")
    file.write_bytes(file.read_bytes().replace(b"QUAGMIRE", b"SOMEBODY").replace(b"CT1", b"CT2"))
    with widget_page(
        browser, lambda: AuditTrail(week.records, verification=week.trail.verify())
    ) as shown:
        expect(shown.root.get_by_role("status")).to_contain_text("✕ record 2 is altered")
