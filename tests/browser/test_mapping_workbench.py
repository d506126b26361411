"""MappingWorkbench in real Chromium: what belongs together, edits, refusals, themes, keys."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from pydicom.dataset import Dataset

from labkit.dicom import sample
from labkit.widgets import MappingWorkbench
from tests.browser.bare import BareWidget, widget_page
from tests.browser.chromium import save

pytestmark = pytest.mark.peers
HEAD = sample("ct-head").files[:4]


def bench() -> MappingWorkbench:
    return MappingWorkbench([str(path) for path in HEAD])


def row(shown: BareWidget, column: str, text: str) -> object:
    return shown.root.locator(f".mw-{column} .lw-space .mw-row", has_text=text)


def test_choosing_one_lights_the_others(browser: Browser, tmp_path: Path) -> None:
    with widget_page(browser, bench, width=1200) as shown:
        row(shown, "header", "StudyDescription").click()  # type: ignore[attr-defined]
        shown.sync()
        assert shown.widget.selected == "study.description"
        expect(row(shown, "table", "StudyDescription")).to_contain_class("mw-lit mw-value")
        expect(row(shown, "fhir", '"description": "CT head without')).to_contain_text("CT head")
        expect(shown.root.locator(".mw-fhir .mw-lit")).to_have_count(1)
        expect(shown.root.locator(".mw-why")).to_contain_text("(0008,1030) = CT head without")
        expect(shown.root.locator(".mw-valid")).to_have_text("✓ valid FHIR")
        save(shown.page, tmp_path / "mapping-workbench.png")


def test_pointing_at_one_lights_the_others(browser: Browser) -> None:
    with widget_page(browser, bench, width=1200) as shown:
        shown.root.get_by_role("searchbox").fill("modality")
        expect(row(shown, "table", "description")).to_have_count(0)  # the search has been done
        row(shown, "table", "series.modality").first.hover()  # type: ignore[attr-defined]
        expect(shown.root.locator(".mw-header .mw-lit")).to_contain_text(["Modality"])
        expect(shown.root.locator(".mw-fhir .mw-lit").first).to_contain_text("modality")
        shown.root.locator(".lw-bar").hover()
        expect(shown.root.locator(".mw-header .mw-lit")).to_have_count(0)


def test_why_is_this_empty(browser: Browser) -> None:
    with widget_page(browser, bench, width=1200) as shown:
        shown.root.get_by_label("only empty").check()
        empty = row(shown, "table", "series.laterality")
        empty.first.click()  # type: ignore[attr-defined]
        why = shown.root.locator(".mw-empty-line")
        expect(why).to_contain_text("Laterality (0020,0060) is not in the header")


def test_an_edit_shows_result_verdict_and_difference(browser: Browser, tmp_path: Path) -> None:
    with widget_page(browser, bench, width=1200) as shown:
        shown.widget.select("study.description")
        shown.sync()
        field = shown.root.get_by_role("textbox", name="from")
        field.fill("StudyDescripton")
        field.press("Enter")
        expect(shown.root.get_by_role("alert")).to_contain_text("did you mean StudyDescription?")
        assert shown.widget.differences() == []
        field.fill("StudyID")
        shown.root.get_by_role("button", name="Apply").click()
        changes = shown.root.locator(".mw-changes")
        expect(changes).to_contain_text("CT head without contrast → RP2600101")
        expect(row(shown, "fhir", '"description": "RP2600101"')).to_have_count(1)
        expect(row(shown, "table", "✎")).to_have_count(1)
        assert shown.widget.table["study.description"].source == "StudyID"
        save(shown.page, tmp_path / "mapping-workbench-edit.png")
        shown.root.get_by_role("button", name="Undo this row").click()
        expect(changes).to_have_count(0)


def test_the_validator_objects(browser: Browser) -> None:
    with widget_page(browser, bench, width=1200) as shown:
        shown.widget.edit("study.status", source="'done'")
        shown.sync()
        expect(shown.root.locator(".mw-verdict .lw-error")).to_have_text("✗ not valid FHIR")
        expect(shown.root.locator(".mw-issues")).to_contain_text("ImagingStudy.status")
        shown.root.get_by_role("button", name="Undo all").click()
        expect(shown.root.locator(".mw-valid")).to_be_visible()


def test_by_keyboard(browser: Browser) -> None:
    with widget_page(browser, bench, width=1200) as shown:
        keys = shown.page.keyboard
        shown.root.get_by_role("treegrid", name="Mapping table").focus()
        keys.press("/")
        expect(shown.root.get_by_role("searchbox")).to_be_focused()
        keys.type("study.started")
        expect(shown.root.locator(".mw-table .lw-space .mw-row")).to_have_count(1)
        keys.press("ArrowDown")
        shown.sync()
        assert shown.widget.selected == "study.started"
        keys.press("Enter")
        expect(shown.root.get_by_role("textbox", name="from")).to_be_focused()
        keys.press("Escape")
        expect(shown.root.get_by_role("treegrid", name="Mapping table")).to_be_focused()


def test_another_version_and_own_files(browser: Browser, tmp_path: Path) -> None:
    with widget_page(browser, bench, width=1200) as shown:
        shown.root.get_by_label("FHIR version").select_option("R5")
        search = shown.root.get_by_role("searchbox")
        search.fill('"concept"')
        expect(row(shown, "fhir", '"concept"').first).to_be_visible()  # type: ignore[attr-defined]
        search.fill("")
        path = shown.root.get_by_label("Path of your own file or folder")
        path.fill(str(tmp_path))
        path.press("Enter")
        expect(shown.root.get_by_role("alert")).to_contain_text("no header to map")
        path.fill(str(sample("cr-wrist").files[0]))
        path.press("Enter")
        search.fill(sample("cr-wrist").description)
        expect(row(shown, "fhir", '"description": ').first).to_be_visible()  # type: ignore[attr-defined]


def test_text_of_a_header_never_becomes_markup(browser: Browser) -> None:
    def harmful() -> MappingWorkbench:
        ds = Dataset()
        ds.SOPClassUID, ds.Modality = "1.2.840.10008.5.1.4.1.1.7", "OT"
        ds.StudyInstanceUID, ds.SeriesInstanceUID, ds.SOPInstanceUID = "1.2", "1.2.3", "1.2.3.4"
        ds.StudyDescription = "<img src=x onerror='window.harm=1'>"
        return MappingWorkbench(ds)

    with widget_page(browser, harmful) as shown:
        shown.widget.select("study.description")
        shown.sync()
        assert shown.root.locator("img").count() == 0
        assert shown.page.evaluate("() => window.harm") is None


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [560, 1100])
def test_nothing_is_clipped_and_text_can_be_read(
    browser: Browser, dark: bool, width: int, contrast: Callable[[BareWidget], list[str]],
    tmp_path: Path,
) -> None:  # fmt: skip
    with widget_page(browser, bench, dark=dark, width=width, height=1100) as shown:
        shown.widget.edit("study.description", source="StudyID")
        shown.widget.edit("study.status", source="'done'")
        shown.widget.select("series.laterality")
        shown.sync()
        save(shown.page, tmp_path / f"mapping-workbench-{width}-{'dark' if dark else 'light'}.png")
        assert contrast(shown) == []
        wide = shown.page.evaluate("() => document.documentElement.scrollWidth > innerWidth")
        assert not wide
