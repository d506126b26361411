"""A FHIR server in this process: no port, a clock that the test sets."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import httpx
import pytest

from labkit.common import ALLOW_ALL
from labkit.fhir import FhirClient, FhirStore, fhir_app

BASE = "http://fhir.test"


class Clock:
    """Stands still, a second further at each look."""

    def __init__(self) -> None:
        self.now = datetime(2026, 1, 15, 8, 0, 0, tzinfo=timezone.utc)

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


class AsgiTransport(httpx.BaseTransport):
    """httpx's in-process transport, for a client that does not await."""

    def __init__(self, app: Any) -> None:
        self.inner = httpx.ASGITransport(app)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        async def go() -> tuple[int, httpx.Headers, bytes]:
            body = request.read()
            again = httpx.Request(
                request.method, request.url, headers=request.headers, content=body
            )
            answer = await self.inner.handle_async_request(again)
            return answer.status_code, answer.headers, await answer.aread()

        status, headers, content = asyncio.run(go())
        return httpx.Response(status, headers=headers, content=content, request=request)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> Iterator[FhirStore]:
    store = FhirStore(tmp_path / "fhir" / "fhir.sqlite", clock=clock)
    yield store
    store.close()


Connect = Callable[..., httpx.Client]


@pytest.fixture
def connect(store: FhirStore) -> Connect:
    """Make an HTTP client of a server with the policy given."""

    def make(policy: Any = ALLOW_ALL, **more: Any) -> httpx.Client:
        app = fhir_app(store, policy, base_url=BASE, **more)
        return httpx.Client(transport=AsgiTransport(app), base_url=BASE)

    return make


@pytest.fixture
def http(connect: Connect) -> httpx.Client:
    return connect()


@pytest.fixture
def fhir(store: FhirStore) -> FhirClient:
    app = fhir_app(store, ALLOW_ALL, base_url=BASE)
    return FhirClient(BASE, transport=AsgiTransport(app))
