"""Fixtures for every layer's tests: a lab of their own, in a folder of their own."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from labkit.lab import launch
from labkit.lab.workspace import VARIABLE, Workspace
from tests.effort import record

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


def counted(test: Callable[..., Any]) -> Callable[..., Any]:
    """Return the same test with a number `inputs` that grows with each call."""

    @wraps(test)
    def run(*args: Any, **kwargs: Any) -> Any:
        run.inputs += 1  # type: ignore[attr-defined]
        return test(*args, **kwargs)

    run.inputs = 0  # type: ignore[attr-defined]
    return run


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Count what hypothesis hands to each test: the report of the long run says how many."""
    for item in items:
        handle = getattr(getattr(item, "obj", None), "hypothesis", None)
        if handle is not None and not hasattr(handle.inner_test, "inputs"):
            handle.inner_test = counted(handle.inner_test)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Note the count, and whether the test failed."""
    report = yield
    handle = getattr(getattr(item, "obj", None), "hypothesis", None)
    fuzz = getattr(item, "funcargs", {}).get("fuzz")  # of tests/fuzz
    if (handle or fuzz) is not None and call.when == "call":
        inputs = fuzz.inputs if handle is None else handle.inner_test.inputs
        record("fuzz", test=item.nodeid, inputs=inputs, failed=int(report.failed))
    return report
