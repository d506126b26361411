"""Deflate bombs, sequences 10 to 10,000 deep, lengths of 4 GB: refused, in little memory."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from labkit.common import ALLOW_ALL
from labkit.common.errors import DataError, LabkitError
from labkit.dicom import header_rows, read, tree
from labkit.dicom.guarded import InflatedTooLarge, read_dataset
from labkit.dicom.header import MOST_DEPTH
from labkit.dicom.layout import element_bytes
from labkit.dicomweb import ArchiveSource
from labkit.dicomweb.app import dicomweb_app
from labkit.dicomweb.dicom_json import dataset_of, text, to_json
from labkit.exchange.media import read_medium
from labkit.exchange.soap import xml
from labkit.fhir import FhirStore, fhir_app
from labkit.fhir.canonical import loads
from labkit.fhir.mapping.sources.files import read_header
from labkit.fhir.mapping.sources.received import received
from labkit.pacs import Archive
from labkit.pacs import header as archive_header
from labkit.pacs.part10 import read_object
from labkit.workshop.marks.sources import pieces
from tests.fuzz.bombs import MEGA, claims, deflated, nested, within

pytestmark = pytest.mark.filterwarnings("ignore")
DEPTHS = [10, 100, 1_000, 10_000]
DICOM = {"Content-Type": "application/dicom"}


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    archive = Archive(tmp_path_factory.mktemp("bombs"))
    app = dicomweb_app(ArchiveSource(archive), ALLOW_ALL, base_url="http://testserver")
    with TestClient(app) as client:
        yield client
    archive.close()


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """The limit of a gigabyte is 8 MB here, so that a bomb is made and found in no time."""
    monkeypatch.setattr("labkit.dicom.guarded.check_inflated.__defaults__", (8 * MEGA,))
    monkeypatch.setattr("labkit.dicom.guarded.inflated.__defaults__", (8 * MEGA,))
    monkeypatch.setitem(read_dataset.__kwdefaults__, "most", 8 * MEGA)


READERS: dict[str, Callable[[Path], object]] = {
    "read": read,
    "tree": lambda path: tree(path.parent),
    "element_bytes": lambda path: element_bytes(path, "PatientID"),
    "mapping, a file": lambda path: read_header(path, path.read_bytes()[:512]),
    "mapping, what was sent": lambda path: received(path.read_bytes(), "application/dicom"),
    "medium": lambda path: read_medium(path.parent),
    "archive": lambda path: archive_header.read_header(
        read_object(path)[1], read_object(path)[0].transfer_syntax
    ),
}


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("name", READERS)
def test_a_deflate_bomb_is_refused_before_it_is_unpacked(name: str, tmp_path: Path) -> None:
    path = tmp_path / "x.dcm"
    path.write_bytes(deflated(64 * MEGA))
    assert path.stat().st_size < 100_000
    with within(16 * MEGA):
        try:
            found = READERS[name](path)
        except LabkitError as error:
            assert "8388608 bytes" in error.message
            assert error.remedy
        else:  # of many files one is passed over, and said
            told = getattr(found, "problems", None) or found.skipped  # type: ignore[attr-defined]
            assert "8388608 bytes" in str(told)


def test_a_deflated_file_within_the_limit_is_read(tmp_path: Path) -> None:
    path = tmp_path / "x.dcm"
    path.write_bytes(deflated(2 * MEGA))
    assert len(read(path).PixelData) == 2 * MEGA
    assert element_bytes(path, "PixelData").total == 2 * MEGA + 12
    with pytest.raises(InflatedTooLarge):
        read_dataset(path, most=MEGA)


@pytest.mark.usefixtures("small")
def test_stow_refuses_a_deflate_bomb_and_keeps_nothing(web: TestClient) -> None:
    bomb = deflated(64 * MEGA)
    with within(24 * MEGA):
        answer = web.post("/studies", content=bomb, headers=DICOM)
    assert answer.status_code == 409
    assert "8388608 bytes" in answer.headers["warning"]
    assert web.get("/studies").status_code == 204


def test_a_packed_request_is_not_unpacked(web: TestClient, tmp_path: Path) -> None:
    """Content-Encoding of a request: neither service unpacks one, so there is no bomb."""
    bomb = gzip.compress(bytes(64 * MEGA))
    packed = {"Content-Encoding": "gzip"}
    store = FhirStore(tmp_path / "fhir.sqlite")
    with TestClient(fhir_app(store, ALLOW_ALL, base_url="http://testserver")) as fhir:
        kind = {"Content-Type": "application/fhir+json"}
        with within(24 * MEGA):
            assert web.post("/studies", content=bomb, headers=DICOM | packed).status_code == 409
            assert fhir.post("/Patient", content=bomb, headers=kind | packed).status_code == 400
    store.close()


@pytest.mark.parametrize("defined", [False, True], ids=["undefined", "defined"])
@pytest.mark.parametrize("depth", DEPTHS)
def test_sequences_in_sequences(depth: int, defined: bool, tmp_path: Path) -> None:
    data = nested(depth, defined=defined)
    path = tmp_path / "x.dcm"
    path.write_bytes(data)
    archive_header.read_header(read_object(path)[1], "1.2.840.10008.1.2.1")
    try:
        ds = read(data)
    except DataError as error:
        assert depth >= 1_000
        assert error.remedy
        return
    rows = header_rows(ds)
    assert len(rows) < 100 + 2 * MOST_DEPTH
    told = [row.problem for row in rows if "nested deeper" in row.problem]
    assert len(told) == (depth > MOST_DEPTH)
    text(to_json(ds))


@pytest.mark.parametrize("depth", DEPTHS)
def test_json_and_xml_in_themselves(depth: int) -> None:
    opening, closing = '{"00081110":{"vr":"SQ","Value":[', "]}}"
    deep = f"[{opening * depth}{{}}{closing * depth}]".encode()
    readers: list[Callable[[], object]] = [
        lambda: received(deep, "application/dicom+json"),
        lambda: loads(b'{"extension":[' * depth + b"{}" + b"]}" * depth),
        lambda: xml.parse(b"<a>" * depth + b"</a>" * depth),
    ]
    for reader in readers:
        try:
            reader()
        except LabkitError as error:
            assert depth >= 100
            assert error.remedy


def test_a_chain_of_items_is_refused_where_it_cannot_be_followed() -> None:
    value: dict[str, object] = {}
    for _ in range(5_000):  # made by a program, not read from text
        value = {"00081110": {"vr": "SQ", "Value": [value]}}
    with pytest.raises(DataError, match="cannot be"):
        dataset_of(value)


@pytest.mark.parametrize("length", [0xFFFFFFFE, 0x7FFFFFFF])
@pytest.mark.parametrize("name", READERS)
def test_a_length_of_gigabytes_takes_no_memory(name: str, length: int, tmp_path: Path) -> None:
    path = tmp_path / "x.dcm"
    path.write_bytes(claims(length))
    with within(32 * MEGA):
        try:
            READERS[name](path)
        except LabkitError as error:
            assert error.message
        with io.BytesIO(path.read_bytes()) as stream:
            read_dataset(stream, stop_before_pixels=True)


def test_a_length_of_gigabytes_by_stow(web: TestClient) -> None:
    with within(32 * MEGA):
        # more than a megabyte of it waits in a file on the disk: read there as a file is read
        answer = web.post("/studies", content=claims(0xFFFFFFFE) + bytes(2 * MEGA), headers=DICOM)
    assert answer.status_code == 409


def test_two_equal_names_in_a_large_object_are_found_at_once() -> None:
    """The search for the name that is there twice once took the square of their number."""
    names = [f'"n{number}":0' for number in range(60_000)]
    with pytest.raises(DataError, match="'n59999' appears twice"):
        loads("{" + ",".join([*names, '"n59999":1']) + "}")
    assert json.loads("{}") == {}


@pytest.mark.parametrize("says", ["what it is", "ten bytes"])
def test_a_zip_bomb_that_is_handed_in_is_refused(says: str, tmp_path: Path) -> None:
    """A notebook of 64 MB that is some kilobytes in the archive, and one that lies about it."""
    path = tmp_path / "ada.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("07_send.ipynb", bytes(64 * MEGA))
    data = path.read_bytes()
    if says == "ten bytes":
        data = data.replace((64 * MEGA).to_bytes(4, "little"), (10).to_bytes(4, "little"))
    path.write_bytes(data)
    assert len(data) < 100_000
    with within(8 * MEGA):
        (piece,) = pieces(path)
    assert piece.refused
    assert not piece.data


def test_a_request_that_says_it_has_four_gigabytes(web: TestClient) -> None:
    kind = {"Content-Type": 'multipart/related; type="application/dicom"; boundary=b'}
    with within(16 * MEGA):
        answer = web.post(
            "/studies", content=b"--b\r\n\r\n", headers=kind | {"Content-Length": "4294967295"}
        )
    assert answer.status_code == 400
