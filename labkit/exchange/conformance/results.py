"""What a run of tests came to: run here, or read from a JUnit report of another run."""

from __future__ import annotations

import subprocess  # nosec B404 - runs this Python with the arguments that stand here
import sys
import tempfile
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Literal

from labkit.common.errors import UsageError
from labkit.exchange.soap import xml

Outcome = Literal["pass", "fail", "skip"]
MINUTES = 20
"""A run may take so long."""


def run_tests(tests: Collection[str], root: Path) -> Mapping[str, Outcome]:
    """Run tests by name (``file::name``) in a checkout, and return what each came to.

    A test that did not run, such as one whose file is not there, is not in the answer.

    Raises
    ------
    UsageError
        There are no tests at that place, or they did not end in time.
    """
    missing = sorted({test.partition("::")[0] for test in tests})
    missing = [name for name in missing if not (root / name).is_file()]
    if missing:
        raise UsageError(
            f"{root} has no {missing[0]}: these are not the tests of labkit.",
            remedy="Run it in a checkout of the workbook, or name one with --root.",
        )
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "junit.xml"
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider",
                   f"--junitxml={report}", *sorted(tests)]  # fmt: skip
        try:
            done = subprocess.run(  # nosec B603 - no shell
                command, cwd=root, capture_output=True, text=True, timeout=MINUTES * 60, check=False
            )
        except subprocess.TimeoutExpired as error:
            raise UsageError(
                f"The tests did not end within {MINUTES} minutes.",
                remedy="Run pytest with --junitxml yourself, and give the report with --junit.",
            ) from error
        if not report.exists():
            raise UsageError(
                f"pytest made no report: {(done.stdout + done.stderr)[-500:]}",
                remedy="Install the packages for tests: python3 lab.py test.",
            )
        return read_junit(report.read_bytes())


def read_junit(report: bytes) -> Mapping[str, Outcome]:
    """Read a JUnit report of pytest: ``tests/…/test_x.py::test_y`` → outcome.

    Of a test with parameters: ``fail`` if one case failed, ``skip`` if one was skipped, and
    ``pass`` only if all were run and passed.

    Raises
    ------
    DataError
        It cannot be read.
    """
    found: dict[str, Outcome] = {}
    worst: list[Outcome] = ["pass", "skip", "fail"]
    for case in xml.parse(report).iter("testcase"):
        file = str(case.get("classname") or "").replace(".", "/") + ".py"
        name = f"{file}::{str(case.get('name') or '').partition('[')[0]}"
        tags = {child.tag for child in xml.children(case)}
        outcome: Outcome = "fail" if tags & {"failure", "error"} else "pass"
        if outcome == "pass" and "skipped" in tags:
            outcome = "skip"
        found[name] = max(found.get(name, "pass"), outcome, key=worst.index)
    return found
