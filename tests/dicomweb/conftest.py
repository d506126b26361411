"""A service over an archive with a few of the sample studies, asked without a network."""

from collections.abc import Iterator

import pytest
from pydicom.dataset import Dataset
from starlette.testclient import TestClient

from labkit.common import ALLOW_ALL
from labkit.dicom import read
from labkit.dicom.samples import SampleStudy, studies
from labkit.dicomweb import ArchiveSource
from labkit.dicomweb.app import dicomweb_app, wado_app
from labkit.pacs import Archive

BASE = "http://testserver"


@pytest.fixture(scope="session")
def source(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ArchiveSource]:
    archive = Archive(tmp_path_factory.mktemp("dicomweb"))
    for study in chosen():
        archive.add_files(sorted(study.files)[:4])
    yield ArchiveSource(archive)
    archive.close()


def chosen() -> list[SampleStudy]:
    return [study for study in studies() if study.files][:3]


@pytest.fixture(scope="session")
def web(source: ArchiveSource) -> TestClient:
    """A client of the service, which accepts everything."""
    return TestClient(dicomweb_app(source, ALLOW_ALL, base_url=BASE))


@pytest.fixture(scope="session")
def ds() -> Dataset:
    """An object that is held."""
    return read(sorted(chosen()[0].files)[0])


@pytest.fixture(scope="session")
def at(ds: Dataset) -> str:
    """Its path."""
    return (
        f"/studies/{ds.StudyInstanceUID}/series/{ds.SeriesInstanceUID}"
        f"/instances/{ds.SOPInstanceUID}"
    )


@pytest.fixture(scope="session")
def native(ds: Dataset) -> bytes:
    """Its pixel data, decoded."""
    return ds.pixel_array.tobytes()


@pytest.fixture(scope="session")
def wado(source: ArchiveSource) -> TestClient:
    """A client of the older service."""
    return TestClient(wado_app(source, ALLOW_ALL, base_url=BASE))
