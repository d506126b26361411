"""Our client, and one of others, on our service."""

import threading
from collections.abc import Iterator
from hashlib import sha256

import pytest
import uvicorn
from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRLittleEndian
from starlette.testclient import TestClient

from labkit.common import ALLOW_ALL
from labkit.common.errors import HttpError, NetworkError
from labkit.dicomweb import ArchiveSource, DicomwebClient, dicomweb_app


@pytest.fixture
def client(web: TestClient) -> Iterator[DicomwebClient]:
    with DicomwebClient("http://testserver", transport=web._transport) as client:
        yield client


def test_find_and_fetch(client: DicomwebClient, ds: Dataset, native: bytes) -> None:
    study, series = ds.StudyInstanceUID, ds.SeriesInstanceUID
    assert len(client.studies(limit=2)) == 2 and client.studies(PatientID="nobody") == []
    assert [s.StudyInstanceUID for s in client.studies(StudyInstanceUID=[study, "1.2"])] == [study]
    assert series in [s.SeriesInstanceUID for s in client.series(study)]
    assert len(client.instances(study)) == 4
    (header,) = client.metadata(study, series, ds.SOPInstanceUID)
    assert header.PatientName == ds.PatientName and not header.PixelData
    assert {d.StudyInstanceUID for d in client.retrieve(study)} == {study}
    (plain,) = client.retrieve(
        study, series, ds.SOPInstanceUID, transfer_syntax=ExplicitVRLittleEndian
    )
    assert plain.file_meta.TransferSyntaxUID == ExplicitVRLittleEndian
    (frame,) = client.frames(study, series, ds.SOPInstanceUID, [1])
    assert sha256(frame).digest() == sha256(native).digest()
    picture = client.rendered(study, series, ds.SOPInstanceUID, viewport="32,32")
    assert picture.startswith(b"\x89PNG")


def test_what_is_stored_is_told(client: DicomwebClient, ds: Dataset) -> None:
    told = client.store([ds])
    assert len(told.ReferencedSOPSequence) == 1
    refused = client.store([ds], study="1.2.3")
    assert refused.FailedSOPSequence[0].FailureReason == 0xA900


def test_errors_are_in_the_words_of_the_server(client: DicomwebClient) -> None:
    with pytest.raises(HttpError) as caught:
        client.metadata("1.2.3")
    assert caught.value.status == 404 and "no such study" in caught.value.message
    with pytest.raises(HttpError) as caught, DicomwebClient("http://testserver/x") as wrong:
        wrong._http = client._http
        wrong.studies()
    assert caught.value.status == 404
    with pytest.raises(NetworkError), DicomwebClient("http://127.0.0.1:1") as nobody:
        nobody.studies()


@pytest.fixture(scope="module")
def url(source: ArchiveSource) -> Iterator[str]:
    """The service on a port of this machine."""
    config = uvicorn.Config(lambda: None, port=0, log_config=None, lifespan="off")
    server = uvicorn.Server(config)
    sock = config.bind_socket()
    sock.listen()  # nobody is refused before the server has started
    here = f"http://127.0.0.1:{sock.getsockname()[1]}"
    config.app = dicomweb_app(source, ALLOW_ALL, base_url=here)
    thread = threading.Thread(target=server.run, args=([sock],), daemon=True)
    thread.start()
    yield here
    server.should_exit = True
    thread.join(10)


def test_dicomweb_client_works_unchanged(url: str, ds: Dataset, native: bytes) -> None:
    others = pytest.importorskip("dicomweb_client.api")
    client = others.DICOMwebClient(url)
    uids = ds.StudyInstanceUID, ds.SeriesInstanceUID, ds.SOPInstanceUID
    assert len(client.search_for_studies(limit=1)) == 1
    assert client.search_for_studies(search_filters={"PatientID": "nobody"}) == []
    assert client.search_for_series(uids[0]) and client.search_for_instances(*uids[:2])
    assert client.retrieve_series_metadata(*uids[:2])
    assert client.retrieve_instance_metadata(*uids)["00080018"]["Value"] == [uids[2]]
    assert client.retrieve_instance(*uids).SOPInstanceUID == uids[2]
    assert len(client.retrieve_study(uids[0])) == 4
    (frame,) = client.retrieve_instance_frames(*uids, frame_numbers=[1])
    assert sha256(frame).digest() == sha256(native).digest()
    for picture in ("image/png", "image/jpeg"):
        assert client.retrieve_instance_rendered(*uids, media_types=(picture,))
    (link,) = [
        client.retrieve_instance_metadata(*uids)["7FE00010"]["BulkDataURI"],
    ]
    (value,) = client.retrieve_bulkdata(link)
    assert sha256(value).digest() == sha256(native).digest()
    assert len(client.store_instances([ds]).ReferencedSOPSequence) == 1
