"""Which FHIR server the contract suite is aimed at.

``LABKIT_FHIR_URL``
    Service base URL of a FHIR R4 server that may be written to. Without it, the embedded server is
    started on a free port of this machine, with uvicorn, as the lab does it.

The suite asks for what it made itself, by identifiers of its own, and leaves it there.
"""

from __future__ import annotations

import os
import socket
import threading
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import uvicorn

from labkit.common import ALLOW_ALL
from labkit.fhir import FhirClient, FhirStore, fhir_app


def serve(folder: Path) -> Iterator[str]:
    """Run the embedded server; gives its base URL."""
    store = FhirStore(folder / "fhir.sqlite")
    # asyncio sets TCP_NODELAY only where the protocol is named; without it each answer waits 40 ms.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}/fhir"
    app = fhir_app(store, ALLOW_ALL, base_url=url)
    mounted = uvicorn.Config(_under("/fhir", app), log_level="error", lifespan="off")
    server = uvicorn.Server(mounted)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield url
    server.should_exit = True
    thread.join(10)
    store.close()


def _under(path: str, app: object) -> object:
    from starlette.applications import Starlette
    from starlette.routing import Mount

    return Starlette(routes=[Mount(path, app)])  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def fhir_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    aimed = os.environ.get("LABKIT_FHIR_URL")
    if aimed:
        yield aimed.rstrip("/")
    else:
        yield from serve(tmp_path_factory.mktemp("fhir"))


@pytest.fixture(scope="session")
def http(fhir_url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=fhir_url, timeout=60, trust_env=False) as http:
        yield http


@pytest.fixture(scope="session")
def fhir(fhir_url: str) -> Iterator[FhirClient]:
    with FhirClient(fhir_url, timeout=60) as fhir:
        yield fhir


@pytest.fixture
def mark() -> str:
    """An identifier value that nothing else on the server has."""
    return f"contract-{uuid.uuid4()}"
