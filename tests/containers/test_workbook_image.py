"""The image of the workbook: what the package reads is in it, though the repository is not."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LINES = (ROOT / "containers/workbook/Dockerfile").read_text(encoding="utf-8").splitlines()
CLONE = {"labkit/lab/containers/compose.py", "labkit/lab/workspace.py"}
"""Modules that look for a clone of the repository, and do without one."""


def copied() -> Iterator[str]:
    """What the image has of the repository."""
    for words in (line.split() for line in LINES):
        if words[:1] == ["COPY"]:
            yield from (word for word in words[1:-1] if not word.startswith("--"))


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder /workbook of the image, but for its data and notebooks."""
    folder = tmp_path_factory.mktemp("image")
    assert {"labkit", "sample_data", "notebooks"} <= set(copied())
    leave = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "labkit", folder / "labkit", ignore=leave)
    return folder


def test_what_it_copies_reaches_the_engine() -> None:
    sent = {
        line[1:]
        for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
        if line.startswith("!")
    }
    for name in copied():
        assert any(name == one or name.startswith(f"{one}/") for one in sent), name


def test_what_looks_beside_the_package_is_in_it() -> None:
    there = {f'/ "{name}"' for name in copied()}
    for path in (ROOT / "labkit").rglob("*.py"):
        name = path.relative_to(ROOT).as_posix()
        depth = name.count("/")  # parents[depth - 1] is labkit
        for line in path.read_text(encoding="utf-8").splitlines():
            ups = [int(up) for up in re.findall(r"parents\[(\d+)\]", line)]
            if max(ups, default=0) >= depth and name not in CLONE:
                assert any(line.partition("parents[")[2].count(one) for one in there), (name, line)


def test_the_published_experiment_is_in_it(image: Path) -> None:
    code = (
        "import labkit; from labkit.exchange.experiment import published\n"
        "print(labkit.__file__, *published()['sites'])"
    )
    # The copy's lines are not the package's: coverage would count labkit twice.
    env = {k: v for k, v in os.environ.items() if not k.startswith("COVERAGE")}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=image,
        env={**env, "PYTHONPATH": str(image)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [str(image / "labkit" / "__init__.py"), "3", "10"]
