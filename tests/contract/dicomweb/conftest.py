"""One contract suite for DICOMweb (PS3.18).

It is run on the embedded service always, on Orthanc with its DICOMweb plugin where that is
installed, on the façade in front of our own PACS, of dcmqrscp and of Orthanc by DIMSE, and on the
server that ``LABKIT_DICOMWEB_URL`` names (``LABKIT_DICOMWEB_PRODUCT`` and
``LABKIT_DICOMWEB_VERSION`` have its rows of ``deviations.toml`` apply). It stores objects of
made-up patients, asks for these only, and leaves them there.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import httpx
import pytest

from labkit.dicomweb import DicomwebClient
from tests.contract.dicomweb.servers import SERVERS, Target
from tests.contract.pacs.cases import studies
from tests.contract.pacs.servers import PLUGIN, find_program
from tests.contract.table import rows_for


def _products() -> list[object]:
    missing = find_program("Orthanc") is None or not PLUGIN.exists()
    marks = [pytest.mark.peers, pytest.mark.skipif(missing, reason="Orthanc DICOMweb not here")]
    products: list[object] = ["embedded", pytest.param("Orthanc", marks=marks), "facade"]
    for program in ("dcmqrscp", "Orthanc"):
        gone = pytest.mark.skipif(find_program(program) is None, reason=f"{program} is not here")
        products.append(pytest.param(f"facade-{program}", marks=[pytest.mark.peers, gone]))
    if os.environ.get("LABKIT_DICOMWEB_URL"):
        products.append("yours")
    return products


@pytest.fixture(scope="session", params=_products())
def target(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Target]:
    """The server under test, holding the suite's studies."""
    with SERVERS[request.param](tmp_path_factory.mktemp(str(request.param))) as started:
        with DicomwebClient(started.url) as client:
            told = client.store(studies())
        assert not told.get("FailedSOPSequence"), told
        yield started


@pytest.fixture(scope="session")
def web(target: Target) -> Iterator[httpx.Client]:
    """Requests as they are."""
    with httpx.Client(base_url=target.url, timeout=30, trust_env=False) as client:
        yield client


@pytest.fixture(scope="session")
def client(target: Target) -> Iterator[DicomwebClient]:
    """Our client, on the server under test."""
    with DicomwebClient(target.url) as client:
        yield client


@pytest.fixture(autouse=True)
def deviation(request: pytest.FixtureRequest, target: Target) -> None:
    """Expect a test to fail where a row says that this product differs."""
    param = request.node.callspec.params["target"]
    name = request.node.name.replace(f"[{param}]", "").replace(f"[{param}-", "[")
    for row in rows_for("dicomweb", target.product, target.version):
        if row.test == name:
            request.node.add_marker(pytest.mark.xfail(reason=row.does, strict=True))
