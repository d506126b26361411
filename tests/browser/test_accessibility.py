"""A learner without a mouse, and without sight: keys alone, names, contrast, in JupyterLab itself.

One JupyterLab and one page serve all: an exercise is done, each widget is driven, and what then
stands there is examined by axe in both themes. axe judges our elements only.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, expect

from labkit.exercises.find import find
from labkit.widgets import NetworkMap
from tests.browser.bare import widget_page
from tests.browser.chromium import PATIENCE, save
from tests.browser.jupyter import NotebookPage, jupyter
from tests.browser.keys import Walk
from tests.browser.widget_cells import EXERCISE, WIDGETS, keep_all_cells, write_notebook
from tests.widgets.test_network_map import Fake

pytestmark = pytest.mark.peers
OURS = [[".lw"], [".jp-OutputArea-output [role=note]"]]
#: WCAG 2.2 A and AA, and what axe calls best practice.
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.fixture(scope="module")
def page(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    root, home = tmp_path_factory.mktemp("notebooks"), tmp_path_factory.mktemp("home")
    write_notebook(root / "all.ipynb")
    keep_all_cells(home)
    here = str(Path(__file__).resolve().parents[2])
    variables = {"PYTHONPATH": here, "LABKIT_WORKSPACE": str(home / "lab")}
    expect.set_options(timeout=60_000)  # a busy machine
    try:
        with jupyter(root, home, env=variables) as server:
            opened = server.open(browser, "all.ipynb")
            yield opened.page
            opened.page.close()
    finally:
        expect.set_options(timeout=PATIENCE)


def command_mode(page: Page, cell: int) -> None:
    """Select a cell with keys, from wherever in the notebook's cells the focus is."""
    page.keyboard.press("Escape")
    for _ in range(len(WIDGETS) + 3):
        page.keyboard.press("ArrowUp")
    for _ in range(cell):
        page.keyboard.press("ArrowDown")


def test_an_exercise_is_done_with_keys_alone(page: Page) -> None:
    notebook = NotebookPage(page)
    command_mode(page, 0)
    page.keyboard.press("Shift+Enter")
    exercise = find(EXERCISE).load().exercise
    verdict = page.locator(".jp-Cell").nth(1).get_by_role("note")
    wrong = exercise.wrong[0]
    for source, said in ((wrong.source, wrong.says), (exercise.reference, "Passed")):
        command_mode(page, 1)
        page.keyboard.press("Enter")
        page.keyboard.press("ControlOrMeta+a")
        page.keyboard.insert_text(f'{source}\n\ncheck("{EXERCISE}", {exercise.answer})')
        page.keyboard.press("Shift+Enter")
        expect(verdict).to_contain_text(said)
        expect(verdict).to_have_attribute("aria-live", "polite")
    for _ in range(len(WIDGETS) + 1):  # the panels, then each widget; Shift+Enter goes on by one
        page.keyboard.press("Shift+Enter")
    notebook.wait_idle(120)
    expect(page.locator(".lw")).to_have_count(len(WIDGETS))


# -- each widget: what one comes for, done with keys --


def header_browser(walk: Walk, root: Locator) -> None:
    walk.reach(root.get_by_role("searchbox"))
    walk.press(*"patient name", "Enter")
    expect(root.locator(".lw-title")).to_contain_text("PatientName")
    walk.press("Enter")
    field = root.get_by_role("textbox", name="New value of PatientName")
    expect(field).to_be_focused()
    walk.press("Escape")
    expect(root.get_by_role("treegrid")).to_be_focused()
    walk.press("End")
    expect(root.locator(".lw-chosen")).to_be_visible()


def image_viewer(walk: Walk, root: Locator) -> None:
    stage = root.get_by_role("application")
    walk.reach(stage)
    walk.press("Home")
    expect(stage).to_have_attribute("aria-label", re.compile("frame 1 of 20"))
    walk.press("ArrowDown", "ArrowDown", "ArrowUp")
    expect(stage).to_have_attribute("aria-label", re.compile("frame 2 of 20"))
    expect(root.locator(".iv-stage .lw-sr")).to_contain_text("frame 2 of 20")
    walk.press("?")
    expect(root.locator(".iv-keys")).to_be_visible()
    walk.press("Escape")
    expect(root.locator(".iv-keys")).to_be_hidden()


def association_timeline(walk: Walk, root: Locator) -> None:
    walk.reach(root.get_by_role("treegrid"))
    walk.press("Home", "ArrowDown")
    expect(root.locator(".at-fields")).to_contain_text("Called AE title")
    walk.press("Home", "ArrowLeft")
    expect(root.locator(".lw-chosen")).to_have_attribute("aria-expanded", "false")
    walk.press("ArrowRight", "End")
    expect(root.locator(".lw-chosen")).to_be_visible()


def mapping_workbench(walk: Walk, root: Locator) -> None:
    table = root.get_by_role("treegrid", name="Mapping table")
    walk.reach(table)
    walk.press("ArrowDown", "ArrowDown")
    expect(root.locator(".mw-form .lw-title")).to_be_visible()
    walk.press("Enter")
    expect(root.get_by_label("from", exact=True)).to_be_focused()
    walk.press("Escape")
    expect(table).to_be_focused()


def consent_switch(walk: Walk, root: Locator) -> None:
    walk.reach(root.get_by_label("Study means"))
    walk.press("Home")
    expect(root.get_by_role("status")).to_have_text("0 of 2 doors open")
    walk.reach(root.get_by_label("Until"))
    walk.press(*"soon", "Tab")
    expect(root.get_by_role("status")).to_contain_text("write a date as")
    expect(root.get_by_label("Until")).to_have_attribute("aria-invalid", "true")
    expect(root.locator("summary")).to_be_focused()
    walk.press("Enter")
    expect(root.locator("pre")).to_be_visible()


def token_inspector(walk: Walk, root: Locator) -> None:
    button = root.get_by_role("button")
    walk.reach(button)
    walk.press("Enter")
    expect(button).to_have_attribute("aria-pressed", "true")
    expect(root.locator(".ti-row")).to_have_count(2)


def network_map(walk: Walk, root: Locator) -> None:
    walk.reach(root.get_by_role("listbox"))
    walk.press("Home", "ArrowRight")
    harbour = root.get_by_role("option", name="harbour, hospital of North General, up")
    expect(harbour).to_have_attribute("aria-selected", "true")
    walk.press("Escape")
    expect(harbour).to_have_attribute("aria-selected", "false")
    walk.press("End")
    expect(root.get_by_role("button", name="Cut the line")).to_be_visible()


def proxy_trace(walk: Walk, root: Locator) -> None:
    requests = root.get_by_role("treegrid", name="HTTP requests in the order of time")
    walk.reach(requests)
    walk.press("Home", "ArrowDown", "ArrowDown", "ArrowDown")
    bars = root.get_by_role("treegrid", name="What the request caused, against time")
    expect(bars).to_be_visible()
    walk.press("Enter")
    expect(bars).to_be_focused()
    walk.press("ArrowDown")
    expect(root.locator(".pt-facts")).to_contain_text("level")
    walk.press("Escape")
    expect(requests).to_be_focused()


def audit_trail(walk: Walk, root: Locator) -> None:
    records = root.get_by_role("treegrid")
    walk.reach(records)
    walk.press("Home", "ArrowDown")
    text = root.get_by_role("region", name="The selected record")
    expect(text).to_be_visible()
    walk.press("Enter")
    expect(text).to_be_focused()
    walk.press("Escape")
    expect(records).to_be_focused()


DRIVERS: dict[str, Callable[[Walk, Locator], None]] = {
    "hb": header_browser, "iv": image_viewer, "at": association_timeline,
    "mw": mapping_workbench, "cs": consent_switch, "ti": token_inspector,
    "nm": network_map, "pt": proxy_trace, "au": audit_trail,
}  # fmt: skip


def test_each_widget_is_driven_with_keys_alone(page: Page) -> None:
    """Tab goes from the notebook through every widget, in order, and out again."""
    assert DRIVERS.keys() == WIDGETS.keys()
    walk = Walk(page)
    command_mode(page, 2)
    for name, drive in DRIVERS.items():
        drive(walk, page.locator(f".lw.{name}"))
    walk.leave()
    walk.press("Shift+Tab")
    assert walk.here().widget == "au"
    assert [stop for stop in walk.stops if not (stop.seen and stop.forward and stop.name)] == []
    assert list(dict.fromkeys(stop.widget for stop in walk.stops)) == list(DRIVERS)


@pytest.mark.parametrize("theme", ["Light", "Dark"])
def test_axe_finds_nothing(page: Page, theme: str, tmp_path: Path) -> None:
    page.evaluate(
        "(theme) => window.jupyterapp.commands.execute('apputils:change-theme', { theme })",
        f"JupyterLab {theme}",
    )
    light = str(theme == "Light").lower()
    page.wait_for_selector(f"body[data-jp-theme-light='{light}']", state="attached")
    page.wait_for_function(
        "(light) => light === (getComputedStyle(document.querySelector('.lw'))"
        ".backgroundColor === 'rgb(255, 255, 255)')",
        arg=theme == "Light",
    )
    save(page, tmp_path / f"accessibility-{theme.lower()}.png")
    page.evaluate(Axe().axe_script)
    found: dict[str, Any] = page.evaluate(
        "([include, values]) => axe.run({ include }, { runOnly: { type: 'tag', values } })",
        [OURS, TAGS],
    )
    assert [
        f"{rule['id']} ({rule['impact']}): {node['target'][-1]} {node['failureSummary']}"
        for rule in found["violations"]
        for node in rule["nodes"]
    ] == []
    assert "color-contrast" in {rule["id"] for rule in found["passes"]}


def test_axe_would_find_something(page: Page) -> None:
    page.evaluate(
        """() => { const field = document.createElement("input"); field.id = "nameless";
          document.querySelector(".lw.hb .lw-bar").append(field); }"""
    )
    found = page.evaluate("() => axe.run({ include: ['.lw.hb .lw-bar'] })")
    page.evaluate("() => document.getElementById('nameless').remove()")
    assert [rule["id"] for rule in found["violations"]] == ["label"]


def test_nothing_runs_along_the_lines_for_who_wants_no_motion(browser: Browser) -> None:
    def made() -> NetworkMap:
        shown = NetworkMap(Fake())
        shown.stop()
        return shown

    with widget_page(browser, made) as shown:
        shown.page.emulate_media(reduced_motion="reduce")
        shown.page.evaluate(
            """() => { window.ran = 0;
              const dots = document.querySelector(".nm-chart g[aria-hidden]");
              const count = () => { window.ran += 1; };
              new MutationObserver(count).observe(dots, { childList: true }); }"""
        )
        flow = {"at": 1.0, "kind": "C-STORE", "from": "north", "to": "lakeside", "bytes": 4000,
                "links": ["north-harbour", "harbour-lakeside"]}  # fmt: skip
        for number in (1, 2):
            shown.widget.append(Fake().picture() | {"flows": [flow | {"n": number}]})
            shown.sync()
        expect(shown.page.get_by_role("list", name="Newest messages")).to_contain_text("C-STORE")
        assert shown.page.evaluate("() => window.ran") == 0
