"""A learner's first steps in JupyterLab: a picture, a header, an exercise wrong and then right."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import Browser, expect

from tests.browser.chromium import save
from tests.browser.jupyter import JupyterServer, NotebookPage, jupyter

pytestmark = pytest.mark.peers
ROOT = Path(__file__).resolve().parents[2]
START = "00_start_here.ipynb"
HEADER = "beginner/03_the_header.ipynb"


@pytest.fixture
def server(lab_workspace: Path, tmp_path: Path) -> Iterator[JupyterServer]:
    """JupyterLab on a copy of the notebooks, whose kernels find the test's own lab."""
    notebooks = tmp_path / "notebooks"
    shutil.copytree(ROOT / "notebooks", notebooks, ignore=shutil.ignore_patterns(".ipynb_*"))
    with jupyter(notebooks, tmp_path / "home") as running:
        yield running


def place(notebook: str, words: str) -> int:
    """Find the code cell that has these words, counted over cells of all kinds."""
    cells = nbformat.read(ROOT / "notebooks" / notebook, as_version=4).cells
    return next(n for n, c in enumerate(cells) if c.cell_type == "code" and words in c.source)


def answer(notebook: NotebookPage, cell: int, source: str) -> None:
    """Type an answer into an exercise, as a learner does, and run it."""
    notebook.replace_source(cell, source)
    notebook.run_cell(cell)


def test_first_evening(browser: Browser, server: JupyterServer, tmp_path: Path) -> None:
    notebook = server.open(browser, START)
    notebook.run_all()
    expect(notebook.output(place(START, "open_lab()")).first).to_contain_text("ARCHIVE")

    viewer = notebook.output(place(START, "ImageViewer(study")).locator(".lw.iv")
    expect(viewer.locator(".iv-patient")).to_contain_text("Quillfeather")
    expect(viewer.locator(".iv-series")).to_contain_text("15 / 40")
    expect(viewer.locator(".iv-progress")).to_have_text("", timeout=60_000)
    viewer.locator(".iv-stage").click()
    notebook.page.keyboard.press("ArrowDown")
    expect(viewer.locator(".iv-series")).to_contain_text("16 / 40")
    save(notebook.page, tmp_path / "journey-1-picture.png")

    exercise = place(START, "# exercise: echo-archive")
    verdict = notebook.output(exercise).get_by_role("note")
    expect(verdict).to_contain_text("Not tried yet")
    cell = '# exercise: echo-archive\n\nresult = {}\n\ncheck("echo-archive", result)'
    answer(notebook, exercise, cell.format("echo(lab.legacy)"))
    expect(verdict).to_contain_text("You asked LEGACY")
    save(notebook.page, tmp_path / "journey-2-wrong.png")
    answer(notebook, exercise, cell.format("echo(lab.archive)"))
    expect(verdict).to_contain_text("Passed")
    save(notebook.page, tmp_path / "journey-3-right.png")
    notebook.page.close()


def test_a_header_is_searched_and_edited(
    browser: Browser, server: JupyterServer, tmp_path: Path
) -> None:
    notebook = server.open(browser, HEADER)
    notebook.run_all()
    header = notebook.output(place(HEADER, "browser = HeaderBrowser(")).locator(".lw.hb")
    box = header.get_by_role("searchbox")
    expect(box).to_have_value("tube current")
    box.fill("PatientName")
    box.press("Enter")
    expect(header.locator(".lw-title")).to_contain_text("(0010,0010)")
    header.get_by_role("button", name="Edit").click()
    header.get_by_role("textbox", name="New value of PatientName").fill("Test^Other")
    header.get_by_role("button", name="Set").click()
    expect(header.get_by_role("columnheader", name="edited")).to_be_visible()
    save(notebook.page, tmp_path / "journey-4-header.png")
    notebook.page.close()
