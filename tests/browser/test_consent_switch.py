"""ConsentSwitch in real Chromium: a choice with keys alone, what is said, narrow and dark."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from labkit.widgets import ConsentSwitch
from tests.browser.bare import BareWidget, widget_page
from tests.browser.chromium import save
from tests.widgets.test_consent_switch import Doors, switch

pytestmark = pytest.mark.peers


def made() -> ConsentSwitch:
    return switch(Doors(), actor="Practitioner/eve", study="s1", meaning="instance")


def test_a_choice_with_keys_opens_and_shuts_doors(browser: Browser, tmp_path: Path) -> None:
    with widget_page(browser, made) as shown:
        page = shown.page
        expect(page.get_by_role("status")).to_have_text("1 of 2 doors open")
        meaning = page.get_by_label("Study means")
        meaning.focus()
        page.keyboard.press("Home")
        expect(page.get_by_role("status")).to_have_text("0 of 2 doors open")
        row = page.get_by_role("row", name="WADO-RS")
        expect(row).to_contain_text("shut")
        expect(row).to_contain_text("Consent.provision.provision[0]")
        page.get_by_label("Until").fill("soon")
        page.keyboard.press("Tab")
        expect(page.get_by_role("status")).to_contain_text("write a date as")
        page.get_by_label("Until").fill("2020-12-31")
        page.keyboard.press("Tab")
        expect(page.get_by_role("status")).to_have_text("2 of 2 doors open")
        page.get_by_text("The Consent as FHIR JSON").click()
        expect(page.locator("pre")).to_contain_text('"end": "2020-12-31"')
        save(page, tmp_path / "consent-switch.png")


def test_every_field_has_a_label_and_enough_contrast(
    browser: Browser, contrast: Callable[[BareWidget], list[str]]
) -> None:
    with widget_page(browser, made) as shown:
        for field in shown.page.locator("select, input").all():
            name = field.evaluate("el => el.labels[0]?.textContent ?? ''")
            assert name, "a field without a label"
        assert contrast(shown) == []


def test_it_fits_a_narrow_page(browser: Browser) -> None:
    with widget_page(browser, made) as shown:
        shown.page.set_viewport_size({"width": 360, "height": 800})
        wide = shown.page.evaluate("document.documentElement.scrollWidth")
        assert wide <= 360
