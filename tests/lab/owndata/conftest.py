"""A lab without studies of anybody's own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from labkit.lab import Lab
from labkit.lab.owndata.index import Index
from labkit.lab.workspace import Workspace


@pytest.fixture
def own(lab: Lab, lab_workspace: Path) -> Iterator[Index]:
    """The index of a lab in its first state, without studies."""
    index = Index(Workspace(lab_workspace))
    yield index
    lab.use(None)  # other tests have the same lab
    for entry in list(index):
        index.remove(entry.name)
