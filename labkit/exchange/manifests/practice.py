"""A site of one's own for lessons: an archive, a registry and a repository, in this process."""

from __future__ import annotations

import tempfile
import weakref
from datetime import datetime, timezone
from pathlib import Path

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.fileset import FileSet
from pydicom.uid import ExplicitVRLittleEndian

from labkit.common import ALLOW_ALL
from labkit.common.serving import HttpService
from labkit.dicom.samples import patients, sample
from labkit.dicomweb import ArchiveSource, DicomwebClient, dicomweb_app
from labkit.exchange.manifests.maker import Maker
from labkit.exchange.media.delivery import by_web
from labkit.exchange.media.importing import Deliver
from labkit.exchange.media.patients import LocalPatient
from labkit.exchange.parties import NORTH
from labkit.exchange.soap import Exchanged, SoapClient
from labkit.exchange.xds import (
    DocumentConsumer,
    DocumentSource,
    Registry,
    Repository,
    registry_app,
    repository_app,
)
from labkit.pacs import Archive

URL = "https://images.north-general.example/dicomweb"
"""What manifests of this site say: a public name. Who answers there is asked by `Practice.urls`."""
NOW = datetime(2026, 1, 15, 8, 0, tzinfo=timezone.utc)


class Practice:
    """North General in small.

    Attributes
    ----------
    archive, images
        What it holds, and its DICOMweb service.
    maker
        Of its manifests.
    registry, repository
        Of its affinity domain; they answer by SOAP on loopback.
    source, consumer
        Who provides documents (RAD-68), and who looks for them (ITI-18, ITI-43).
    seen
        Each message that went to registry or repository.
    """

    def __init__(self) -> None:
        folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        root = Path(folder.name)
        self.archive = Archive(root / "archive")
        self.registry = Registry(root / "registry")
        known = [p for p in patients() if p.issuer == NORTH.issuer]
        self.registry.admit(*(NORTH.patient(p.patient_id) for p in known))
        self.repository = Repository(root / "repository", NORTH.repository, registry=self.registry)
        self.maker = Maker.of(NORTH, url=URL)
        self.seen: list[Exchanged] = []
        self.root = root
        services = [HttpService(name) for name in ("images", "registry", "repository")]
        web, registry, repository = (f"http://127.0.0.1:{s.bind()}" for s in services)
        images = dicomweb_app(ArchiveSource(self.archive), ALLOW_ALL, base_url=web)
        apps = (images, registry_app(self.registry, ALLOW_ALL),
                repository_app(self.repository, ALLOW_ALL))  # fmt: skip
        for service, app in zip(services, apps, strict=True):
            service.start(app)
        self.images = DicomwebClient(web)
        self.source = DocumentSource(f"{repository}/", connect=self._connect)
        self.consumer = DocumentConsumer(
            f"{registry}/", {NORTH.repository: f"{repository}/"}, connect=self._connect
        )
        self._end = weakref.finalize(self, _end, services, (self.registry, self.repository),
                                     self.archive, folder)  # fmt: skip

    def close(self) -> None:
        """Stop its services and forget all."""
        self._end()

    def _connect(self, url: str) -> SoapClient:
        return SoapClient(url, observer=self.seen.append)

    @property
    def urls(self) -> dict[str, DicomwebClient]:
        """Who answers at the Retrieve URLs of its manifests, for `resolve`."""
        return {URL: self.images}

    @property
    def deliver(self) -> Deliver:
        """Store into its archive, for `carry_out`."""
        return by_web(self.images)

    def keep(self, slug: str) -> None:
        """Store one of the sample studies."""
        self.archive.add_files(sample(slug).paths())

    def store(self, ds: Dataset) -> None:
        """Store a data set as it is."""
        if not hasattr(ds, "file_meta"):
            ds.file_meta = FileMetaDataset()
            ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        ds.file_meta.MediaStorageSOPClassUID = ds.SOPClassUID
        ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
        path = self.root / "incoming.dcm"
        ds.save_as(path, enforce_file_format=True)
        self.archive.add_file(path)

    def disc(self, *slugs: str, name: str = "disc") -> Path:
        """Burn sample studies on a disc; return the folder that it is mounted at."""
        files = FileSet()
        for slug in slugs:
            for path in sample(slug).paths():
                files.add(path)
        folder = self.root / name
        files.write(folder)
        return folder

    def house(self) -> list[LocalPatient]:
        """Return the patients that North General has registered."""
        return [LocalPatient(p.patient_id, p.issuer, p.name, p.birth_date, p.sex)
                for p in patients() if p.issuer == NORTH.issuer]  # fmt: skip

    def __repr__(self) -> str:
        return "North General in this process: archive, DICOMweb, registry, repository"


def _end(
    services: list[HttpService],
    stores: tuple[Registry, Repository],
    archive: Archive,
    folder: tempfile.TemporaryDirectory[str],
) -> None:
    for service in services:
        service.stop()
    for store in stores:
        store.close()
    archive.close()
    folder.cleanup()
