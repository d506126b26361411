"""TokenInspector in real Chromium: what is said, keys alone, narrow and dark."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.bare import widget_page
from tests.browser.chromium import save
from tests.widgets.test_token_inspector import NOW, inspect, token

pytestmark = pytest.mark.peers


def test_each_part_stands_beside_what_checks_it(browser: Browser, tmp_path: Path) -> None:
    with widget_page(browser, lambda: inspect(token())) as shown:
        expect(shown.root.get_by_role("status")).to_have_text("✓ accepted")
        expect(shown.root.locator(".ti-left")).to_have_text("ends in 14 min")
        expect(shown.root.locator(".ti-row")).to_have_count(13)
        expect(shown.root.locator(".ti-row-bad")).to_have_count(0)
        expect(shown.root.locator(".ti-scopes li")).to_have_count(2)
        assert token().split(".")[2] not in shown.page.content()
        save(shown.page, tmp_path / "token-inspector.png")


def test_what_is_wrong_is_found_by_keys_alone(browser: Browser, tmp_path: Path) -> None:
    bad = token(exp=int(NOW) - 3600, aud="https://elsewhere.example/fhir")
    with widget_page(browser, lambda: inspect(bad)) as shown:
        expect(shown.root.locator(".ti-row-bad")).to_have_count(2)
        expect(shown.root.locator(".ti-left")).to_have_text("ended 1 h ago")
        shown.page.keyboard.press("Tab")
        expect(shown.root.get_by_role("button")).to_be_focused()
        shown.page.keyboard.press("Enter")
        expect(shown.root.locator(".ti-row")).to_have_count(2)
        expect(shown.root.get_by_role("button")).to_have_attribute("aria-pressed", "true")
        shown.sync()
        assert shown.widget.only_problems is True
        save(shown.page, tmp_path / "token-inspector-wrong.png")
