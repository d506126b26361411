"""The fuzzer of a test; `tests/conftest.py` notes its count for the report."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator

import pytest

from tests.fuzz.engine import Fuzz


@pytest.fixture
def fuzz(request: pytest.FixtureRequest) -> Iterator[Fuzz]:
    """Hand out a fuzzer, in silence: pytest-xdist ends at a log with half a surrogate pair."""
    logging.disable()
    warnings.simplefilter("ignore")  # pytest puts the filters back after each test
    yield Fuzz(request.node.nodeid)
    logging.disable(logging.NOTSET)
