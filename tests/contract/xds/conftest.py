"""Our exchange against an implementation that we did not write; see `peer_process`."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.contract.xds import peer_process
from tests.contract.xds.peer_process import Ipf


@pytest.fixture(scope="module")
def ipf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ipf]:
    """IPF, running; one process for a module of tests."""
    with peer_process.ipf(tmp_path_factory.mktemp("ipf") / "ipf.log") as running:
        yield running
