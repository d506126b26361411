"""A guarded HAPI for the tests that need one: started once, and only if one of them runs."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

import httpx
import pytest
from starlette.types import Receive, Scope, Send

from labkit.access.decisions import decisions_app
from labkit.common.serving import HttpService
from tests.containers.hapi_process import hapi
from tests.containers.hapi_world import SHUT, WORLD, Guarded, Switch, grants


@pytest.fixture(scope="session")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    switch, key = Switch(), secrets.token_urlsafe()
    service = HttpService("decisions")
    port = service.bind()
    app = decisions_app(switch, key=key, grants=grants, base_url="")

    async def door(scope: Scope, receive: Receive, send: Send) -> None:
        await (switch.broken or app)(scope, receive, send)

    service.start(door)
    settings = {"DECISIONS_URL": f"http://127.0.0.1:{port}/decide", "DECISIONS_KEY": key}
    log = tmp_path_factory.mktemp("hapi") / "hapi.log"
    kind = {"Accept": "application/fhir+json", "Content-Type": "application/fhir+json"}
    calls = {"timeout": 60, "trust_env": False}
    try:
        with (
            hapi(settings, log) as url,
            httpx.Client(headers={**kind, "Authorization": "Bearer good"}, **calls) as http,
            httpx.Client(headers={**kind, "X-Labkit-Key": key}, **calls) as lab,
        ):
            yield Guarded(url, switch, http, lab)
    finally:
        service.stop()


@pytest.fixture
def guarded(started: Guarded) -> Guarded:
    """The world as it begins: of two patients, one denies everything."""
    started.switch.denied, started.switch.broken, started.switch.policy = {SHUT}, None, None
    for resource in WORLD:
        started.put(resource)
    return started
