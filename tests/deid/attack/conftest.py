"""One study for all tests, since building it takes seconds."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from labkit.deid.attack import Planted, Row, attack, build
from labkit.deid.attack.naive import NAIVE
from labkit.deid.attack.targets import ours

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(scope="session")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Planted:
    return build(tmp_path_factory.mktemp("attack") / "study")


@pytest.fixture(scope="session")
def naive_rows(
    planted: Planted, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, dict[str, Row]]:
    found = {}
    for name, target in NAIVE.items():
        out = tmp_path_factory.mktemp("naive") / name
        target(planted.folder, out)
        found[name] = {row.name: row for row in attack(planted, out, name)}
    return found


@pytest.fixture(scope="session")
def released(planted: Planted, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    out = tmp_path_factory.mktemp("ours") / "out"
    ours(planted.folder, out)
    yield out
