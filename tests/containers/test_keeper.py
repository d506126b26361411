"""The keeper beside DCMTK's servers: what it takes by HTTP, and what it refuses."""

from __future__ import annotations

import importlib.util
import threading
from collections.abc import Iterator
from http.client import HTTPConnection
from http.server import ThreadingHTTPServer
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import quote

import httpx
import pytest

ROOT = Path(__file__).resolve().parents[2]


def load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / f"containers/dcmtk/{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def keeper(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The program, as it is in the container of the old PACS; its server is never started."""
    monkeypatch.setenv("AE_TITLE", "LEGACY")
    monkeypatch.setenv("SERVER", "dcmqrscp")
    monkeypatch.setenv("DATA", str(tmp_path))
    return load("keeper")


@pytest.fixture
def asked(keeper: ModuleType, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A client of its HTTP interface."""
    acts: list[Any] = []
    server = keeper.Server()
    monkeypatch.setattr(server, "start", lambda: acts.append("start"))
    monkeypatch.setattr(server, "stop", lambda: acts.append("stop"))
    monkeypatch.setattr(server, "_enter", lambda paths: acts.append([p.name for p in paths]))
    monkeypatch.setattr(keeper.Keeper, "dicom", server)
    web = ThreadingHTTPServer(("127.0.0.1", 0), keeper.Keeper)
    thread = threading.Thread(target=web.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    with httpx.Client(base_url=f"http://127.0.0.1:{web.server_port}", trust_env=False) as client:
        client.acts = acts  # type: ignore[attr-defined]
        yield client
    web.shutdown()
    thread.join()
    web.server_close()


def test_files_come_and_go(asked: Any, tmp_path: Path) -> None:
    for name in ("b.dcm", "a.dcm"):
        assert asked.put(f"/objects/{name}", content=name.encode()).status_code == 200
    rows = asked.get("/objects").json()
    assert [row["name"] for row in rows] == ["b.dcm", "a.dcm"]
    assert rows[0]["number"] < rows[1]["number"]
    assert asked.get("/objects/a.dcm").content == b"a.dcm"
    assert asked.acts == [["b.dcm"], ["a.dcm"]]
    asked.acts.clear()
    assert asked.delete("/objects/b.dcm").status_code == 200
    # dcmqrscp cannot forget a file: stopped, its index made again of what is left, started.
    assert asked.acts == ["stop", ["a.dcm"], "start"]
    assert asked.delete("/objects").status_code == 200
    assert asked.get("/objects").json() == []
    assert (tmp_path / "LEGACY" / "lockfile").exists()


@pytest.mark.parametrize(
    "name", ["..", ".", "..%2Fsecret", "a/b", "index.dat", "lockfile", "", "x" * 201, "a b"]
)
def test_no_name_leads_out_of_its_folder(asked: Any, tmp_path: Path, name: str) -> None:
    (tmp_path / "secret").write_text("mine")
    for method in ("GET", "PUT", "DELETE"):
        # As it stands: httpx would make "/objects/.." another path before it is sent.
        connection = HTTPConnection(asked.base_url.host, asked.base_url.port, timeout=10)
        connection.request(method, quote(f"/objects/{name}", safe="/%"), body=b"x")
        assert connection.getresponse().status == 404
        connection.close()
    assert (tmp_path / "secret").read_text() == "mine"
    assert asked.acts == []


def test_some_hosts_are_known_from_the_start_and_stay(keeper: ModuleType, asked: Any) -> None:
    fixed = keeper.fixed_hosts("FACADE=proxy:11112 OTHER=10.0.0.7:104")
    assert fixed == {"FACADE": ("proxy", 11112), "OTHER": ("10.0.0.7", 104)}
    assert keeper.fixed_hosts("") == {}
    keeper.Keeper.dicom.fixed = fixed
    assert asked.put("/hosts", json={"WORKSTN": ["workstn", 4242]}).status_code == 200
    assert keeper.Keeper.dicom.hosts == {**fixed, "WORKSTN": ("workstn", 4242)}


def test_a_table_of_hosts_becomes_lines_of_its_configuration(
    keeper: ModuleType, asked: Any, tmp_path: Path
) -> None:
    hosts = {"WORKSTN": ["workstn", 4242], "MY_BOX": ["10.0.0.7", 104]}
    assert asked.put("/hosts", json=hosts).status_code == 200
    assert asked.acts == ["stop", "start"]
    assert asked.put("/hosts", json=hosts).status_code == 200
    assert asked.acts == ["stop", "start"], "the same table again changes nothing"
    keeper.Keeper.dicom._configure()
    text = (tmp_path / "dcmqrscp.cfg").read_text()
    assert "host0 = (WORKSTN, workstn, 4242)\nhost1 = (MY_BOX, 10.0.0.7, 104)\n" in text
    assert f"LEGACY {tmp_path / 'LEGACY'} RW (500, 1024mb) ANY" in text


@pytest.mark.parametrize(
    "text",
    [
        "", "[]", '{"A": 1}', '{"A": ["h"]}', '{"A": ["h", "x"]}', '{"A B": ["h", 1]}',
        '{"A": ["h, 1)\\nHostTable END", 104]}',
    ],
)  # fmt: skip
def test_a_table_that_is_none_is_refused(asked: Any, text: str) -> None:
    answer = asked.put("/hosts", content=text.encode())
    assert answer.status_code == 400
    assert answer.json()["error"]
    assert asked.acts == []


def test_what_it_does_not_know(asked: Any) -> None:
    assert asked.get("/nothing").status_code == 404
    assert asked.post("/restart").status_code == 404
    assert asked.post("/stop").status_code == 200
    assert asked.get("/log").content == b""


GIVEN = """[[TransferSyntaxes]]
[UncompressedOrZlib]
TransferSyntax1  = DeflatedLittleEndianExplicit
TransferSyntax2  = LocalEndianExplicit

[JPEGBaseline]
TransferSyntax1 = JPEGBaseline

[AnyTransferSyntax]
TransferSyntax1  = JPEG2000
TransferSyntax2  = JPEGLSLossless

# ===
[[PresentationContexts]]
[StorageSCUCompressedAndUncompressed]
PresentationContext1 = CTImageStorage\\AnyTransferSyntax
PresentationContext2 = CTImageStorage\\Uncompressed

[[SCPSCURoleSelection]]
[[Profiles]]
"""
"""As DCMTK's own profiles are written, shorter."""


def test_the_old_pacs_takes_no_newer_compression(tmp_path: Path) -> None:
    given, made = tmp_path / "given.cfg", tmp_path / "made.cfg"
    given.write_text(GIVEN)
    load("profiles").main(given, made)
    text = made.read_text()
    for name in ("AnyTransferSyntax", "UncompressedOrZlib"):
        section = text.split(f"[{name}]\n")[1].split("\n\n")[0]
        assert len(section.splitlines()) == 6
        assert "= JPEGBaseline" in section and "= LittleEndianImplicit" in section
    assert "JPEG2000" not in text and "JPEGLS" not in text and "Deflated" not in text
    # dcmqrscp cannot compress: the context that it falls back to has to be an uncompressed one.
    assert "PresentationContext1 = CTImageStorage\\Uncompressed\n" in text
    assert "[JPEGBaseline]\nTransferSyntax1 = JPEGBaseline\n" in text


def test_profiles_that_are_written_otherwise_are_no_base(tmp_path: Path) -> None:
    given = tmp_path / "given.cfg"
    given.write_text(GIVEN.replace("[AnyTransferSyntax]", "[Every]"))
    with pytest.raises(SystemExit, match=r"has no \[AnyTransferSyntax\]"):
        load("profiles").main(given, tmp_path / "made.cfg")
