"""OHIF of the profile `viewer` as a browser on this machine sees it: Orthanc, and the old PACS.

It needs an engine, built images and Chromium; without ``LABKIT_CONTAINERS`` it is skipped.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from labkit.common.serving import HOST
from labkit.dicom import sample
from labkit.dicomweb import DicomwebClient
from labkit.dimse import Peer, store
from labkit.lab.containers.compose import Compose
from tests.browser.chromium import chromium, save
from tests.browser.ohif import Viewer, drawn

ROOT = Path(__file__).resolve().parents[2]
pytestmark = [
    pytest.mark.skipif(not os.environ.get("LABKIT_CONTAINERS"), reason="lab.py test containers"),
    pytest.mark.timeout(900),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def compose(browser: Browser) -> Iterator[Compose]:
    """The services of the profile, all healthy; whoever stops the project stops them too."""
    services = Compose(ROOT, profile="viewer")
    services.up(print)
    yield services
    services.down()


@pytest.fixture
def ohif(compose: Compose) -> Viewer:
    return Viewer(f"http://{HOST}:{compose.port('viewer', 8080)}/")


def test_orthanc(browser: Browser, compose: Compose, ohif: Viewer, tmp_path: Path) -> None:
    study = sample("ct-head")
    with DicomwebClient(f"http://{HOST}:{compose.port('archive', 8042)}/dicom-web") as web:
        web.store(sorted(study.files))
    with ohif.opened(browser, f"viewer/archive?StudyInstanceUIDs={study.study_uid}") as page:
        drawn(page)
        expect(page.get_by_text("HEAD 3.6 H30s").first).to_be_visible()
        save(page, tmp_path / "ohif-container-archive.png")


def test_the_old_pacs_through_the_facade(
    browser: Browser, compose: Compose, ohif: Viewer, tmp_path: Path
) -> None:
    study = sample("knee-ap")  # uncompressed: dcmqrscp sends nothing else unless told to
    legacy = Peer("LEGACY", HOST, compose.port("legacy", 11112))
    store(legacy, sorted(study.files))
    with ohif.opened(browser, f"viewer/legacy?StudyInstanceUIDs={study.study_uid}") as page:
        drawn(page)
        save(page, tmp_path / "ohif-container-legacy.png")
