"""PACS of our own behind a façade, asked without a network in front."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from pydicom.dataset import Dataset
from starlette.testclient import TestClient

from labkit.common import ALLOW_ALL
from labkit.dicom import encoded
from labkit.dicomweb import dicomweb_app
from labkit.dicomweb.multipart import Writer
from labkit.dicomweb.proxy import ProxySettings, ProxySource, Upstream, traced
from labkit.dimse import Peer
from labkit.pacs import ALL_SERVICES, Archive, Destinations, EventLog, NodeConfig, PacsNode, Service
from labkit.pacs.header import read_header
from labkit.pacs.part10 import read_file_meta
from tests.dicomweb.proxy.stub import StubPacs

BASE = "http://testserver"
JSON = {"Accept": "application/dicom+json"}
WHOLE = {"Accept": 'multipart/related; type="application/dicom"; transfer-syntax=*'}
MOVES_ONLY = ALL_SERVICES - {Service.GET}


@dataclass
class Behind:
    """A PACS behind the façade."""

    node: PacsNode
    archive: Archive
    peer: Peer
    log: EventLog
    destinations: Destinations

    def hold(self, *objects: Dataset) -> None:
        for ds in objects:
            file = BytesIO(encoded(ds))
            meta = read_file_meta(file)
            data = file.read()
            header = read_header(data, meta.transfer_syntax)
            self.archive.add(data, transfer_syntax=meta.transfer_syntax, header=header)


@dataclass
class Facade:
    """A façade, a client of it, and what its requests did.

    The client makes an answer of a request that broke in the middle an exception, as HTTP does.
    """

    source: ProxySource
    web: TestClient
    traces: list[dict[str, Any]] = field(default_factory=list)

    def services(self, at: int = -1) -> list[str]:
        return [f"{step['service']} {step['level']}" for step in self.traces[at]["steps"]]


StartPacs = Callable[..., Behind]
StartFacade = Callable[..., Facade]
StartStub = Callable[..., StubPacs]


@pytest.fixture
def pacs(tmp_path: Path) -> Iterator[StartPacs]:
    """Start PACS; they end with the test."""
    running: list[Behind] = []

    def start(ae_title: str = "LEGACY", **settings: Any) -> Behind:
        folder = tmp_path / f"{ae_title}{len(running)}"
        archive, log, destinations = Archive(folder), EventLog(folder / "log"), Destinations()
        node = PacsNode(
            NodeConfig(ae_title, **settings), archive,
            policy=ALLOW_ALL, destinations=destinations, log=log,
        )  # fmt: skip
        peer = Peer(ae_title, "127.0.0.1", node.start())
        running.append(Behind(node, archive, peer, log, destinations))
        return running[-1]

    yield start
    for each in running:
        each.node.stop()
        each.archive.close()


@pytest.fixture
def facade(tmp_path: Path) -> Iterator[StartFacade]:
    """Start façades over PACS, which then know them as a destination."""
    running: list[Facade] = []

    def start(
        *behind: Behind | StubPacs, policy: Any = ALLOW_ALL, known: bool = True, **options: Any
    ) -> Facade:
        made = {k: options.pop(k) for k in ("clock", "now", "hooks") if k in options}
        each = {k: options.pop(k) for k in ("retrieve", "timeout", "associations", "names")
                if k in options}  # fmt: skip
        options.setdefault("cache", tmp_path / f"cache{len(running)}")
        settings = ProxySettings([Upstream(b.peer, **each) for b in behind], **options)
        source = ProxySource(settings, **made).start()
        for b in behind if known else ():
            if isinstance(b, StubPacs):
                b.destinations["PROXY"] = ("127.0.0.1", source.receive_port)
            else:
                b.destinations.add("PROXY", "127.0.0.1", source.receive_port)
        traces: list[dict[str, Any]] = []
        app = traced(dicomweb_app(source, policy, base_url=BASE), traces.append)
        running.append(Facade(source, TestClient(app), traces))
        return running[-1]

    yield start
    for started in running:
        started.source.close()


@pytest.fixture
def stub() -> Iterator[Callable[..., StubPacs]]:
    """Start PACS that a test can hold up; they end with it."""
    running: list[StubPacs] = []

    def start(*args: Any, **settings: Any) -> StubPacs:
        running.append(StubPacs(*args, **settings))
        return running[-1]

    yield start
    for each in running:
        each.kill()


def until(done: Callable[[], bool], timeout: float = 20.0) -> None:
    """Wait for a condition; fail if it does not come."""
    deadline = time.monotonic() + timeout
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def stow(front: Facade, *objects: Dataset | bytes) -> Any:
    """Store by STOW-RS; gives the answer."""
    writer = Writer()
    content = b"".join(
        piece
        for each in objects
        for piece in writer.part(
            {"Content-Type": "application/dicom"},
            [each if isinstance(each, bytes) else encoded(each)],
        )
    )
    headers = {"Content-Type": writer.content_type("application/dicom"), **JSON}
    return front.web.post("/studies", content=content + writer.end(), headers=headers)
