"""One contract suite for a PACS.

It is run on the embedded PACS always, on Orthanc and DCMTK's dcmqrscp where they are installed, and
on any other that these variables name:

``LABKIT_PACS_HOST``
    Where it is. Without it, no other PACS is tested.
``LABKIT_PACS_PORT``, ``LABKIT_PACS_AE``
    Its port (default 104) and AE title (default ARCHIVE).
``LABKIT_PACS_MOVE_DEST``, ``LABKIT_PACS_MOVE_PORT``
    An AE title it knows as destination (default CONTRACT) and the port of this machine that it
    sends to for it (default 11113). It should also know CONTRACTGONE, where nobody listens.
``LABKIT_PACS_PRODUCT``, ``LABKIT_PACS_VERSION``
    What it is, to have its rows of ``deviations.toml`` apply.

Where ``LABKIT_PRODUCTS`` names a file, it is run on the products in the lab's containers instead,
from inside their network (see `python3 lab.py test containers`).

The suite calls as LEARNER, stores objects of made-up patients, asks for these only, and leaves them
there.

What a product does differently is a row of ``deviations.toml``. A test named there has to fail: if
the product begins to conform, the suite says so. `tests/contract/table.py` makes the table in
``docs/conformance.md`` of the rows.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.pacs.cases import Holdings, fill
from tests.contract.pacs.servers import SERVERS, Target, find_program
from tests.contract.table import rows_for

_PROGRAMS = {"Orthanc": "Orthanc", "dcmqrscp": "dcmqrscp"}


def _products() -> list[object]:
    if os.environ.get("LABKIT_PRODUCTS"):
        return ["ARCHIVE", "LEGACY"]
    products: list[object] = ["embedded"]
    for product, program in _PROGRAMS.items():
        missing = find_program(program) is None
        marks = [pytest.mark.peers, pytest.mark.skipif(missing, reason=f"{program} not installed")]
        products.append(pytest.param(product, marks=marks))
    if os.environ.get("LABKIT_PACS_HOST"):
        products.append("yours")
    return products


@pytest.fixture(scope="session", params=_products())
def target(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Target]:
    """The PACS under test."""
    folder: Path = tmp_path_factory.mktemp(str(request.param))
    with SERVERS[request.param](folder) as started:  # type: ignore[attr-defined]
        yield started


@pytest.fixture(scope="session")
def holdings(target: Target) -> Holdings:
    """The same PACS, holding the suite's studies."""
    return fill(target)


@pytest.fixture(autouse=True)
def deviation(request: pytest.FixtureRequest, target: Target) -> None:
    """Expect a test to fail where a row says that this product differs."""
    name = request.node.name.replace(f"[{request.node.callspec.params['target']}]", "").replace(
        f"[{request.node.callspec.params['target']}-", "["
    )
    for row in rows_for("pacs", target.product, target.version):
        if row.test == name:
            request.node.add_marker(pytest.mark.xfail(reason=row.does, strict=True))
