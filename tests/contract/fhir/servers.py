"""The FHIR server that the suite is aimed at: embedded, or the one that the environment names."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount

from labkit.common import ALLOW_ALL
from labkit.fhir import Courier, FhirClient, FhirStore, fhir_app


@dataclass(frozen=True)
class Target:
    """One FHIR server.

    Attributes
    ----------
    product, version
        As in ``deviations.toml``; from its CapabilityStatement.
    url
        Service base URL.
    callback
        The host by which the server reaches this process.
    """

    product: str
    version: str
    url: str
    callback: str = "127.0.0.1"


@contextmanager
def embedded(folder: Path) -> Iterator[Target]:
    """Our own server, in this process, with uvicorn as the lab does it."""
    store = FhirStore(folder / "fhir.sqlite")
    courier = Courier(store)
    # asyncio sets TCP_NODELAY only where the protocol is named; without it each answer waits 40 ms.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}/fhir"
    app = Starlette(routes=[Mount("/fhir", fhir_app(store, ALLOW_ALL, base_url=url))])
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    courier.start()
    try:
        while not server.started:
            time.sleep(0.01)
        yield Target("embedded", "", url)
    finally:
        courier.stop()
        server.should_exit = True
        thread.join(10)
        store.close()


@contextmanager
def yours(folder: Path) -> Iterator[Target]:
    """The server that ``LABKIT_FHIR_URL`` names."""
    url = os.environ["LABKIT_FHIR_URL"].rstrip("/")
    with FhirClient(url, timeout=60) as fhir:
        software = fhir.capabilities().get("software", {})
    yield Target(
        software.get("name", "yours"),
        software.get("version", ""),
        url,
        os.environ.get("LABKIT_CALLBACK_HOST", "127.0.0.1"),
    )


SERVERS: dict[str, Callable[[Path], AbstractContextManager[Target]]] = {
    "embedded": embedded,
    "yours": yours,
}
