"""The fuzzer of a test; `tests/conftest.py` notes its count for the report."""

from __future__ import annotations

import pytest

from tests.fuzz.engine import Fuzz


@pytest.fixture
def fuzz(request: pytest.FixtureRequest) -> Fuzz:
    return Fuzz(request.node.nodeid)
