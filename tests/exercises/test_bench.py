"""One attempt that hangs or dies does not stop the others."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from labkit.common.errors import LabError
from labkit.exercises.bench import Bench

# Behaves as the slug says, in place of a lab.
SERVE = """
import json, os, sys, time
print(json.dumps({"ready": True}), flush=True)
for line in sys.stdin:
    slug, name = json.loads(line)
    if slug == "hangs":
        time.sleep(600)
    if slug == "dies":
        os._exit(3)
    print(json.dumps({"name": name, "ok": True, "outcome": "passed"}), flush=True)
"""
FAILS = 'import json; print(json.dumps({"failed": "the disk is full"}))'


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path, limit=1.0, command=(sys.executable, "-c", SERVE))
    yield bench
    bench.close()


def test_one_that_hangs_or_dies_does_not_stop_the_others(bench: Bench) -> None:
    assert bench.attempt("good", "blank").ok
    late = bench.attempt("hangs", "reference")
    assert (late.ok, late.outcome, late.problem) == (False, "timeout", "it took more than 1 s")
    assert bench.attempt("good", "blank").ok
    dead = bench.attempt("dies", "reference")
    assert (dead.ok, dead.outcome) == (False, "raised")
    assert "died" in dead.problem
    again = bench.attempt("good", "blank")
    assert again.ok
    assert again.seconds > 0


@pytest.mark.parametrize(
    ("program", "says"), [("pass", "the process that opens it ended"), (FAILS, "the disk is full")]
)
def test_a_lab_that_does_not_start_is_said(tmp_path: Path, program: str, says: str) -> None:
    bench = Bench(tmp_path, command=(sys.executable, "-c", program))
    with pytest.raises(LabError, match=f"did not start: {says}"):
        bench.attempt("good", "blank")
