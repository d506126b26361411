"""One contract suite for authorization servers: OAuth 2 with PKCE, and SMART's backend services.

It is run on the embedded server always, and on the server that the file named by ``LABKIT_AUTH``
describes (see ``servers``); ``deviations.toml`` has what that product does differently.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import httpx
import pytest

from tests.contract.auth.party import Party
from tests.contract.auth.servers import SERVERS, VARIABLE, Target
from tests.contract.table import rows_for

PRODUCTS = ["embedded", *(["yours"] if os.environ.get(VARIABLE) else [])]


@pytest.fixture(scope="session", params=PRODUCTS)
def target(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Target]:
    """The server under test."""
    with SERVERS[request.param](tmp_path_factory.mktemp(str(request.param))) as started:
        yield started


@pytest.fixture(scope="session")
def party(target: Target) -> Iterator[Party]:
    """Those who talk to it."""
    with httpx.Client(timeout=30, trust_env=False) as http:
        yield Party(target, http)


@pytest.fixture(autouse=True)
def deviation(request: pytest.FixtureRequest, target: Target) -> None:
    """Expect a test to fail where a row says that this product differs."""
    param = request.node.callspec.params["target"]
    name = request.node.name.replace(f"[{param}]", "").replace(f"[{param}-", "[")
    for row in rows_for("auth", target.product, target.version):
        if row.test == name:
            request.node.add_marker(pytest.mark.xfail(reason=row.does, strict=True))
