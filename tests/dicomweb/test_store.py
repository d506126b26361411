"""Storing: what is sent in pieces is stored object by object, and each failure has its reason."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pydicom.dataset import Dataset
from starlette.testclient import TestClient

from labkit.common import ALLOW_ALL
from labkit.dicom import encoded, read
from labkit.dicom.samples import studies
from labkit.dicomweb import ArchiveSource
from labkit.dicomweb.app import dicomweb_app
from labkit.dicomweb.multipart import Writer
from labkit.pacs import Archive


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    archive = Archive(tmp_path / "archive")
    yield archive
    archive.close()


@pytest.fixture
def empty(archive: Archive) -> TestClient:
    app = dicomweb_app(
        ArchiveSource(archive), ALLOW_ALL, base_url="http://testserver", deletes=True,
        max_body=1 << 22,
    )  # fmt: skip
    return TestClient(app)


@pytest.fixture(scope="module")
def files() -> list[Path]:
    return sorted(studies()[0].files)[:3]


def send(web: TestClient, path: str, bodies: list[bytes], kind: str = "application/dicom"):
    writer = Writer()
    content = b"".join(
        [*(piece for body in bodies for piece in writer.part({"Content-Type": kind}, [body])),
         writer.end()]
    )  # fmt: skip
    headers = {"Content-Type": writer.content_type("application/dicom"), "Accept": "*/*"}
    return web.post(path, content=content, headers=headers)


def test_all_are_stored(empty: TestClient, archive: Archive, files: list[Path]) -> None:
    answer = send(empty, "/studies", [file.read_bytes() for file in files])
    assert answer.status_code == 200, answer.text
    done = Dataset.from_json(answer.json())
    assert len(done.ReferencedSOPSequence) == 3 and "FailedSOPSequence" not in done
    study = read(files[0]).StudyInstanceUID
    assert done.RetrieveURL == f"http://testserver/studies/{study}"
    assert len(list(archive.stored())) == 3
    # The same again is no error: a client may repeat what it has no answer for.
    assert send(empty, "/studies", [files[0].read_bytes()]).status_code == 200


def test_some_are_stored(empty: TestClient, files: list[Path]) -> None:
    other = read(files[0])
    other.PatientName = "Somebody^Else"
    bodies = [files[0].read_bytes(), encoded(other), b"no DICOM"]
    answer = send(empty, "/studies", bodies)
    assert answer.status_code == 202 and "another object" in answer.headers["warning"]
    done = Dataset.from_json(answer.json())
    assert [item.FailureReason for item in done.FailedSOPSequence] == [0x0111]
    assert [item.FailureReason for item in done.OtherFailuresSequence] == [0xC000]
    assert len(done.ReferencedSOPSequence) == 1


def test_none_is_stored(empty: TestClient, archive: Archive, files: list[Path]) -> None:
    answer = send(empty, "/studies/1.2.3", [files[0].read_bytes()])
    assert answer.status_code == 409
    assert Dataset.from_json(answer.json()).FailedSOPSequence[0].FailureReason == 0xA900
    assert send(empty, "/studies", []).status_code == 400
    assert send(empty, "/studies", [b"x"], "text/plain").status_code == 409
    for kind, status in (("text/plain", 415), ("multipart/related; type=application/dicom", 400)):
        headers = {"Content-Type": kind}
        assert empty.post("/studies", content=b"--", headers=headers).status_code == status
    big = empty.post(
        "/studies", content=bytes(1 << 23), headers={"Content-Type": "application/dicom"}
    )
    assert big.status_code == 413
    assert not list(archive.stored())


def test_a_body_cut_short_tells_what_is_stored(empty: TestClient, files: list[Path]) -> None:
    writer = Writer()
    pieces = [p for f in files[:2] for p in writer.part({}, [f.read_bytes()])]
    headers = {"Content-Type": writer.content_type("application/dicom")}
    answer = empty.post("/studies", content=b"".join(pieces), headers=headers)
    assert answer.status_code == 202
    assert len(Dataset.from_json(answer.json()).ReferencedSOPSequence) == 1


def test_delete_where_it_is_offered(empty: TestClient, files: list[Path]) -> None:
    send(empty, "/studies", [files[0].read_bytes()])
    path = f"/studies/{read(files[0]).StudyInstanceUID}"
    assert empty.delete(path).status_code == 204
    assert empty.delete(path).status_code == 404
