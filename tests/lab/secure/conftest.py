"""A secure lab in the test's own process: its doors, and what stands behind them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from labkit.lab.enterprise import Enterprise
from labkit.lab.secure.mark import agree
from labkit.lab.secure.wiring import SecureGuarding
from labkit.lab.workspace import Workspace


@pytest.fixture(scope="session")
def secure_workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    workspace = Workspace.at(tmp_path_factory.mktemp("secure") / "lab")
    workspace.prepare()
    agree(workspace, secure=True)
    return workspace


@pytest.fixture(scope="session")
def enterprise(secure_workspace: Workspace) -> Iterator[Enterprise]:
    made = Enterprise(secure_workspace, guarding=SecureGuarding(secure_workspace))
    made.start({})
    yield made
    made.stop()
