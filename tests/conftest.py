"""Fixtures for every layer's tests: a lab of their own, in a folder of their own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from labkit.lab import launch
from labkit.lab.workspace import VARIABLE, Workspace

if TYPE_CHECKING:
    from labkit.lab import Lab


@pytest.fixture(scope="session")
def running_lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """One lab for the whole session, in whatever state the last test left it."""
    from labkit.lab import open_lab

    folder = tmp_path_factory.mktemp("lab") / "workspace"
    yield open_lab(folder)
    launch.stop(Workspace.at(folder))


@pytest.fixture
def lab(running_lab: Lab) -> Lab:
    """The session's lab in its first state, every node running."""
    running_lab.reset()
    return running_lab


@pytest.fixture
def lab_workspace(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> Path:
    """As `lab`, and ``open_lab()`` and ``check()`` without arguments find it; its folder."""
    monkeypatch.setenv(VARIABLE, str(lab.workspace))
    return lab.workspace
