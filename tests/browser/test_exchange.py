"""A prior that came by XCA-I: OHIF shows it, and so does the image viewer of notebook 16."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import Browser, expect

from labkit.dicom import sample
from labkit.lab.embedded import EmbeddedLab
from labkit.lab.exchange.demo import demonstrate
from tests.browser.chromium import save
from tests.browser.jupyter import JupyterServer, jupyter
from tests.browser.ohif import drawn, site, viewer

pytestmark = pytest.mark.peers
ROOT = Path(__file__).resolve().parents[2]
NOTEBOOK = "advanced/16_xca_across_communities.ipynb"


def test_ohif_shows_the_prior(browser: Browser, lab: EmbeddedLab, tmp_path: Path) -> None:
    demonstrate(lab)
    study = sample("cr-chest-prior").study_uid
    with (
        viewer(site(), {"/dicom-web": lab.dicomweb.url}) as ohif,
        ohif.opened(browser, f"viewer?StudyInstanceUIDs={study}") as page,
    ):
        drawn(page)
        expect(page.get_by_text("CHEST PA").first).to_be_visible()
        save(page, tmp_path / "ohif-prior.png")
        assert [path for path, _ in ohif.asked if "/frames/" in path]


@pytest.fixture
def server(lab_workspace: Path, tmp_path: Path) -> Iterator[JupyterServer]:
    """JupyterLab on a copy of the notebooks, whose kernels find the test's own lab."""
    notebooks = tmp_path / "notebooks"
    shutil.copytree(ROOT / "notebooks", notebooks, ignore=shutil.ignore_patterns(".ipynb_*"))
    with jupyter(notebooks, tmp_path / "home") as running:
        yield running


def place(words: str) -> int:
    """Find the code cell that has these words, counted over cells of all kinds."""
    cells = nbformat.read(ROOT / "notebooks" / NOTEBOOK, as_version=4).cells
    return next(n for n, c in enumerate(cells) if c.cell_type == "code" and words in c.source)


def test_the_notebook_shows_the_prior_and_takes_answers(
    browser: Browser, server: JupyterServer, tmp_path: Path
) -> None:
    notebook = server.open(browser, NOTEBOOK)
    notebook.run_all()
    shown = notebook.output(place("ImageViewer(images")).locator(".lw.iv")
    expect(shown.locator(".iv-patient")).to_contain_text("THISTLEWICK")
    expect(shown.locator(".iv-progress")).to_have_text("", timeout=60_000)
    save(notebook.page, tmp_path / "notebook-16.png")

    cell = place("# exercise: xca-whose-number")
    verdict = notebook.output(cell).get_by_role("note")
    expect(verdict).to_contain_text("Not tried yet")
    same_number = (
        "# exercise: xca-whose-number\n\n"
        "def ids_there(patient, authority, pix):\n"
        "    return [type(patient)(patient.value, authority)]\n\n"
        'check("xca-whose-number", ids_there)'
    )
    notebook.replace_source(cell, same_number)
    notebook.run_cell(cell)
    expect(verdict).to_contain_text("the bone scan of Ignatius")
    save(notebook.page, tmp_path / "notebook-16-wrong.png")
