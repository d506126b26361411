"""What all notebooks take: each run once by nbval, every stored output compared, two at a time."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

from benchmarks.measure import Row
from labkit.exercises.notebooks import own_workspace
from tests.notebooks.test_notebooks import HOME, NOTEBOOKS, compared

ALLOWED = 360.0  # seconds, on two cores


def notebooks() -> list[Row]:
    """Run all of them, each in a new embedded lab of its own.

    Raises
    ------
    RuntimeError
        One shows something else than what is stored: such a run measures nothing.
    """
    began = time.perf_counter()
    with ThreadPoolExecutor(max_workers=2) as pool:
        wrong = [said for said in pool.map(_once, NOTEBOOKS) if said]
    took = time.perf_counter() - began
    if wrong:
        raise RuntimeError("\n".join(wrong))
    work = f"all notebooks under nbval, {len(NOTEBOOKS)} in embedded labs"
    return [Row(work, "s", round(took), None, "", round(ALLOWED / took, 2), 1.0)]


def _once(name: str) -> str:
    with own_workspace() as environment:
        said = compared(HOME / name, environment)
    return f"{name}\n{said}" if said else ""
