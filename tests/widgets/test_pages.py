"""Pages without widgets: what GitHub and nbconvert show of a stored notebook."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbconvert import HTMLExporter

CELLS = [
    "from pydicom.data import get_testdata_file as real\n"
    "from labkit.widgets import AssociationTimeline, HeaderBrowser, ImageViewer\n"
    "from tests.widgets.talk import conversation\n"
    "HeaderBrowser(real('CT_small.dcm'), search='patient')",
    "ImageViewer(real('CT_small.dcm'), preset='soft tissue')",
    "AssociationTimeline(conversation()[0])",
    "from labkit.widgets import ProxyTrace\n"
    "from tests.widgets.facade import records\n"
    "ProxyTrace(records())",
]


@pytest.fixture(scope="module")
def executed() -> nbformat.NotebookNode:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in CELLS])
    root = str(Path(__file__).resolve().parents[2])
    client = NotebookClient(
        notebook, store_widget_state=False, resources={"metadata": {"path": root}}
    )
    client.execute()
    return notebook


def test_each_output_carries_its_stand_in(executed: nbformat.NotebookNode) -> None:
    kinds = [set(cell.outputs[0].data) for cell in executed.cells]
    widget = "application/vnd.jupyter.widget-view+json"
    assert kinds == [
        {"text/plain", widget, "text/html"},
        {"text/plain", widget, "image/png"},
        {"text/plain", widget, "text/html"},
        {"text/plain", widget, "text/html"},
    ]
    assert executed.cells[1].outputs[0].data["text/plain"] == "ImageViewer(1 frame, 128×128)"
    assert sum(len(str(cell.outputs)) for cell in executed.cells) < 150_000


def test_nbconvert_shows_tables_and_the_picture(executed: nbformat.NotebookNode) -> None:
    page, _ = HTMLExporter().from_notebook_node(executed)
    assert "CompressedSamples^CT1" in page
    assert executed.cells[1].outputs[0].data["image/png"][:80] in page
    assert "C-MOVE SERIES at LEGACY: Success, 40" in page
    assert "C-ECHO-RSP" in page and "0x0000 Success" in page
    assert "Error displaying widget" not in page
