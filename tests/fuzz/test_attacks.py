"""Names that lead out of a folder, line breaks in headers, redirects, answers that run away."""

from __future__ import annotations

import json
import pickle
import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
from pydicom.dataset import Dataset
from starlette.testclient import TestClient

from labkit.common import ALLOW_ALL
from labkit.common.errors import DataError, HttpError, LabkitError
from labkit.deid.files import written
from labkit.dicom import read
from labkit.dicom.guarded import file_name
from labkit.dicomweb import ArchiveSource, DicomwebClient
from labkit.dicomweb.app import dicomweb_app
from labkit.exchange.mhd.fetching import Fetcher
from labkit.fhir import Courier, FhirClient, FhirStore, fhir_app
from labkit.hl7.ack import acknowledge
from labkit.hl7.message import read as read_hl7
from labkit.pacs import Archive
from labkit.workshop.marks.wire import NotTaken, Reader
from tests.fuzz.bombs import MEGA, plain, within
from tests.fuzz.engine import seeds

pytestmark = pytest.mark.filterwarnings("ignore")
LEADS_OUT = [
    "../../out",
    "..",
    "/tmp/out",
    "a/b",
    "C:\\out",
    "1.2/../3",
    "1.2\0",
    "1.2\r\nX: y",
    "",
    "1" * 65,
]
DICOM = {"Content-Type": "application/dicom"}


NOW = datetime(2026, 1, 15, 8, tzinfo=timezone.utc)


def named(uid: str) -> Dataset:
    ds = read(plain())
    ds.SOPInstanceUID = uid
    ds.file_meta.MediaStorageSOPInstanceUID = "2.25.1"
    return ds


# -- paths


@pytest.mark.parametrize("uid", LEADS_OUT)
def test_a_uid_that_leads_out_of_a_folder_names_no_file(uid: str, tmp_path: Path) -> None:
    """De-identification and import name files by UIDs, which may be kept as they are."""
    with pytest.raises(DataError, match="is no UID"):
        file_name(uid)
    inner = tmp_path / "a" / "b"
    with pytest.raises(DataError, match="is no UID"):
        written(named(uid), inner)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    archive = Archive(tmp_path_factory.mktemp("attacks"))
    app = dicomweb_app(ArchiveSource(archive), ALLOW_ALL, base_url="http://testserver")
    with TestClient(app, raise_server_exceptions=False) as client:
        client.root = archive.root  # type: ignore[attr-defined]
        yield client
    archive.close()


def of_uid(uid: bytes, number: int) -> bytes:
    """The bytes of a file whose Study and SOP Instance UID are `uid`, whatever it is."""
    whole = plain()
    padded = uid + b"\0" * (len(uid) % 2)
    for old in (b"\x08\0\x18\0UI\x06\x002.25.1", b"\x20\0\x0d\0UI\x06\x002.25.2"):
        new = old[:6] + len(padded).to_bytes(2, "little") + padded
        before, _, after = whole.rpartition(old)  # the last: the first is in an item
        whole = before + new + after
    return whole.replace(b"2.25.3", b"2.25.%d" % number)


@pytest.mark.parametrize("number", range(4))
def test_stow_writes_nowhere_but_in_its_folder_and_answers_in_one_line(
    number: int, web: TestClient
) -> None:
    uid = [b"../../../out", b"/tmp/fuzz-out", b'1.2\r\nSet-Cookie: a="b', b"1.2\x01\x7f"][number]
    root: Path = web.root  # type: ignore[attr-defined]
    beside = set(root.parent.iterdir())
    answer = web.post("/studies", content=of_uid(uid, number), headers=DICOM)
    assert answer.status_code in (200, 202, 409)
    assert set(root.parent.iterdir()) == beside
    assert not Path("/tmp/fuzz-out.dcm").exists()
    for name, value in answer.headers.items():
        assert value.isprintable(), (name, value)
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("text", ["..%2f..", "%2e%2e", "1.2%00", "1.2%0d%0aX: y", "a" * 300])
def test_a_path_that_is_no_uid_is_no_resource(text: str, web: TestClient) -> None:
    for path in (f"/studies/{text}", f"/studies/1.2/series/{text}/metadata"):
        answer = web.get(path)
        assert answer.status_code in (400, 404, 406)
        assert "x" not in {name.lower() for name in answer.headers}


# -- headers


def test_what_a_fhir_server_is_sent_makes_no_header_of_its_own(tmp_path: Path) -> None:
    store = FhirStore(tmp_path / "fhir.sqlite")
    app = fhir_app(store, ALLOW_ALL, base_url="http://testserver")
    with TestClient(app, raise_server_exceptions=False) as http:
        kind = "text/plain\x01;a=\x7f"
        made = http.post("/Binary", content=b"x", headers={"Content-Type": kind})
        assert made.status_code in (201, 400, 415, 422)
        if made.status_code == 201:
            got = http.get(made.headers["location"].removeprefix("http://testserver"))
            assert all(value.isprintable() for value in got.headers.values())
        for path in ("/Patient/a%0d%0aX:%20y", "/Patient?_id=a%0d%0aX:%20y", "/%0d%0aX"):
            answer = http.get(path)
            assert answer.status_code < 500
            assert "x" not in answer.headers
        patient = {"resourceType": "Patient", "id": "a\r\nX: y"}
        put = http.put("/Patient/a%0d%0aX:%20y", json=patient)
        assert put.status_code in (400, 404, 422)
    store.close()


def test_a_separator_or_frame_in_a_value_makes_no_segment(tmp_path: Path) -> None:
    """What a message says comes back in its answer: as a value, never as a segment or a frame."""
    text = seeds("hl7")["orm.hl7"].decode().replace("|M1|", "|M1\x1c\x0bMSH|")
    message = read_hl7(text)
    said = acknowledge(message, control_id="A1", when=NOW).encode()
    assert said.count(b"MSH|") == 1
    assert b"\x1c\r" not in said


# -- where we are sent to


class Elsewhere(BaseHTTPRequestHandler):
    """Sends everybody on to another address of this server."""

    def answer(self) -> None:
        self.rfile.read(int(self.headers.get("content-length") or 0))
        self.server.asked.append(self.path)  # type: ignore[attr-defined]
        self.send_response(307)
        self.send_header("Location", "/secret")
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_POST = do_PUT = answer  # noqa: N815

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def elsewhere() -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere)
    server.asked = []  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


CLIENTS: dict[str, Callable[[str], object]] = {
    "DICOMweb": lambda url: DicomwebClient(url).studies(),
    "DICOMweb, objects": lambda url: list(DicomwebClient(url).retrieve("1.2")),
    "FHIR": lambda url: FhirClient(url).read("Patient/1"),
    "MHD": lambda url: Fetcher(url, transport=None, headers=None, timeout=9).get(
        f"{url}/Binary/1", "text/plain"
    ),
}


@pytest.mark.parametrize("name", CLIENTS)
def test_no_client_is_sent_on_with_its_token(name: str, elsewhere: ThreadingHTTPServer) -> None:
    url = f"http://127.0.0.1:{elsewhere.server_port}"
    with pytest.raises((LabkitError, HttpError)):
        CLIENTS[name](url)
    assert "/secret" not in elsewhere.asked  # type: ignore[attr-defined]


def test_a_hook_that_sends_us_on_is_not_followed(
    elsewhere: ThreadingHTTPServer, tmp_path: Path
) -> None:
    """The endpoint of a Subscription is allowed or not; where it points to is neither."""
    store = FhirStore(tmp_path / "fhir.sqlite")
    courier = Courier(store, tries=1, pause=0.01, timeout=5)
    hook = {"type": "rest-hook", "endpoint": f"http://127.0.0.1:{elsewhere.server_port}/hook"}
    subscription = {
        "resourceType": "Subscription", "status": "requested", "reason": "x",
        "criteria": "Patient?gender=female", "channel": hook,
    }  # fmt: skip
    with TestClient(fhir_app(store, ALLOW_ALL, base_url="http://testserver")) as http:
        made = http.post(
            "/Subscription", json=subscription, headers={"Content-Type": "application/fhir+json"}
        )
        courier.start()
        http.post(
            "/Patient",
            json={"resourceType": "Patient", "gender": "female"},
            headers={"Content-Type": "application/fhir+json"},
        )
        url = f"/Subscription/{made.json()['id']}"
        for _ in range(1000):
            if http.get(url).json()["status"] == "error":
                break
            threading.Event().wait(0.01)
        courier.stop()
        assert "answered 307" in http.get(url).json()["error"]
    assert elsewhere.asked == ["/hook"]  # type: ignore[attr-defined]
    store.close()


@pytest.mark.parametrize("name", CLIENTS)
def test_an_answer_that_is_nested_without_end_is_an_error_of_the_server(name: str) -> None:
    deep = b"[" * 200_000
    kinds = {"DICOMweb": "application/dicom+json", "FHIR": "application/fhir+json"}
    headers = {"Content-Type": kinds.get(name.partition(",")[0], "application/json")}
    transport = httpx.MockTransport(
        lambda request: httpx.Response(200, headers=headers, content=deep)
    )
    acts: dict[str, Callable[[], object]] = {
        "DICOMweb": lambda: DicomwebClient("http://x", transport=transport).studies(),
        "DICOMweb, objects": lambda: list(
            DicomwebClient("http://x", transport=transport).retrieve("1")
        ),
        "FHIR": lambda: FhirClient("http://x", transport=transport).read("Patient/1"),
        "MHD": lambda: Fetcher("http://x", transport=transport, headers=None, timeout=9).get(
            "http://x/1", ""
        ),
    }
    try:
        found = acts[name]()
    except LabkitError as error:
        assert error.remedy
    else:  # MHD: a document may be any JSON
        assert found == (deep, "application/json")


# -- answers to a marker


class Calls:
    """Pickles as a call of something."""

    def __init__(self, what: Callable[..., object], *arguments: object) -> None:
        self.call = what, arguments

    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
        return self.call


@pytest.mark.parametrize(
    "answer",
    [Calls(bytes, 1 << 34), Calls(bytearray, 1 << 34), Calls(list, range(1 << 34)),
     Calls(tuple, range(1 << 34)), Calls(set, range(1 << 34))],
    ids=["bytes", "bytearray", "list", "tuple", "set"],
)  # fmt: skip
def test_an_answer_of_a_few_bytes_takes_no_gigabytes_of_the_marker(answer: Calls) -> None:
    data = pickle.dumps(answer, 4)
    assert len(data) < 100
    with within(8 * MEGA), pytest.raises(NotTaken):
        Reader(data, str).load()


def test_values_that_are_made_by_a_call_still_travel() -> None:
    for value in (b"", bytes(9), bytearray(b"ab"), {1, 2}, frozenset({3}), range(9), [1], (1, 2)):
        assert Reader(pickle.dumps(value, 4), str).load() == value
    assert json.loads("1") == 1
