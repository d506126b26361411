"""Attempts one after the other, in a process that is ended when one of them hangs or dies."""

from __future__ import annotations

import contextlib
import json
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from labkit.common.errors import LabError
from labkit.exercises.attempts import Attempt

_SERVE = (sys.executable, "-m", "labkit.exercises.attempts")
#: Seconds until the process must have opened its lab, its first seeding included.
_START = 120.0


class Bench:
    """Runs attempts in one lab, each in its first state.

    Parameters
    ----------
    workspace
        Of the lab; started on first use.
    limit
        Seconds an attempt may take. One that takes longer is ended with its process.
    command
        The program that serves attempts; it gets the workspace as its last argument.
    """

    def __init__(
        self, workspace: Path, limit: float = 60.0, command: Sequence[str] = _SERVE
    ) -> None:
        self._workspace = workspace
        self._limit = limit
        self._command = [*command, str(workspace)]
        self._process: subprocess.Popen[str] | None = None
        self._lines: queue.Queue[str] = queue.Queue()

    def attempt(self, slug: str, name: str) -> Attempt:
        """Run one attempt; `name` as in `Attempt`.

        Raises
        ------
        LabError
            The lab did not start.
        """
        began = time.monotonic()
        process = self._process or self._start()
        with contextlib.suppress(OSError):  # a process that has died is found by its silence
            assert process.stdin is not None
            process.stdin.write(json.dumps([slug, name]) + "\n")
            process.stdin.flush()
        said = self._said(self._limit)
        if said is None:
            late = process.poll() is None and time.monotonic() - began >= self._limit
            self.close()
            if late:
                problem = f"it took more than {self._limit:.0f} s"
                return Attempt(name, False, "timeout", problem=problem)
            return Attempt(name, False, "raised", problem="the process of the attempt died")
        return replace(Attempt(**said), seconds=round(time.monotonic() - began, 3))

    def close(self) -> None:
        """End the process; the next attempt starts another."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        self._process = None

    def _start(self) -> subprocess.Popen[str]:
        self._process = process = subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
        )
        # A new queue: a late line of the last process must not be taken for one of this.
        lines: queue.Queue[str] = queue.Queue()
        self._lines = lines

        def listen() -> None:
            assert process.stdout is not None and process.stdin is not None
            for line in process.stdout:
                lines.put(line)
            lines.put("")  # it has closed its end
            process.stdout.close()
            with contextlib.suppress(OSError):
                process.stdin.close()

        threading.Thread(target=listen, daemon=True, name="labkit-bench").start()
        said = self._said(_START) or {"failed": "the process that opens it ended"}
        if "failed" in said:
            self.close()
            raise LabError(
                f"The lab for the attempts did not start: {said['failed']}",
                remedy="`labkit up` in another folder shows whether any lab starts",
            )
        return process

    def _said(self, patience: float) -> dict[str, Any] | None:
        """Return the next answer; ``None`` when there is none in time, or no more."""
        try:
            line = self._lines.get(timeout=patience)
        except queue.Empty:
            return None
        return json.loads(line) if line else None
