"""Every notebook on real products: the stored outputs where no cell says that it varies; solved.

They run where ``LABKIT_PRODUCTS`` names a products file (``labkit-products/1``), one after the
other, since the products are shared. With ``LABKIT_CONTAINERS_RECORD``, what came of each is
written to that file.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from labkit.exercises import notebook_file
from labkit.exercises.notebook_rules import BACKEND, IGNORE
from labkit.exercises.notebooks import CellFailed, own_workspace, run
from tests.containers.table import NOT_RUN, NOT_YET
from tests.notebooks.test_notebooks import HOME, NOTEBOOKS, compared

PRODUCTS = os.environ.get("LABKIT_PRODUCTS", "")
pytestmark = pytest.mark.timeout(600)
on_products = pytest.mark.skipif(not PRODUCTS, reason="LABKIT_PRODUCTS names no products")


def for_products(path: Path, folder: Path) -> tuple[Path, int]:
    """Copy a notebook so that nbval lets its cells tagged `BACKEND` show what they will.

    They still have to run. Returns the copy, and how many cells are tagged.
    """
    notebook = notebook_file.read(path)
    varying = [cell for cell in notebook.cells if BACKEND in cell.metadata.get("tags", [])]
    for cell in varying:
        cell.metadata["tags"] = [*cell.metadata["tags"], IGNORE]
    copy = folder / path.name
    notebook_file.write(notebook, copy)
    return copy, len(varying)


@pytest.fixture(scope="module")
def record() -> Iterator[dict[str, str]]:
    """By notebook: ``same``, ``same but for N cells``, or ``failed``."""
    found: dict[str, str] = {}
    yield found
    if target := os.environ.get("LABKIT_CONTAINERS_RECORD"):
        text = json.dumps(found, indent=1, sort_keys=True)
        Path(target).write_text(text + "\n", encoding="utf-8")


def on_containers() -> list[object]:
    """Every notebook; one that does not hold there yet has to fail, so that this is found out."""
    late = {
        name: pytest.mark.xfail(reason=why, strict=True, raises=(AssertionError, CellFailed))
        for name, why in NOT_YET.items()
    }
    late |= {name: pytest.mark.skip(reason=why) for name, why in NOT_RUN.items()}
    return [pytest.param(n, marks=[late[n]] if n in late else []) for n in NOTEBOOKS]


@on_products
@pytest.mark.parametrize("name", on_containers())
def test_notebook(name: str, tmp_path: Path, record: dict[str, str]) -> None:
    copy, varying = for_products(HOME / name, tmp_path)
    record[name] = "failed"
    with own_workspace() as environment:
        if said := compared(copy, environment):
            raise AssertionError(said[-6000:])  # in full: pytest would cut it short
    record[name] = f"same but for {varying} cells" if varying else "same"


@on_products
@pytest.mark.parametrize("name", on_containers())
def test_notebook_solved(name: str) -> None:
    run(HOME / name, reference=True)


def test_only_cells_that_say_so_may_vary(tmp_path: Path) -> None:
    name = "beginner/08_find_and_retrieve.ipynb"
    copy, varying = for_products(HOME / name, tmp_path)
    before, after = notebook_file.read(HOME / name), notebook_file.read(copy)
    assert varying > 0
    for was, now in zip(before.cells, after.cells, strict=True):
        tags = was.metadata.get("tags", [])
        wanted = [*tags, IGNORE] if BACKEND in tags else tags
        assert now.metadata.get("tags", []) == wanted
        assert (now.source, now.get("outputs")) == (was.source, was.get("outputs"))
