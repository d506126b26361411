from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from labkit.workshop.board import Board
from tests.workshop.board.room import Clock, made


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def board(tmp_path: Path, clock: Clock) -> Iterator[Board]:
    with made(tmp_path / "workshop", clock) as running:
        yield running


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A learner's, in which no lab runs."""
    folder = tmp_path / ".lab"
    folder.mkdir()
    return folder
