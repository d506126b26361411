"""An archive with the two heads of Lakeside, and a FHIR server; both in this process."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from pydicom.dataset import Dataset
from starlette.testclient import TestClient

from labkit.common import ALLOW_ALL
from labkit.dicom.stories.lakeside import head_with_bleed, head_without
from labkit.dicomweb import ArchiveSource, DicomwebClient, dicomweb_app
from labkit.fhir import FhirClient, FhirStore, fhir_app
from labkit.fhir.mapping import Site
from labkit.pacs import Archive
from tests.fhir.conftest import AsgiTransport

BASE, FHIR = "http://dicomweb.test", "http://fhir.test"
SITE = Site.parse(
    'zone = "Europe/London"\n[issuer]\nLAKESIDE = "https://lakeside-clinic.example/patient-id"\n'
)
NOW = datetime(2026, 1, 15, 8, 0, tzinfo=timezone.utc)


def soft(study: list[Dataset]) -> list[Dataset]:
    """The series that is to be worked on."""
    return [ds for ds in study if ds.SeriesDescription.endswith("H30s")]


@pytest.fixture(scope="session")
def _bleed() -> list[Dataset]:
    return head_with_bleed()


@pytest.fixture(scope="session")
def _clear() -> list[Dataset]:
    return head_without()


@pytest.fixture
def bleed(_bleed: list[Dataset]) -> list[Dataset]:
    """The study with a bleed, to be spoilt at will."""
    return copy.deepcopy(_bleed)


@pytest.fixture
def clear(_clear: list[Dataset]) -> list[Dataset]:
    """The one without."""
    return copy.deepcopy(_clear)


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    archive = Archive(tmp_path / "archive")
    yield archive
    archive.close()


@pytest.fixture
def app(archive: Archive) -> TestClient:
    return TestClient(dicomweb_app(ArchiveSource(archive), ALLOW_ALL, base_url=BASE), base_url=BASE)


@pytest.fixture
def web(app: TestClient) -> Iterator[DicomwebClient]:
    with DicomwebClient(BASE, transport=app._transport) as client:
        yield client


@pytest.fixture
def fhir(tmp_path: Path) -> Iterator[FhirClient]:
    store = FhirStore(tmp_path / "fhir" / "fhir.sqlite", clock=lambda: NOW)
    yield FhirClient(FHIR, transport=AsgiTransport(fhir_app(store, ALLOW_ALL, base_url=FHIR)))
    store.close()


Everything = Callable[[], dict[str, list[dict[str, Any]]]]


@pytest.fixture
def everything(fhir: FhirClient) -> Everything:
    """All that the FHIR server has, versions included."""
    kinds = ("Patient", "ImagingStudy", "DiagnosticReport", "Observation", "Device", "Provenance")
    return lambda: {kind: list(fhir.search(kind)) for kind in kinds}
