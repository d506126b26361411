"""A notebook with an exercise and every widget, to be driven and examined on one page."""

from __future__ import annotations

import json
from pathlib import Path

import nbformat

from labkit.exercises.cells import compose
from labkit.exercises.find import find

EXERCISE = "images-in-series"

#: By the class of a widget's frame: the cell that shows it.
WIDGETS = {
    "hb": """
from pydicom.data import get_testdata_file
from labkit.widgets import HeaderBrowser
HeaderBrowser(get_testdata_file("CT_small.dcm"))""",
    "iv": """
from labkit.widgets import ImageViewer
from tests.browser.volume import volume
ImageViewer(volume(20), preset="soft tissue")""",
    "at": """
from labkit.widgets import AssociationTimeline
from tests.widgets.talk import conversation
AssociationTimeline(conversation())""",
    "mw": """
from labkit.dicom import sample
from labkit.widgets import MappingWorkbench
MappingWorkbench([str(path) for path in sample("ct-head").files[:4]])""",
    "cs": """
from tests.widgets.test_consent_switch import Doors, switch
switch(Doors(), actor="Practitioner/eve", study="s1", meaning="instance")""",
    "ti": """
from tests.widgets.test_token_inspector import NOW, inspect, token
inspect(token(exp=int(NOW) - 3600, aud="https://elsewhere.example/fhir"))""",
    "nm": """
from labkit.widgets import NetworkMap
from tests.widgets.test_network_map import Fake
chart = NetworkMap(Fake())
chart.stop()
chart""",
    "pt": """
from labkit.widgets import ProxyTrace
from tests.widgets.facade import records
ProxyTrace(records())""",
    "au": """
from pathlib import Path
from tempfile import mkdtemp
from labkit.access.audit.madeup import made_up_week
from labkit.widgets import AuditTrail
week = made_up_week(Path(mkdtemp(dir=".")))
AuditTrail(week.trail.follow(week.study), verification=week.trail.verify())""",
}

PANELS = f"""
from IPython.display import display
from labkit import hint, progress, solution
display(hint("{EXERCISE}"), solution("{EXERCISE}"), progress())"""


def write_notebook(path: Path) -> None:
    """Write the notebook: the exercise, its panels, then each widget."""
    loaded = find(EXERCISE).load()
    given = f"from labkit import check\n{loaded.exercise.given}"
    sources = [given, compose(loaded), PANELS, *WIDGETS.values()]
    cells = [nbformat.v4.new_code_cell(source.strip()) for source in sources]
    kernel = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel}), path)


def keep_all_cells(home: Path) -> None:
    """Have JupyterLab keep cells that are out of sight in the page."""
    folder = home / "settings" / "@jupyterlab" / "notebook-extension"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "tracker.jupyterlab-settings").write_text(json.dumps({"windowingMode": "none"}))
