"""Every notebook, as shipped: strictly compared, twice in one lab; then solved; then by the rules.

One notebook: ``pytest tests/notebooks -k beginner/07_send``. They run two at a time.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from labkit.exercises import catalogue
from labkit.exercises.notebook_file import place_of
from labkit.exercises.notebook_rules import check
from labkit.exercises.notebooks import own_workspace, run

ROOT = Path(__file__).resolve().parents[2]
HOME = ROOT / "notebooks"
NOTEBOOKS = [
    path.relative_to(HOME).as_posix()
    for path in sorted(HOME.rglob("*.ipynb"))
    if not any(part.startswith(".") for part in path.relative_to(HOME).parts)
]
COMMAND = [
    *(sys.executable, "-m", "pytest", "-o", "addopts=", "-p", "no:cacheprovider", "-q", "-vv"),
    # Nothing but nbval is loaded: to import the other plugins costs some two seconds of CPU a run.
    *("--disable-plugin-autoload", "-p", "nbval.plugin"),
    *("--nbval", "--nbval-current-env", "--nbval-cell-timeout=120"),
    f"--nbval-sanitize-with={HOME / 'sanitize.cfg'}",
]
# The tests above this one wait for each other in the pool, so each may be late.
pytestmark = pytest.mark.timeout(1800)


def compared(path: Path, environment: dict[str, str]) -> str:
    """Run a notebook in a lab and compare; return what differs."""
    done = subprocess.run(
        [*COMMAND, str(path)],
        env=environment | {"PYTHONIOENCODING": "utf-8"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    return "" if done.returncode == 0 else f"{done.stdout}{done.stderr}" or "nbval failed"


def as_shipped(name: str) -> str:
    """Run a notebook twice in one new lab and compare; return what went wrong."""
    with own_workspace() as environment:
        for time in ("first", "second"):
            if said := compared(HOME / name, environment):
                return f"the {time} run differs from what is stored\n{said}"
    return ""


def solved(name: str) -> str:
    """Run a notebook with every blank replaced by its reference; raises if a check fails."""
    run(HOME / name, reference=True)
    return ""


@pytest.fixture(scope="module")
def runs(request: pytest.FixtureRequest) -> Iterator[dict[str, Future[str]]]:
    """Start all runs that this session asks for, two at a time, in the order of the tests."""
    # The first import of matplotlib on a machine builds its font cache, and says so.
    subprocess.run([sys.executable, "-c", "import matplotlib.font_manager"], check=True)
    pool = ThreadPoolExecutor(max_workers=min(2, os.cpu_count() or 1))
    acts = {"as_shipped": as_shipped, "solved": solved}
    wanted = [item for item in request.session.items if item.path == Path(__file__)]
    params = {item.name: getattr(item, "callspec", None) for item in wanted}
    futures = {
        name: pool.submit(acts[spec.params["act"]], spec.params["name"])
        for name, spec in params.items()
        if spec is not None and "act" in spec.params
    }
    yield futures
    pool.shutdown(cancel_futures=True)


def test_there_are_notebooks_and_every_exercise_has_one() -> None:
    assert NOTEBOOKS
    places = {(place_of(HOME / name).track, place_of(HOME / name).folder) for name in NOTEBOOKS}
    assert {(entry.track, entry.notebook) for entry in catalogue()} <= places


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_rules(name: str) -> None:
    assert check(HOME / name) == []


@pytest.mark.parametrize("act", ["as_shipped", "solved"])
@pytest.mark.parametrize("name", NOTEBOOKS)
def test_notebook(
    name: str, act: str, runs: dict[str, Future[str]], request: pytest.FixtureRequest
) -> None:
    assert runs[request.node.name].result() == ""
