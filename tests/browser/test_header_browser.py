"""HeaderBrowser in real Chromium: keys, search, edits, themes, and tens of thousands of rows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from labkit.widgets import HeaderBrowser
from tests.browser.bare import BareWidget, widget_page
from tests.browser.chromium import save

pytestmark = pytest.mark.peers
CT = str(get_testdata_file("CT_small.dcm"))
MR = str(get_testdata_file("MR_small.dcm"))


def named(shown: BareWidget, text: str) -> object:
    return shown.root.locator(".lw-space .hb-row", has_text=text)


def test_search_select_and_bytes(browser: Browser, tmp_path: Path) -> None:
    with widget_page(browser, lambda: HeaderBrowser(CT)) as shown:
        box = shown.root.get_by_role("searchbox")
        box.fill("patient name")
        expect(shown.root.locator(".lw-space .hb-row")).to_have_count(1)
        expect(shown.root.get_by_role("status")).to_have_text("1 of 272 rows")
        box.press("Enter")
        expect(shown.root.locator(".lw-title")).to_contain_text("PatientName")
        expect(shown.root.locator(".hb-full")).to_have_text("CompressedSamples^CT1")
        expect(shown.root.locator(".lw-hex")).to_contain_text("10 00 10 00")
        expect(shown.root.locator(".lw-hex .lw-caption")).to_contain_text("offset 922")
        shown.page.wait_for_function("() => bare.model.get('search') === 'patient name'")
        shown.sync()
        assert (shown.widget.selected, shown.widget.search) == ("(0010,0010)", "patient name")
        save(shown.page, tmp_path / "header-browser.png")


def test_everything_by_keyboard(browser: Browser) -> None:
    with widget_page(browser, lambda: HeaderBrowser(CT)) as shown:
        keys = shown.page.keyboard
        shown.widget.select("OtherPatientIDsSequence")
        shown.sync()
        tree = shown.root.get_by_role("treegrid")
        tree.focus()
        for key in ("ArrowRight", "ArrowRight", "ArrowRight", "ArrowRight"):
            keys.press(key)
        shown.sync()
        assert shown.widget.selected == "(0010,1002)[0].(0010,0020)"
        keys.press("ArrowLeft")
        keys.press("ArrowLeft")
        expect(shown.root.locator(".lw-chosen")).to_have_attribute("aria-expanded", "false")
        keys.press("End")
        expect(shown.root.locator(".lw-chosen")).to_contain_text("DataSetTrailingPadding")
        keys.press("Home")
        expect(shown.root.locator(".lw-chosen")).to_contain_text("FileMetaInformationGroupLength")
        active = tree.get_attribute("aria-activedescendant")
        assert active == shown.root.locator(".lw-chosen").get_attribute("id")
        keys.press("/")
        expect(shown.root.get_by_role("searchbox")).to_be_focused()


def test_an_edit_that_the_vr_forbids_says_why_then_a_good_one(browser: Browser) -> None:
    with widget_page(browser, lambda: HeaderBrowser(CT)) as shown:
        shown.widget.select("StudyDate")
        shown.sync()
        shown.root.get_by_role("treegrid").focus()
        shown.page.keyboard.press("Enter")
        field = shown.root.get_by_role("textbox", name="New value of StudyDate")
        expect(field).to_be_focused()
        field.fill("2026-01-15")
        field.press("Enter")
        expect(shown.root.get_by_role("alert")).to_contain_text("YYYYMMDD")
        assert shown.widget.differences() == []
        field.fill("20260115")
        field.press("Enter")
        expect(shown.root.locator(".hb-changed")).to_contain_text("20260115")
        shown.sync()
        assert shown.widget.edited.StudyDate == "20260115"
        shown.root.get_by_role("button", name="Revert").click()
        expect(shown.root.locator(".hb-changed")).to_have_count(0)


def test_while_python_is_busy_the_view_says_so(browser: Browser) -> None:
    with widget_page(browser, lambda: HeaderBrowser(CT)) as shown:
        shown.page.evaluate("() => { bare.model.save_changes = () => {}; }")
        shown.root.locator(".lw-space .hb-row", has_text="TransferSyntaxUID").click()
        expect(shown.root.locator(".hb-detail")).to_contain_text("Python is busy")


def test_two_data_sets_only_differences(browser: Browser) -> None:
    with widget_page(browser, lambda: HeaderBrowser(CT, MR)) as shown:
        expect(shown.root.get_by_role("columnheader")).to_have_text(
            ["tag", "name", "VR", "CT_small.dcm", "MR_small.dcm"]
        )
        shown.root.get_by_label("only differences").check()
        expect(shown.root.get_by_role("status")).to_contain_text("271 differ")
        expect(shown.root.locator(".lw-space .hb-same")).to_have_count(0)
        shown.root.get_by_role("searchbox").fill("echotime")
        row = shown.root.locator(".lw-space .hb-row")
        # The rows are drawn at the next frame; Playwright does not wait when it finds several.
        expect(row).to_have_count(1)
        expect(row).to_have_class("hb-row hb-added")
        expect(row.get_by_label("added")).to_have_text("+")
        shown.page.wait_for_function("() => bare.model.get('search') === 'echotime'")
        shown.sync()
        assert shown.widget.only_differences


def test_text_of_a_file_never_becomes_markup(browser: Browser) -> None:
    ds = Dataset()
    ds.PatientComments = "<img src=x onerror='window.harm=1'>"
    ds.add_new(0x00091001, "LO", "<b>bold</b>")
    with widget_page(browser, lambda: HeaderBrowser(ds)) as shown:
        shown.widget.select("PatientComments")
        shown.sync()
        assert shown.root.locator("img").count() == 0
        assert shown.page.evaluate("() => window.harm") is None


def large() -> HeaderBrowser:
    ds = Dataset()
    items = [Dataset() for _ in range(12_000)]
    for n, item in enumerate(items):
        item.InstanceNumber = n
        item.ReferencedSOPInstanceUID = f"1.2.{n}"
    ds.ReferencedImageSequence = Sequence(items)
    return HeaderBrowser(ds)


def test_a_very_large_header_is_quick_and_complete(browser: Browser) -> None:
    with widget_page(browser, large) as shown:
        assert not shown.widget._table["complete"]
        tree = shown.root.get_by_role("treegrid")
        tree.focus()
        shown.page.keyboard.press("Home")
        shown.page.keyboard.press("ArrowRight")
        expect(tree).to_have_attribute("aria-rowcount", "12001", timeout=30_000)
        shown.page.keyboard.press("End")
        expect(shown.root.locator(".lw-chosen")).to_contain_text("Item [11999]")
        assert shown.root.locator(".lw-space .hb-row").count() < 60
        shown.root.get_by_role("searchbox").fill("1.2.7777")
        row = shown.root.locator(".lw-space .hb-row", has_text="ReferencedSOPInstanceUID")
        expect(row).to_contain_text("1.2.7777", timeout=30_000)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [560, 1000])
def test_nothing_is_clipped_and_text_can_be_read(
    browser: Browser, dark: bool, width: int, contrast: Callable[[BareWidget], list[str]]
) -> None:
    with widget_page(browser, lambda: HeaderBrowser(CT), dark=dark, width=width) as shown:
        shown.widget.select("OtherPatientIDsSequence[1].PatientID")
        shown.widget.edit("PatientID", "X")
        shown.sync()
        assert contrast(shown) == []
        wide = shown.page.evaluate("() => document.documentElement.scrollWidth > innerWidth")
        assert not wide
