"""Start a sitting in a process of its own, and bring back what it found, whatever it comes to."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labkit.exercises.notebooks import own_workspace
from labkit.lab.launch import stop_all
from labkit.lab.workspace import Workspace
from labkit.workshop.marks.places import place

_SITTING = (sys.executable, "-m", "labkit.workshop.marks.sitting")
#: What of the instructor's environment the learner's cells get to see.
_PASSED_ON = ("PATH", "LANG", "LC_ALL", "SYSTEMROOT", "VIRTUAL_ENV", "PYTHONPATH", "TZ",
              "LD_LIBRARY_PATH", "TMPDIR")  # fmt: skip


@dataclass(frozen=True)
class Limits:
    """Seconds: of one cell or one judgement, and of a whole notebook, its lab's start included."""

    cell: float = 60.0
    notebook: float = 900.0


@dataclass(frozen=True)
class Seated:
    """What came of one notebook.

    Attributes
    ----------
    found
        One for each judgement, in order, as `labkit.workshop.marks.sitting` says it.
    stopped
        Why it ended before its last cell; ``""`` if it did not.
    """

    found: tuple[dict[str, Any], ...]
    stopped: str = ""


def seat(
    cells: Sequence[str],
    slugs: Sequence[str],
    *,
    limits: Limits = Limits(),
    beside: Sequence[str] = (),
    samples: Path | None = None,
    reference: bool = False,
) -> Seated:
    """Run the cells of a notebook in a new kernel and a new lab, and judge what they hand in.

    Parameters
    ----------
    cells
        The sources of its code cells.
    slugs
        The exercises that are judged.
    beside
        Those of which the verdict may come from the learner's own process.
    samples
        Sample data in place of the workbook's, for the lab and the cells.
    reference
        Whether the references stand in the places of the exercises' cells.
    """
    with _workspace(samples) as (environment, folder):
        job = {
            "cells": list(cells), "slugs": list(slugs), "folder": str(folder), "limit": limits.cell,
            "beside": list(beside), "reference": reference,
        }  # fmt: skip
        process = subprocess.Popen(
            _SITTING, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            encoding="utf-8", env=environment, start_new_session=True,
        )  # fmt: skip
        try:
            return _heard(process, job, limits.notebook)
        finally:
            _end(process)


@contextlib.contextmanager
def _workspace(samples: Path | None) -> Any:
    with place() as around, own_workspace(around) as given:
        folder = around / "home"
        folder.mkdir()
        environment = {name: given[name] for name in _PASSED_ON if name in given}
        environment |= {n: v for n, v in given.items() if n in ("LABKIT_WORKSPACE", "IPYTHONDIR")}
        environment |= {"HOME": str(folder), "LABKIT_LEARNER": "marked"}
        if samples:
            environment["LABKIT_SAMPLES"] = str(samples)
        try:
            yield environment, folder
        finally:
            stop_all(Workspace(Path(environment["LABKIT_WORKSPACE"])))


def _heard(process: subprocess.Popen[str], job: Mapping[str, Any], patience: float) -> Seated:
    lines: queue.Queue[str] = queue.Queue()

    def listen() -> None:
        assert process.stdout is not None
        for line in process.stdout:
            lines.put(line)
        lines.put("")
        process.stdout.close()

    threading.Thread(target=listen, daemon=True, name="labkit-seat").start()
    assert process.stdin is not None
    with contextlib.suppress(OSError):
        process.stdin.write(json.dumps(job) + "\n")
        process.stdin.close()
    found: list[dict[str, Any]] = []
    until = time.monotonic() + patience
    while True:
        try:
            line = lines.get(timeout=max(0.0, until - time.monotonic()))
        except queue.Empty:
            return Seated(tuple(found), f"The notebook took more than {patience:.0f} s.")
        if not line:
            return Seated(tuple(found), "The process that marked it has ended before its time.")
        said = json.loads(line)
        if "stopped" in said:
            return Seated(tuple(found), said["stopped"])
        if "done" in said:
            return Seated(tuple(found))
        if "trouble" in said:
            return Seated(tuple(found), said["trouble"])
        found.append(said)


def _end(process: subprocess.Popen[str]) -> None:
    """End the marker's process; its kernel ends with the connection to it."""
    process.kill()
    process.wait()
    if hasattr(os, "killpg"):
        with contextlib.suppress(OSError):
            os.killpg(process.pid, signal.SIGKILL)
