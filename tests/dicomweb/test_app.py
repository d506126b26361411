"""The routes: what is answered, with which status, in which form."""

from email import message_from_bytes
from email.message import Message
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import pytest
from pydicom import dcmread
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRLittleEndian, JPEGBaseline8Bit, RLELossless
from starlette.testclient import TestClient

from labkit.common import DENY_ALL
from labkit.dicomweb import ArchiveSource
from labkit.dicomweb.app import dicomweb_app
from labkit.dicomweb.archive_source import StoredInstance

JSON = {"Accept": "application/dicom+json"}


def parts_of(answer: object) -> list[Message]:
    head = f"Content-Type: {answer.headers['content-type']}\r\n\r\n".encode()  # type: ignore[attr-defined]
    return message_from_bytes(head + answer.content).get_payload()  # type: ignore


def digest(data: object) -> str:
    return sha256(data).hexdigest()  # type: ignore[arg-type]


def test_search_at_each_level(web: TestClient, ds: Dataset) -> None:
    study, series = f"/studies/{ds.StudyInstanceUID}", f"/series/{ds.SeriesInstanceUID}"
    for path, tag in (
        ("/studies", "0020000D"), ("/series", "0020000E"), ("/instances", "00080018"),
        (study + "/series", "0020000E"), (study + "/instances", "00080018"),
        (study + series + "/instances", "00080018"),
    ):  # fmt: skip
        answer = web.get(path, headers=JSON)
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == "application/dicom+json"
        for match in answer.json():
            assert list(match) == sorted(match)
            assert match["00081190"]["Value"][0].endswith(match[tag]["Value"][0])


@pytest.mark.parametrize("path", ["/studies/x%3F/series", "/studies/1.2%23/series/3/instances"])
def test_what_ends_a_path_elsewhere_is_no_uid_either(web: TestClient, path: str) -> None:
    answer = web.get(path, headers=JSON)
    assert (answer.status_code, "is no UID" in answer.json()["detail"]) == (400, True)


def test_search_by_keys_and_what_is_included(web: TestClient, ds: Dataset) -> None:
    def found(query: str) -> list[dict[str, object]]:
        answer = web.get(f"/studies?{query}", headers=JSON)
        return answer.json() if answer.status_code == 200 else []

    uid = ds.StudyInstanceUID
    assert [m["0020000D"]["Value"] for m in found(f"0020000D={uid}")] == [[uid]]
    assert len(found(f"StudyInstanceUID={uid},1.2.3")) == 1
    assert len(found("PatientName=*")) >= 2
    assert found(f"StudyDate={ds.StudyDate}-{ds.StudyDate}")
    assert not found("StudyDate=18000101-18001231")
    (match,) = found(f"StudyInstanceUID={uid}&includefield=StudyDescription,00081010")
    assert "00081030" in match
    (full,) = found(f"StudyInstanceUID={uid}&includefield=all")
    assert set(match) - {"00081010"} < set(full) and "00080080" in full


def test_nothing_found_is_204_and_pages_warn(web: TestClient) -> None:
    assert web.get("/studies?PatientID=nobody", headers=JSON).status_code == 204
    answer = web.get("/studies?limit=1", headers=JSON)
    assert len(answer.json()) == 1 and "additional results" in answer.headers["warning"]
    assert "warning" not in web.get("/studies", headers=JSON).headers


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/studies?NoSuchKeyword=1", 400),
        ("/studies?limit=-1", 400),
        ("/studies?PatientID=a&PatientID=b", 400),
        ("/studies?StudyDate=yesterday", 400),
        ("/studies/abc/metadata", 400),
        ("/studies/1.2.3/metadata", 404),
        ("/studies/1.2.3", 404),
        ("/nonsense", 404),
    ],
)
def test_errors_say_what_to_do(web: TestClient, path: str, status: int) -> None:
    answer = web.get(path, headers={"Accept": "*/*"})
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"] and answer.json()["status"] == status


def test_accept_is_obeyed(web: TestClient, at: str) -> None:
    for path, accept in (
        ("/studies", "text/csv"), ("/studies", ""), (at, "image/bmp"),
        (at, 'multipart/related; type="application/dicom"; transfer-syntax=1.2.3'),
        (at, "application/dicom; q=0"),
    ):  # fmt: skip
        assert web.get(path, headers={"Accept": accept}).status_code == 406, (path, accept)
    xml = web.get("/studies", headers={"Accept": 'multipart/related; type="application/dicom+xml"'})
    assert b"NativeDicomModel" in xml.content


def test_metadata_have_no_pixels_but_a_link_to_them(
    web: TestClient, ds: Dataset, at: str, native: bytes
) -> None:
    answer = web.get(f"{at}/metadata", headers={**JSON, "Accept-Encoding": "gzip"})
    assert answer.headers["content-encoding"] == "gzip"
    (found,) = answer.json()
    link = found["7FE00010"]["BulkDataURI"]
    assert "Value" not in found["7FE00010"] and link.endswith(f"{at}/bulkdata/7FE00010")
    assert Dataset.from_json(found).PatientName == ds.PatientName
    value = web.get(link, headers={"Accept": "application/octet-stream"})
    assert digest(value.content) == digest(native)
    some = web.get(link, headers={"Accept": "application/octet-stream", "Range": "bytes=10-19"})
    assert some.status_code == 206 and some.content == native[10:20]
    past = web.get(link, headers={"Accept": "*/*", "Range": f"bytes={len(native)}-"})
    assert past.status_code == 416


def test_a_study_comes_whole(web: TestClient, source: ArchiveSource, ds: Dataset) -> None:
    answer = web.get(f"/studies/{ds.StudyInstanceUID}", headers={"Accept": "*/*"})
    found = [dcmread(BytesIO(part.get_payload(decode=True))) for part in parts_of(answer)]  # type: ignore
    assert len(found) == 4 and {each.StudyInstanceUID for each in found} == {ds.StudyInstanceUID}


def test_an_object_in_the_transfer_syntax_asked_for(web: TestClient, ds: Dataset, at: str) -> None:
    def fetched(syntax: str) -> Dataset:
        answer = web.get(at, headers={"Accept": f"application/dicom; transfer-syntax={syntax}"})
        assert answer.status_code == 200, answer.text
        return dcmread(BytesIO(answer.content))

    packed = fetched(RLELossless)
    assert packed.file_meta.TransferSyntaxUID == RLELossless
    assert (packed.pixel_array == ds.pixel_array).all()
    stored = ds.file_meta.TransferSyntaxUID
    assert fetched("*").file_meta.TransferSyntaxUID == stored
    plain = fetched(ExplicitVRLittleEndian)
    assert digest(plain.PixelData) == digest(ds.pixel_array.tobytes())
    lossy = f"application/dicom; transfer-syntax={JPEGBaseline8Bit}"
    assert web.get(at, headers={"Accept": lossy}).status_code == 406
    either = web.get(at, headers={"Accept": f"{lossy}, application/dicom; q=0.2"})
    assert either.status_code == 200


def test_frames(web: TestClient, at: str, native: bytes) -> None:
    answer = web.get(f"{at}/frames/1", headers={"Accept": "*/*"})
    (part,) = parts_of(answer)
    assert digest(part.get_payload(decode=True)) == digest(native)
    single = web.get(f"{at}/frames/1", headers={"Accept": "application/octet-stream"})
    assert digest(single.content) == digest(native)
    jls = web.get(f"{at}/frames/1", headers={"Accept": "image/jls"})
    assert jls.headers["content-type"].startswith("image/jls; transfer-syntax=1.2.840")
    assert jls.content[:2] == b"\xff\xd8"
    for numbers, status in (("2", 404), ("0", 400), ("x", 400), ("1,", 400)):
        found = web.get(f"{at}/frames/{numbers}", headers={"Accept": "*/*"})
        assert found.status_code == status, numbers


@pytest.mark.parametrize(
    "name", ["image_dfl", "ExplVR_BigEnd", "JPEG2000", "SC_rgb_rle", "examples_palette"]
)
def test_a_frame_however_it_is_stored(web: TestClient, source: ArchiveSource, name: str) -> None:
    path = Path(str(get_testdata_file(f"{name}.dcm")))
    held = source.archive.add_file(path).entry
    place = StoredInstance(source.archive, held).place.path
    pixels = dcmread(path).pixel_array
    answer = web.get(f"{place}/frames/1", headers={"Accept": "application/octet-stream"})
    assert answer.status_code == 200, answer.text
    little = pixels.astype(pixels.dtype.newbyteorder("<"))
    assert digest(answer.content) == digest(little.tobytes())
    (header,) = web.get(f"{place}/metadata", headers=JSON).json()
    assert "BulkDataURI" in header["7FE00010"]


def test_pictures(web: TestClient, at: str) -> None:
    from PIL import Image

    def size(path: str) -> tuple[int, int]:
        answer = web.get(path, headers={"Accept": "image/png"})
        assert answer.status_code == 200, answer.text
        return Image.open(BytesIO(answer.content)).size

    whole = size(f"{at}/rendered")
    assert max(size(f"{at}/thumbnail")) <= 128
    assert max(size(f"{at}/frames/1/rendered?viewport=64,32")) <= 64
    assert whole == size(f"{at}/rendered?window=40,400,linear")
    jpeg = web.get(f"{at}/rendered?quality=20", headers={"Accept": "*/*"})
    assert jpeg.headers["content-type"] == "image/jpeg"
    for query in ("window=a", "window=40,0,linear", "viewport=0,0", "quality=101"):
        found = web.get(f"{at}/rendered?{query}", headers={"Accept": "*/*"})
        assert found.status_code == 400, query
    other = web.get(f"{at}/rendered?window=40,400,sigmoid", headers={"Accept": "*/*"})
    assert digest(other.content) != digest(jpeg.content)


def test_what_a_client_has_already_is_not_sent_again(web: TestClient, at: str) -> None:
    for path in (at, f"{at}/metadata", f"{at}/frames/1", f"{at}/rendered"):
        first = web.get(path, headers={"Accept": "*/*"})
        tag = first.headers["etag"]
        again = web.get(path, headers={"Accept": "*/*", "If-None-Match": tag})
        assert again.status_code == 304 and not again.content
        head = web.head(path, headers={"Accept": "*/*"})
        assert head.status_code == 200 and head.headers["etag"] == tag and not head.content


def test_description_options_and_cors(web: TestClient, at: str) -> None:
    paths = web.get("/openapi.json").json()["paths"]
    assert "/studies/{study}/metadata" in paths and "delete" not in paths["/studies/{study}"]
    assert "POST" in web.options("/studies").headers["allow"]
    assert web.delete(at).status_code == 405
    here, other = "http://127.0.0.1:9000", "https://evil.example"
    assert web.get("/studies", headers={**JSON, "Origin": here}).headers[
        "access-control-allow-origin"
    ] == here  # fmt: skip
    answer = web.get("/studies", headers={**JSON, "Origin": other})
    assert "access-control-allow-origin" not in answer.headers


def test_without_a_policy_all_is_refused(source: ArchiveSource, at: str) -> None:
    closed = TestClient(dicomweb_app(source, DENY_ALL, base_url="http://testserver"))
    for path in ("/studies", at, f"{at}/metadata", f"{at}/frames/1", f"{at}/rendered"):
        answer = closed.get(path, headers={"Accept": "*/*"})
        assert answer.status_code == 403 and "policy" in answer.json()["detail"]
    body = b"--x\r\n\r\n\r\n--x--"
    kind = 'multipart/related; type="application/dicom"; boundary=x'
    assert closed.post("/studies", content=body, headers={"Content-Type": kind}).status_code == 403
