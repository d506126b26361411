"""HTTP clients that stall, trickle, hang up or do not read: each is let go, and others are served.

Slow loris in head and body, connections that were reset in the middle of STOW and WADO.
"""

from __future__ import annotations

import gc
import select
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.types import ASGIApp

from labkit.common import ALLOW_ALL
from labkit.common.patience import Patience
from labkit.common.serving import HOST, HttpService
from labkit.dicomweb import ArchiveSource, dicomweb_app
from labkit.fhir import FhirStore, fhir_app
from labkit.pacs import Archive
from tests.effort import dice, effort, record
from tests.resilience import ledger as kept
from tests.resilience.ledger import Ledger, made

CLIENTS = effort(20, 300)
ROUNDS = effort(5, 200)
LIMIT = 60.0
PATIENCE = Patience(head=2.0, body=2.0, least=64, unread=2.0)

pytestmark = pytest.mark.timeout(300 + CLIENTS + ROUNDS)
Serve = Callable[[Callable[[str], ASGIApp]], HttpService]


@pytest.fixture
def serve() -> Iterator[Serve]:
    services: list[HttpService] = []

    def serve_(make: Callable[[str], ASGIApp]) -> HttpService:
        service = HttpService("faults", PATIENCE)
        service.bind()
        services.append(service)
        service.start(make(f"http://{HOST}:{service.port}"))
        return service

    yield serve_
    for service in services:
        service.stop()


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    made_ = Archive(tmp_path / "archive")
    yield made_
    made_.close()


@pytest.fixture
def fhir(tmp_path: Path, serve: Serve) -> Iterator[HttpService]:
    store = FhirStore(tmp_path / "fhir.sqlite")
    yield serve(lambda url: fhir_app(store, ALLOW_ALL, base_url=url))
    store.close()


@pytest.fixture
def web(archive: Archive, serve: Serve) -> HttpService:
    return serve(lambda url: dicomweb_app(ArchiveSource(archive), ALLOW_ALL, base_url=url))


def connected(service: HttpService) -> socket.socket:
    return socket.create_connection((HOST, service.port), 10)


def open_connections(service: HttpService) -> int:
    assert service._server is not None
    return len(service._server.server_state.connections)


def soon(truth: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + LIMIT
    while not truth() and time.monotonic() < deadline:
        time.sleep(0.02)
    return truth()


def served(url: str) -> bool:
    """Whether a client that does its part gets an answer; a busy machine may hold it up once."""
    return soon(lambda: httpx.get(url, timeout=LIMIT, trust_env=False).status_code == 200)


def let_go(sockets: list[socket.socket], trickle: bytes) -> list[bytes]:
    """Send a byte to each now and then until the server ends them all; what it said to each."""
    said: dict[socket.socket, bytes] = {}
    deadline, at = time.monotonic() + LIMIT, 0
    while len(said) < len(sockets) and time.monotonic() < deadline:
        open_ = [sock for sock in sockets if sock not in said]
        for sock in open_ if trickle else ():
            try:
                sock.send(trickle[at % len(trickle) :][:1])
            except OSError:
                said[sock] = said.get(sock, b"")
        at += 1
        readable, _, _ = select.select([s for s in open_ if s not in said], [], [], 0.05)
        for sock in readable:
            try:
                said[sock] = sock.recv(4096)
            except OSError:
                said[sock] = b""
    assert len(said) == len(sockets), "the server holds connections that do nothing"
    return list(said.values())


HEADS = {
    "silent": (b"", b""),
    "a head byte by byte": (b"GET /Patient HTTP/1.1\r\nHost: x\r\nX: ", b"a"),
    "a body byte by byte": (
        b"POST /Patient HTTP/1.1\r\nHost: x\r\nContent-Type: application/fhir+json\r\n"
        b"Content-Length: 100000\r\n\r\n{",
        b" ",
    ),
    "half a body": (
        b"POST /Patient HTTP/1.1\r\nHost: x\r\nContent-Type: application/fhir+json\r\n"
        b"Content-Length: 100000\r\n\r\n" + b" " * 50_000,
        b"",
    ),
}


@pytest.mark.parametrize("kind", HEADS)
def test_a_slow_client_is_told_408_and_others_are_served(fhir: HttpService, kind: str) -> None:
    head, trickle = HEADS[kind]
    url = f"http://{HOST}:{fhir.port}/Patient"
    threads = threading.active_count()
    sockets = [connected(fhir) for _ in range(CLIENTS)]
    try:
        for sock in sockets:
            sock.sendall(head)
        assert served(url)
        said = let_go(sockets, trickle)
    finally:
        for sock in sockets:
            sock.close()
    told = [each for each in said if each]
    assert all(each.startswith(b"HTTP/1.1 408 ") for each in told), told[:1]
    assert told, "nobody was told why"
    assert soon(lambda: open_connections(fhir) <= 1)
    assert served(url)
    assert soon(lambda: threading.active_count() <= threads + 41)  # anyio's own pool
    record("slow-http", what=kind, clients=CLIENTS, told=len(told))


def reset(sock: socket.socket) -> None:
    """Close with RST: what an unplugged cable or a crashed client ends in."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def temporary(root: Path) -> list[Path]:
    return list(root.rglob("*.part"))


def test_a_reset_anywhere_in_a_stow_leaves_nothing_half(
    web: HttpService, archive: Archive, caplog: pytest.LogCaptureFixture
) -> None:
    rng, url = dice("reset in STOW"), f"http://{HOST}:{web.port}"
    for number in range(ROUNDS):
        objects = [made(rng, f"1.2.9.8.{number}.{n}") for n in range(3)]
        body = kept.parts(objects)
        head = (
            "POST /studies HTTP/1.1\r\nHost: x\r\nAccept: application/dicom+json\r\n"
            'Content-Type: multipart/related; type="application/dicom"; boundary=labkit\r\n'
            f"Content-Length: {len(body)}\r\n\r\n"
        ).encode()
        sock = connected(web)
        sock.sendall((head + body)[: rng.randrange(1, len(head) + len(body))])
        if rng.random() < 0.5:
            time.sleep(rng.random() * 0.02)
        reset(sock)
    assert soon(lambda: open_connections(web) == 0)
    left = archive.index.uids()
    for stored in archive.stored():
        assert len(stored.dataset().PixelData) == 8192, "an object is there in part"
    assert soon(lambda: temporary(archive.root) == [])
    ledger = Ledger()
    answer = kept.stow(url, [made(rng, "1.2.9.8.9999.1")], ledger)
    assert answer is not None and answer.status_code == 200 and len(ledger) == 1
    assert not [r for r in caplog.records if r.levelname == "ERROR"], (
        "a hang-up is no error of ours"
    )
    record("reset-stow", rounds=ROUNDS, whole=len(left))


def wado(web: HttpService) -> socket.socket:
    """Ask for a whole study; the answer is not read."""
    sock = connected(web)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    accept = 'multipart/related; type="application/dicom"; transfer-syntax=*'
    sock.sendall(
        f"GET /studies/{kept.STUDY} HTTP/1.1\r\nHost: x\r\nAccept: {accept}\r\n\r\n".encode()
    )
    return sock


def store_big(archive: Archive, tmp_path: Path, megabytes: int) -> None:
    from pydicom import dcmwrite

    ds = made(dice("big"), "1.2.9.8.7")
    ds.Rows = ds.Columns = 1024
    ds.PixelData = bytes(2 * 1024 * 1024)
    paths = []
    for number in range(megabytes // 2):
        ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPInstanceUID = f"1.2.9.8.7.{number}"
        dcmwrite(tmp_path / f"{number}.dcm", ds)
        paths.append(tmp_path / f"{number}.dcm")
    archive.add_files(paths)


@pytest.mark.parametrize("end", ["reset", "unread"])
def test_a_reader_that_hangs_up_or_does_not_read_is_let_go(
    web: HttpService, archive: Archive, tmp_path: Path, end: str,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    store_big(archive, tmp_path, 24)
    readers = [wado(web) for _ in range(effort(4, 40))]
    for sock in readers:
        assert sock.recv(100).startswith(b"HTTP/1.1 200")
    if end == "reset":
        for sock in readers:
            reset(sock)
    try:
        assert soon(lambda: open_connections(web) == 0), "a reader that does not read is held"
        gc.collect()
        assert soon(lambda: opened(archive.root) == []), "its files are held"
    finally:
        for sock in readers:
            sock.close()
    assert served(f"http://{HOST}:{web.port}/studies")
    record("wado-readers", how=end, readers=len(readers))


def opened(root: Path) -> list[str]:
    """Objects below a folder that this process has open."""
    links: list[Any] = []
    for link in Path("/proc/self/fd").glob("*") if Path("/proc/self/fd").is_dir() else ():
        try:
            links.append(str(link.readlink()))
        except OSError:
            continue
    return [link for link in links if link.startswith(str(root)) and link.endswith(".dcm")]
