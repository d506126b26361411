"""The DICOMweb server that the suite is aimed at: embedded, Orthanc, the façade, or yours."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount

from labkit.common import ALLOW_ALL
from labkit.dicomweb import ArchiveSource, Source, dicomweb_app
from labkit.dicomweb.proxy import ProxySettings, ProxySource, Upstream, traced
from labkit.pacs import Archive
from tests.contract.pacs import servers as pacs
from tests.contract.pacs.servers import PLUGIN, free_port, running_orthanc


@dataclass(frozen=True)
class Target:
    """One DICOMweb server.

    Attributes
    ----------
    product, version
        As in ``deviations.toml``.
    url
        The part of its addresses before ``/studies``.
    """

    product: str
    version: str
    url: str


@contextmanager
def serving(source: Source) -> Iterator[str]:
    """Serve a source in this process; gives the address."""
    config = uvicorn.Config(Starlette(), port=0, log_config=None, lifespan="off")
    server = uvicorn.Server(config)
    listener = config.bind_socket()
    listener.listen()  # nobody is refused before the server has started
    url = f"http://127.0.0.1:{listener.getsockname()[1]}/dicom-web"
    app = dicomweb_app(source, ALLOW_ALL, base_url=url)
    config.app = Starlette(routes=[Mount("/dicom-web", traced(app))])
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        yield url
    finally:
        server.should_exit = True
        thread.join(10)


@contextmanager
def embedded(folder: Path) -> Iterator[Target]:
    """Our own service, in this process."""
    archive = Archive(folder / "archive")
    try:
        with serving(ArchiveSource(archive)) as url:
            yield Target("embedded", "", url)
    finally:
        archive.close()


def facade(name: str) -> Callable[[Path], AbstractContextManager[Target]]:
    """The façade, in front of one of the servers of the suite for PACS."""

    @contextmanager
    def started(folder: Path) -> Iterator[Target]:
        with _PACS[name](folder) as behind:
            upstream = Upstream(behind.peer)
            settings = ProxySettings(
                [upstream], cache=folder / "cache", ae_title=behind.destination,
                receive=("127.0.0.1", behind.destination_port),
            )  # fmt: skip
            with ProxySource(settings) as source, serving(source) as url:
                yield Target(f"façade on {behind.product}", behind.version, url)

    return started


_PACS: dict[str, Callable[[Path], AbstractContextManager[pacs.Target]]] = {
    "embedded": pacs.embedded,
    "dcmqrscp": pacs.dcmqrscp,
    "Orthanc": pacs.orthanc,
}


@contextmanager
def orthanc(folder: Path) -> Iterator[Target]:
    """Orthanc with its DICOMweb plugin, as Debian has them."""
    port = free_port()
    settings: dict[str, object] = {
        "Plugins": [str(PLUGIN)],
        "HttpPort": port,
        "AuthenticationEnabled": False,
        "DicomServerEnabled": False,
        "DicomWeb": {"Enable": True, "Root": "/dicom-web/"},
    }
    with running_orthanc(folder, settings) as version:
        url = f"http://127.0.0.1:{port}/dicom-web"
        _wait_for(url)
        yield Target("Orthanc DICOMweb", _plugin_version() or version, url)


def _plugin_version() -> str:
    """The plugin's own version, as its package has it."""
    asked = ["dpkg-query", "-W", "-f", "${Version}", "orthanc-dicomweb"]
    done = subprocess.run(asked, capture_output=True, text=True, check=False)
    return done.stdout.partition("+")[0]


def _wait_for(url: str) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            httpx.get(f"{url}/studies", trust_env=False, timeout=2)
            return
        except httpx.HTTPError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


@contextmanager
def yours(folder: Path) -> Iterator[Target]:
    """The server that ``LABKIT_DICOMWEB_URL`` names."""
    yield Target(
        os.environ.get("LABKIT_DICOMWEB_PRODUCT", "yours"),
        os.environ.get("LABKIT_DICOMWEB_VERSION", ""),
        os.environ["LABKIT_DICOMWEB_URL"].rstrip("/"),
    )


SERVERS: dict[str, Callable[[Path], AbstractContextManager[Target]]] = {
    "embedded": embedded,
    "Orthanc": orthanc,
    "facade": facade("embedded"),
    "facade-dcmqrscp": facade("dcmqrscp"),
    "facade-Orthanc": facade("Orthanc"),
    "yours": yours,
}
