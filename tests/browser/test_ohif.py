"""OHIF, unchanged, looks at the archive and, through the façade, at the old PACS."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from labkit.common import ALLOW_ALL
from labkit.common.serving import HOST, HttpService
from labkit.dicom import sample
from labkit.dicomweb import dicomweb_app
from labkit.dicomweb.proxy import ProxySettings, ProxySource, Upstream, traced
from labkit.lab import Lab
from labkit.widgets import ProxyTrace
from tests.browser.bare import widget_page
from tests.browser.chromium import save
from tests.browser.ohif import Viewer, drawn, site, viewer

pytestmark = pytest.mark.peers
ARCHIVE, LEGACY = "/dicom-web", "/legacy/dicom-web"


class Facade:
    """The façade in front of LEGACY, in this process, with what it noted of each request."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.records: list[dict[str, Any]] = []
        self.lock = threading.Lock()

    def note(self, record: dict[str, Any]) -> None:
        with self.lock:
            self.records.append(record)


@contextmanager
def serving(lab: Lab, cache: Path) -> Iterator[Facade]:
    settings = ProxySettings([Upstream(lab.legacy, name="LEGACY")], cache=cache)
    service = HttpService("facade")
    with ProxySource(settings) as source:
        facade = Facade(f"http://{HOST}:{service.bind()}")
        app = dicomweb_app(source, ALLOW_ALL, base_url=facade.url)
        service.start(traced(app, facade.note))
        try:
            yield facade
        finally:
            service.stop()


@pytest.fixture(scope="module")
def folder() -> Path:
    return site()


@pytest.fixture
def facade(lab: Lab, tmp_path: Path) -> Iterator[Facade]:
    with serving(lab, tmp_path / "cache") as running:
        yield running


@pytest.fixture
def ohif(folder: Path, lab: Lab, facade: Facade) -> Iterator[Viewer]:
    with viewer(folder, {ARCHIVE: lab.dicomweb.url, LEGACY: facade.url}) as running:
        yield running


def test_the_list_of_studies_is_searched(browser: Browser, ohif: Viewer, tmp_path: Path) -> None:
    with ohif.opened(browser) as page:
        expect(page.get_by_text("Quillfeather, Tobias")).to_have_count(2, timeout=30_000)
        expect(page.get_by_text("Grünwäldchen, Jörg")).to_be_visible()
        save(page, tmp_path / "ohif-studies.png")
        with page.expect_response(lambda answer: "PatientName=" in answer.url) as answered:
            page.get_by_role("textbox").first.fill("grün")
        assert "PatientName=*gr%C3%BCn*" in answered.value.url
        assert len(answered.value.json()) == 1
        expect(page.get_by_text("Quillfeather, Tobias")).to_have_count(0, timeout=30_000)
        expect(page.get_by_text("Grünwäldchen, Jörg")).to_be_visible()


@pytest.mark.parametrize(("slug", "words"), [
    ("ct-head", "HEAD 3.6 H30s"),
    ("us-heart", "A4C COLOUR"),  # 20 frames, JPEG, in colour
    ("mr-brain", "AX PD+T2 TSE"),
])  # fmt: skip
def test_images_of_the_archive(
    browser: Browser, ohif: Viewer, slug: str, words: str, tmp_path: Path
) -> None:
    with ohif.opened(browser, f"viewer?StudyInstanceUIDs={sample(slug).study_uid}") as page:
        drawn(page)
        expect(page.get_by_text(words).first).to_be_visible()
        save(page, tmp_path / f"ohif-archive-{slug}.png")
    assert [path for path, _ in ohif.asked if "/frames/" in path]


def test_a_report_and_a_segmentation(browser: Browser, ohif: Viewer, tmp_path: Path) -> None:
    """Bulk data, and an object as a whole."""
    with ohif.opened(browser, f"viewer?StudyInstanceUIDs={sample('mr-brain').study_uid}") as page:
        drawn(page)
        page.get_by_text("REPORT PDF").dblclick()
        expect(page.locator("object[type='application/pdf']")).to_be_visible(timeout=30_000)
        save(page, tmp_path / "ohif-archive-pdf.png")
    with ohif.opened(browser, f"viewer?StudyInstanceUIDs={sample('ct-chest').study_uid}") as page:
        drawn(page)
        page.get_by_text("NODULE SEGMENTATION").dblclick()
        expect(page.get_by_text("Do you want to open this Segmentation?")).to_be_visible(
            timeout=60_000
        )
        drawn(page)
        save(page, tmp_path / "ohif-archive-seg.png")


@pytest.mark.parametrize("slug", ["us-thyroid", "knee-ap"])
def test_images_of_the_old_pacs_through_the_facade(
    browser: Browser, ohif: Viewer, facade: Facade, slug: str, tmp_path: Path
) -> None:
    study = sample(slug).study_uid
    with ohif.opened(browser, f"viewer/legacy?StudyInstanceUIDs={study}") as page:
        drawn(page)
        save(page, tmp_path / f"ohif-legacy-{slug}.png")
    assert ohif.asked and all(path.startswith(LEGACY) for path, _ in ohif.asked)
    with facade.lock:
        records = list(facade.records)
    trace = ProxyTrace(records)
    assert trace.totals.failed == 0
    assert trace.totals.operations["C-FIND"] > 0
    assert set(trace.totals.operations) & {"C-GET", "C-MOVE"}
    frame = next(n for n, r in enumerate(trace.requests) if "/frames/" in r.target)
    with widget_page(browser, lambda: ProxyTrace(records)) as shown:
        shown.widget.select(frame)
        shown.sync()
        save(shown.page, tmp_path / f"ohif-legacy-{slug}-trace.png")
