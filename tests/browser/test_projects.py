"""The three projects, done in JupyterLab as a person does them: wrong, a hint, right, and a look.

The ordinary run makes one mistake or two an exercise; the long one (``LABKIT_LONG``) makes nearly
every mistake that an exercise knows: those are left out that an earlier step makes impossible.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, expect

from labkit.lab import Lab
from labkit.lab.workspace import VARIABLE
from tests.browser.chromium import save
from tests.browser.jupyter import JupyterServer, jupyter
from tests.browser.learner import Learner
from tests.effort import effort

pytestmark = pytest.mark.peers
ROOT = Path(__file__).resolve().parents[2]
WHOLE = effort(0, 1) >= 1
BEGINNER = "beginner/10_project_pacs_sandbox.ipynb"
INTERMEDIATE = "intermediate/11_project_fhir_imaging_gateway.ipynb"
ADVANCED = "advanced/19_project_exchange.ipynb"


@pytest.fixture(scope="module")
def server(
    running_lab: Lab, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[JupyterServer, Path]]:
    """JupyterLab on a copy of the notebooks, whose kernels find the tests' own lab."""
    folder = tmp_path_factory.mktemp("projects")
    notebooks = folder / "notebooks"
    shutil.copytree(ROOT / "notebooks", notebooks, ignore=shutil.ignore_patterns(".ipynb_*"))
    with jupyter(notebooks, folder / "home", env={VARIABLE: str(running_lab.workspace)}) as running:
        yield running, notebooks


def begins(browser: Browser, server: tuple[JupyterServer, Path], name: str, shots: Path) -> Learner:
    """Open a project, with the files beside it folded away."""
    notebook = server[0].open(browser, name)
    notebook.page.evaluate("() => window.jupyterapp.shell.collapseLeft()")
    return Learner(notebook, name, shots)


def goes_wrong(
    learner: Learner,
    slug: str,
    *few: str,
    more: tuple[str, ...] = (),
    before: tuple[str, ...] = (),
) -> None:
    """Make mistakes, and ask for a hint after each; in the long run also those before, and more."""
    names = (*before, *few, *more) if WHOLE else few
    for number, name in enumerate(names, 1):
        said = learner.gets_wrong(slug, name)
        expect(said).to_contain_text(f'hint("{slug}")')
        if number == 1:
            learner.shot(slug)
        learner.asks_for_a_hint(slug, min(number, 3))


def drags(stage: Locator, right: int, down: int) -> None:
    """Drag with the mouse from the middle of an element."""
    box = stage.bounding_box()
    assert box
    mouse, x, y = stage.page.mouse, box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    mouse.move(x, y)
    mouse.down()
    mouse.move(x + right, y + down, steps=4)
    mouse.up()


def test_beginner(
    browser: Browser, server: tuple[JupyterServer, Path], lab: Lab, tmp_path: Path
) -> None:
    learner = begins(browser, server, BEGINNER, tmp_path)
    shown = learner.reads_to("lab = open_lab()")
    expect(shown).to_contain_text("All 6 services are healthy.")
    goes_wrong(learner, "project-set-up", "one-forgotten", more=("archive-only",))
    learner.gets_right("project-set-up")

    goes_wrong(learner, "project-send", "not-sent", more=("sent-elsewhere", "one-kind-only"))
    learner.gets_right("project-send")
    with learner.aside('AssociationTimeline(lab.traces("ARCHIVE", last=1))') as shown:
        line = shown.locator(".lw-space .at-row", has_text="C-STORE-RSP").first
        expect(line).to_contain_text("0x0000 Success")
        line.click()
        expect(shown.locator(".lw.at")).to_contain_text("AffectedSOPInstanceUID")
        learner.shot("timeline")

    with learner.aside("patient_id = dcmread(my_files[0]).PatientID"):
        pass
    goes_wrong(
        learner, "project-retrieve", "fetched-it-yourself",
        more=("sent-it-yourself", "nothing-moved"),
    )  # fmt: skip
    learner.gets_right("project-retrieve")
    expect(learner.reads_to("arrived = [ds")).to_contain_text("at WORKSTN: 1")

    with learner.aside("HeaderBrowser(arrived[0])") as shown:
        box = shown.get_by_role("searchbox")
        box.fill("rescale")
        expect(shown.locator(".lw-space .hb-row")).to_have_count(2)
        box.press("Enter")
        expect(shown.locator(".lw-title")).to_contain_text("(0028,1052)")
        learner.shot("header")
    with learner.aside("ImageViewer(arrived[0])") as shown:
        state = shown.locator(".iv-state")
        before = state.text_content()
        drags(shown.locator(".iv-stage"), 60, -30)
        expect(state).not_to_have_text(before or "")
        learner.notebook.page.keyboard.press("+")
        expect(state).to_contain_text("zoom 1.25×")
        learner.shot("picture")
    goes_wrong(
        learner, "project-inspect", "stored-values", more=("another-object", "one-pixel-too-many")
    )
    learner.gets_right("project-inspect")

    expect(learner.reads_to("SandboxReport(lab, mark)")).to_contain_text("6 of 8")
    goes_wrong(learner, "project-report", "no-words",
               more=("no-picture", "not-saved", "nothing-since-the-mark"))  # fmt: skip
    expect(learner.gets_right("project-report")).to_contain_text("8 of 8 points")
    with learner.aside("progress()") as shown:
        expect(shown).to_contain_text("5 of 5")
        learner.shot("progress")
    learner.notebook.page.close()

    paper = browser.new_page(viewport={"width": 900, "height": 1300})
    paper.goto((server[1] / BEGINNER).with_name("my_report.html").as_uri())
    expect(paper.locator("body")).to_contain_text("The modality asks the worklist")
    assert paper.locator("img").evaluate("(img) => img.naturalWidth") > 100
    assert not paper.evaluate("() => document.documentElement.scrollWidth > innerWidth")
    save(paper, tmp_path / "project-beg-10-report.png")
    paper.close()


def test_intermediate(
    browser: Browser, server: tuple[JupyterServer, Path], lab: Lab, tmp_path: Path
) -> None:
    learner = begins(browser, server, INTERMEDIATE, tmp_path)
    expect(learner.reads_to('answer.json()["total"]')).to_contain_text("0 imaging studies")
    goes_wrong(learner, "gateway-query", "first-series", more=("study-only", "image-keys-alone"))
    learner.gets_right("gateway-query")
    learner.reads_to("header.update(level)")
    with learner.aside(
        "from labkit import AssociationTimeline\n"
        'AssociationTimeline(ask(identifier("SERIES", StudyInstanceUID=study, Modality="")))'
        .replace("study,", 'sample("ct-head").study_uid,')
    ) as shown:  # fmt: skip
        rows = shown.locator(".lw-space .at-row")
        expect(rows.filter(has_text="C-FIND-RSP").first).to_contain_text("0xFF00")
        learner.notebook.page.mouse.wheel(0, 200)
        learner.shot("timeline")

    goes_wrong(learner, "gateway-map", "no-zone", more=(
        "no-system", "logical", "own-patient", "collection", "bare-uid"))  # fmt: skip
    learner.gets_right("gateway-map")
    learner.reads_to('Patient = "conditional"')
    with learner.aside(
        "from labkit import MappingWorkbench\n"
        'MappingWorkbench(list(read_study(ask, sample("ct-head").study_uid)), site=site)'
    ) as shown:
        search = shown.get_by_role("searchbox")
        search.fill("started")
        row = shown.locator(".mw-table .lw-space .mw-row", has_text="started")
        row.first.click()
        expect(shown.locator(".mw-fhir .mw-lit").first).to_contain_text("started")
        expect(shown.locator(".mw-valid")).to_have_text("✓ valid FHIR")
        learner.shot("workbench")

    goes_wrong(learner, "gateway-publish", "silent", before=("to-a-type",))
    learner.gets_right("gateway-publish")
    goes_wrong(learner, "gateway-keep-up", "known-is-done", more=("everything-again",))
    learner.gets_right("gateway-keep-up")
    goes_wrong(learner, "gateway-survive", "half-a-study")
    learner.gets_right("gateway-survive")
    said = learner.reads_to("# exercise: gateway-ehr-view").get_by_role("note")
    expect(said).to_contain_text("Not tried yet")
    goes_wrong(learner, "gateway-ehr-view", "first-page", more=("counted-series",))
    said = learner.gets_right("gateway-ehr-view")
    expect(said).to_contain_text("Eight studies through a restart")
    expect(learner.reads_to("def page(numbers)")).to_contain_text(
        re.compile(r"NG-100457 2026-01-13 CT instances: 44")
    )
    learner.shot("page")
    learner.notebook.page.close()


def test_advanced(
    browser: Browser, server: tuple[JupyterServer, Path], lab: Lab, tmp_path: Path
) -> None:
    learner = begins(browser, server, ADVANCED, tmp_path)
    shown = learner.reads_to('marks = mark(text, parts=["drive"])')
    expect(shown).to_contain_text("not passed; it cannot do without emergency, nobody-mixed-up")
    learner.shot("draft")
    goes_wrong(learner, "exchange-whose-number", "nobody-knows-whom",
               more=("one-authority", "issuer-of-north"))  # fmt: skip
    learner.gets_right("exchange-whose-number")

    chart = learner.reads_to("NetworkMap(read_design(whose))").locator(".lw.nm")
    expect(chart.get_by_role("status")).to_contain_text("4 sites, 3 lines, all up")
    chart.get_by_role("listbox", name="Sites and lines").focus()
    learner.notebook.page.keyboard.press("End")
    expect(chart.locator(".nm-side")).to_contain_text("hillside – north")
    learner.shot("map")

    if WHOLE:
        goes_wrong(learner, "exchange-second-way", "hillside-alone", "nobody-offers-it",
                   "over-budget")  # fmt: skip
        learner.gets_right("exchange-second-way")
        goes_wrong(learner, "exchange-who-may", "policy-is-no-tls", "own-site-locked-out",
                   "records-go-nowhere")  # fmt: skip
        learner.gets_right("exchange-who-may")
        goes_wrong(learner, "exchange-copies", "keep-is-no-age", "law-made-to-fit",
                   "copies-as-originals")  # fmt: skip
        learner.gets_right("exchange-copies")
        marks = learner.reads_to("marks = mark(kept)")
        expect(marks).to_contain_text("130 of 130 points")
        learner.shot("marks")
        goes_wrong(learner, "exchange-what-to-promise", "nearly-is-all", "points-are-proof")
        learner.gets_right("exchange-what-to-promise")
        learner.reads_to("## Capacity")
    else:  # the later steps stand on designs that the notebook makes itself
        for words in ("whose = text.replace", "lines = whose + '''", "safe = lines.replace",
                      "kept = safe.replace"):  # fmt: skip
            learner.runs(words)
        learner.skips_to("# exercise: exchange-what-to-promise")
        goes_wrong(learner, "exchange-what-to-promise", "points-are-proof")
        learner.gets_right("exchange-what-to-promise")
        learner.skips_to("# exercise: exchange-project")
    goes_wrong(learner, "exchange-project", "tls-forgotten", more=(
        "one-archive-one-line", "no-cross-reference", "copies-never-retired", "one-authority",
    ))  # fmt: skip
    said = learner.gets_right("exchange-project")
    expect(said).to_contain_text("passed; 6 of the points are for what is declared")
    learner.shot("passed")
    learner.notebook.page.close()
