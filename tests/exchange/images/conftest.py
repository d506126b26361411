"""An Imaging Document Source of North General on a real port, with three studies."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from labkit.common import ALLOW_ALL
from labkit.common.serving import HOST, HttpService
from labkit.dicom.samples import sample
from labkit.dicomweb import ArchiveSource
from labkit.exchange.images import ImageRequest, ImagingDocumentSource, SourceImages, operations
from labkit.exchange.parties import NORTH
from labkit.exchange.soap import soap_app
from labkit.pacs import Archive

SLUGS = ("dx-hand", "mg-screening", "us-heart")


@pytest.fixture(scope="session")
def images(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SourceImages]:
    archive = Archive(tmp_path_factory.mktemp("images"))
    for slug in SLUGS:
        archive.add_files(sample(slug).paths())
    yield SourceImages(ArchiveSource(archive))
    archive.close()


@pytest.fixture
def source(images: SourceImages) -> ImagingDocumentSource:
    return ImagingDocumentSource(NORTH, images, ALLOW_ALL)


@pytest.fixture
def url(source: ImagingDocumentSource) -> Iterator[str]:
    """Where it answers."""
    service = HttpService("images")
    service.bind()
    service.start(soap_app(operations(source), ALLOW_ALL, node="images"))
    yield f"http://{HOST}:{service.port}/"
    service.stop()


def wanted(slug: str) -> list[ImageRequest]:
    """What to ask for to have a whole study."""
    return [
        ImageRequest(ds.StudyInstanceUID, ds.SeriesInstanceUID, ds.SOPInstanceUID, NORTH.images)
        for ds in sample(slug).datasets()
    ]


def file_of(slug: str, uid: str) -> Path:
    """The sample's file of an object."""
    paths = zip(sample(slug).paths(), sample(slug).datasets(), strict=True)
    return next(path for path, ds in paths if uid == ds.SOPInstanceUID)
