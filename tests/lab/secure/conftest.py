"""A secure lab in the test's own process: its doors, and what stands behind them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from labkit.lab import launch, open_lab
from labkit.lab.enterprise import Enterprise
from labkit.lab.secure.facets import SecureLab
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


@pytest.fixture(scope="session")
def running_secure_lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecureLab]:
    """One secure lab in a process of its own, in whatever state the last test left it."""
    folder = tmp_path_factory.mktemp("secure-lab") / "lab"
    lab = open_lab(folder, secure=True)
    assert isinstance(lab, SecureLab)
    yield lab
    launch.stop(Workspace.at(folder))


@pytest.fixture
def secure_lab(running_secure_lab: SecureLab) -> SecureLab:
    """It, in its first state."""
    running_secure_lab.reset()
    return running_secure_lab
