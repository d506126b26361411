"""A FHIR server that rings, archives, and what is put into them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian
from starlette.testclient import TestClient

from labkit.common import ALLOW_ALL
from labkit.common.serving import HttpService
from labkit.dicom.samples import sample
from labkit.dicomweb import ArchiveSource as OfArchive
from labkit.dicomweb import DicomwebClient, dicomweb_app
from labkit.exchange.tracking import ArchiveSource, FhirSource, QidoListing, Tracker
from labkit.fhir import Courier, FhirClient, FhirStore, fhir_app
from labkit.pacs import Archive

Resource = dict[str, Any]
UID = "2.25.4711"


class Server:
    """A FHIR server on loopback."""

    def __init__(self, folder: Path) -> None:
        self.store = FhirStore(folder / "fhir.sqlite")
        self._http = HttpService("fhir")
        self.url = f"http://127.0.0.1:{self._http.bind()}"
        self.courier = Courier(self.store, pause=0.01)
        self._http.start(fhir_app(self.store, ALLOW_ALL, base_url=self.url))
        self.courier.start()

    def client(self) -> FhirClient:
        return FhirClient(self.url, timeout=10)

    def put(self, *resources: Resource) -> None:
        with self.client() as fhir:
            for resource in resources:
                fhir.update(resource)

    def delete(self, reference: str) -> None:
        with self.client() as fhir:
            fhir.delete(reference)

    def hang_up(self) -> None:
        self.courier.stop()
        self._http.stop()

    def versions(self) -> list[tuple[str, str, str]]:
        """Every version of what is followed: the truth that counts are held against."""
        rows = self.store.query(
            "SELECT r.type, r.id, v.version FROM version v JOIN resource r ON r.pk = v.pk "
            "WHERE r.type IN ('Patient', 'ImagingStudy', 'DocumentReference')", [],
        )  # fmt: skip
        return sorted((kind, id_, str(version)) for kind, id_, version in rows)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    made = Server(tmp_path / "fhir")
    yield made
    made.hang_up()
    made.store.close()


@dataclass
class Pacs:
    """An archive with a web face, that can be silent."""

    name: str
    archive: Archive
    up: bool = True

    def client(self) -> DicomwebClient:
        base = "http://web.test"
        app = TestClient(dicomweb_app(OfArchive(self.archive), ALLOW_ALL, base_url=base))
        if not self.up:
            return DicomwebClient("http://127.0.0.1:9", timeout=1)
        return DicomwebClient(base, transport=app._transport)

    @property
    def source(self) -> ArchiveSource:
        return ArchiveSource(self.name, QidoListing(self.client))

    def store(self, objects: Sequence[Dataset]) -> None:
        for ds in objects:
            if not hasattr(ds, "file_meta"):
                ds.file_meta = FileMetaDataset()
                ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        with self.client() as web:
            assert not web.store(objects).get("FailedSOPSequence")

    def drop(self, uid: str) -> None:
        for stored in list(self.archive.stored()):
            if stored.entry.study_instance_uid == uid:
                self.archive.remove(stored.entry.sop_instance_uid)


@pytest.fixture
def pacs(tmp_path: Path) -> Iterator[Callable[[str], Pacs]]:
    made: list[Pacs] = []

    def make(name: str) -> Pacs:
        made.append(Pacs(name, Archive(tmp_path / name)))
        return made[-1]

    yield make
    for each in made:
        each.archive.close()


@pytest.fixture
def track(tmp_path: Path) -> Iterator[Callable[..., Tracker]]:
    made: list[Tracker] = []

    def make(*sources: FhirSource | ArchiveSource, folder: str = "tracking") -> Tracker:
        made.append(Tracker(tmp_path / folder, sources))
        return made[-1]

    yield make
    for each in made:
        each.close()


def patient(id_: str, **more: Any) -> Resource:
    identifier = [{"system": "https://north-general.example/patient-id", "value": f"NG-{id_}"}]
    return {"resourceType": "Patient", "id": id_, "active": True, "identifier": identifier, **more}


def study(id_: str = "s1", uid: str = UID, of: str = "ann", **more: Any) -> Resource:
    return {
        "resourceType": "ImagingStudy", "id": id_, "status": "available",
        "identifier": [{"system": "urn:dicom:uid", "value": f"urn:oid:{uid}"}],
        "subject": {"reference": f"Patient/{of}"}, **more,
    }  # fmt: skip


def document(id_: str = "d1", uid: str = UID, of: str = "ann", **more: Any) -> Resource:
    related = {"identifier": {"system": "urn:dicom:uid", "value": f"urn:oid:{uid}"}}
    attachment = {"contentType": "application/dicom", "url": f"http://else/{id_}", "title": id_}
    return {
        "resourceType": "DocumentReference", "id": id_, "status": "current",
        "subject": {"reference": f"Patient/{of}"}, "context": {"related": [related]},
        "content": [{"attachment": attachment}], **more,
    }  # fmt: skip


def images(slug: str = "ct-chest", most: int = 3) -> list[Dataset]:
    return [dcmread(path) for path in sorted(sample(slug).files)[:most]]


def fhir_source(server: Server) -> FhirSource:
    return FhirSource("FHIR", server.client)
