import pytest

from labkit.deid import Key


@pytest.fixture
def key() -> Key:
    return Key(bytes(range(32)))
