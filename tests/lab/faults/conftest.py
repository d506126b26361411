"""One lab for all tests of faults; each test leaves it as it found it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from labkit.lab.enterprise import Enterprise
from labkit.lab.workspace import Workspace


@pytest.fixture(scope="session")
def enterprise(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Enterprise]:
    workspace = Workspace.at(tmp_path_factory.mktemp("faults") / "lab")
    workspace.prepare()
    made = Enterprise(workspace)
    made.start({})
    yield made
    made.stop()
