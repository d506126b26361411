"""WADO-RS (PS3.18 10.4)."""

import json
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import httpx
import pytest
from pydicom import dcmread
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian, RLELossless

from labkit.common.errors import HttpError
from labkit.dicomweb import DicomwebClient
from tests.contract.pacs.cases import uid

STUDY, SERIES, INSTANCE = uid(1), uid(1, 1), uid(1, 1, 1)
AT = f"/studies/{STUDY}/series/{SERIES}/instances/{INSTANCE}"
FILES = ("JPEG2000.dcm", "SC_rgb_rle.dcm", "CT_small.dcm")


def place(ds: Dataset) -> tuple[str, str, str]:
    return str(ds.StudyInstanceUID), str(ds.SeriesInstanceUID), str(ds.SOPInstanceUID)


@pytest.fixture(params=FILES)
def file(request: pytest.FixtureRequest, client: DicomwebClient) -> Dataset:
    """One of pydicom's files, stored."""
    path = Path(str(get_testdata_file(request.param)))
    client.store([path])
    return dcmread(path)


@pytest.mark.parametrize(
    ("uids", "count"),
    [((STUDY,), 3), ((STUDY, SERIES), 2), ((STUDY, SERIES, INSTANCE), 1)],
    ids=["study", "series", "instance"],
)
def test_10_4_1_1_1_objects(client: DicomwebClient, uids: tuple[str, ...], count: int) -> None:
    assert len(list(client.retrieve(*uids))) == count


@pytest.mark.parametrize(
    ("uids", "count"),
    [((STUDY,), 3), ((STUDY, SERIES), 2), ((STUDY, SERIES, INSTANCE), 1)],
    ids=["study", "series", "instance"],
)
def test_10_4_1_1_2_metadata(client: DicomwebClient, uids: tuple[str, ...], count: int) -> None:
    assert len(client.metadata(*uids)) == count


def test_10_4_1_1_2_metadata_have_no_pixels(web: httpx.Client) -> None:
    answer = web.get(f"{AT}/metadata", headers={"Accept": "application/dicom+json"})
    (header,) = answer.json()
    assert "InlineBinary" not in header.get("7FE00010", {})
    assert not any(tag.startswith("0002") for tag in header)


def test_8_7_3_5_2_as_stored(client: DicomwebClient, file: Dataset) -> None:
    (got,) = client.retrieve(*place(file), transfer_syntax="*")
    stored = file.file_meta.TransferSyntaxUID
    never = stored == ImplicitVRLittleEndian
    assert got.file_meta.TransferSyntaxUID == (ExplicitVRLittleEndian if never else stored)
    assert sha256(got.PixelData).digest() == sha256(file.PixelData).digest()


def test_8_7_3_5_2_explicit_little_endian(client: DicomwebClient, file: Dataset) -> None:
    (got,) = client.retrieve(*place(file), transfer_syntax=ExplicitVRLittleEndian)
    assert got.file_meta.TransferSyntaxUID == ExplicitVRLittleEndian
    assert (got.pixel_array == file.pixel_array).all()


def test_8_7_3_5_1_the_default_is_explicit_little_endian(web: httpx.Client, file: Dataset) -> None:
    study, series, instance = place(file)
    path = f"/studies/{study}/series/{series}/instances/{instance}"
    answer = web.get(path, headers={"Accept": 'multipart/related; type="application/dicom"'})
    body = answer.content
    at = body.index(b"DICM") - 128
    assert dcmread(BytesIO(body[at:])).file_meta.TransferSyntaxUID == ExplicitVRLittleEndian


def test_8_7_3_5_2_another_lossless_one(client: DicomwebClient) -> None:
    (got,) = client.retrieve(STUDY, SERIES, INSTANCE, transfer_syntax=RLELossless)
    assert got.file_meta.TransferSyntaxUID == RLELossless


def test_8_7_4_a_single_object(web: httpx.Client) -> None:
    answer = web.get(AT, headers={"Accept": "application/dicom"})
    assert answer.status_code == 200 and answer.content[128:132] == b"DICM"


def test_10_4_1_1_6_frames_are_decoded(client: DicomwebClient, file: Dataset) -> None:
    (frame, *_) = client.frames(*place(file), [1])
    pixels = file.pixel_array
    first = pixels[0] if int(file.get("NumberOfFrames") or 1) > 1 else pixels
    assert sha256(frame).digest() == sha256(first.tobytes()).digest()


def test_10_4_1_1_6_no_such_frame_is_404(web: httpx.Client) -> None:
    octets = {"Accept": 'multipart/related; type="application/octet-stream"'}
    assert web.get(f"{AT}/frames/2", headers=octets).status_code == 404


def test_10_4_1_1_5_bulk_data_is_where_its_link_says(web: httpx.Client) -> None:
    (header,) = web.get(f"{AT}/metadata", headers={"Accept": "application/dicom+json"}).json()
    link = header["7FE00010"]["BulkDataURI"]
    octets = {"Accept": 'multipart/related; type="application/octet-stream"'}
    answer = web.get(link, headers=octets)
    assert answer.status_code == 200 and bytes(4) in answer.content


@pytest.mark.parametrize("kind", ["image/jpeg", "image/png"])
def test_10_4_1_1_3_rendered(web: httpx.Client, kind: str) -> None:
    answer = web.get(f"{AT}/rendered", headers={"Accept": kind})
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith(kind)


def test_8_3_5_1_3_viewport_and_window(web: httpx.Client) -> None:
    query = "window=128,256,linear&viewport=16,16"
    answer = web.get(f"{AT}/rendered?{query}", headers={"Accept": "image/png"})
    assert answer.status_code == 200
    width = int.from_bytes(answer.content[16:20], "big")
    assert width == 16


@pytest.mark.parametrize("path", ["", "/metadata", "/rendered"])
def test_10_4_3_1_what_is_not_there_is_404(web: httpx.Client, path: str) -> None:
    accept = {"": "*/*", "/metadata": "application/dicom+json", "/rendered": "image/jpeg"}[path]
    answer = web.get(
        f"/studies/1.2.3/series/1.2.4/instances/1.2.5{path}", headers={"Accept": accept}
    )
    assert answer.status_code == 404


def test_10_4_1_an_instance_of_another_series_is_404(client: DicomwebClient) -> None:
    with pytest.raises(HttpError) as caught:
        client.metadata(STUDY, uid(1, 2), INSTANCE)
    assert caught.value.status == 404


def test_8_7_5_no_accept_header_is_406(web: httpx.Client) -> None:
    request = web.build_request("GET", AT)
    del request.headers["accept"]
    assert web.send(request).status_code == 406


def test_f_2_metadata_are_an_array(web: httpx.Client) -> None:
    answer = web.get(f"{AT}/metadata", headers={"Accept": "application/dicom+json"})
    assert isinstance(json.loads(answer.content), list)
