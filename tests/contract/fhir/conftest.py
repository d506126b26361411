"""One contract suite for a FHIR R4 server.

It is run on the embedded server always, and on any other that these variables name:

``LABKIT_FHIR_URL``
    Service base URL of a FHIR R4 server that may be written to. HAPI FHIR in the lab's containers
    is ``http://127.0.0.1:8080/fhir``.
``LABKIT_CALLBACK_HOST``
    The host by which that server reaches this process, to deliver the notices of Subscriptions
    (default 127.0.0.1).

The suite asks for what it made itself, by identifiers of its own, and leaves it there.

Where the standard leaves a choice (400 or 422 for a bad code) each choice is accepted. What a
product does differently is a row of ``deviations.toml``. A test named there has to fail: if the
product begins to conform, the suite says so. `tests/contract/table.py` makes the table in
``docs/conformance.md`` of the rows.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator

import httpx
import pytest

from labkit.fhir import FhirClient
from tests.contract.fhir.servers import SERVERS, Target
from tests.contract.fhir.world import World, settle
from tests.contract.table import rows_for


def _servers() -> list[str]:
    aimed = ["yours"] if os.environ.get("LABKIT_FHIR_URL") else []
    # Inside the containers' network the embedded server has been tested before, outside.
    return aimed if aimed and os.environ.get("LABKIT_PRODUCTS") else ["embedded", *aimed]


@pytest.fixture(scope="session", params=_servers())
def target(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Target]:
    """The server under test."""
    with SERVERS[request.param](tmp_path_factory.mktemp(str(request.param))) as started:
        yield started


@pytest.fixture(scope="session")
def http(target: Target) -> Iterator[httpx.Client]:
    """Requests as they are, on the server under test."""
    accept = {"Accept": "application/fhir+json"}
    with httpx.Client(base_url=target.url, timeout=60, trust_env=False, headers=accept) as http:
        yield http


@pytest.fixture(scope="session")
def fhir(target: Target) -> Iterator[FhirClient]:
    """Our client, on the server under test."""
    with FhirClient(target.url, timeout=60) as fhir:
        yield fhir


@pytest.fixture
def mark() -> str:
    """An identifier value that nothing else on the server has."""
    return f"contract-{uuid.uuid4()}"


@pytest.fixture(autouse=True)
def deviation(request: pytest.FixtureRequest) -> None:
    """Expect a test to fail where a row says that this product differs."""
    target: Target = request.getfixturevalue("target")
    param = request.node.callspec.params["target"]
    name = request.node.name.replace(f"[{param}]", "").replace(f"[{param}-", "[")
    for row in rows_for("fhir", target.product, target.version):
        if row.test == name:
            request.node.add_marker(pytest.mark.xfail(reason=row.does, strict=True))


@pytest.fixture(scope="session")
def world(fhir: FhirClient) -> World:
    """A patient of the suite with two studies, on the server under test."""
    return settle(fhir)
