"""What a learner waits for: the import, and the lab."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from benchmarks.measure import Row, alternate
from labkit.lab import launch
from labkit.lab.workspace import Workspace

IMPORT, START = 0.3, 2.0  # seconds that we allow


def starting(folder: Path, rounds: int) -> list[Row]:
    """``import labkit`` beyond what Python itself takes; ``labkit up`` of a seeded workspace."""

    def python(code: str) -> None:
        subprocess.run([sys.executable, "-c", code], check=True)

    times = alternate(
        {"with": lambda turn: python("import labkit"), "without": lambda turn: python("pass")},
        rounds * 3,
    )
    took = times["with"] - times["without"]
    workspace = Workspace.at(folder / "start")
    starts = []
    try:
        for turn in range(rounds + 1):  # the first fills the workspace
            started = time.perf_counter()
            launch.start(workspace)
            if turn:
                starts.append(time.perf_counter() - started)
            launch.stop(workspace)
    finally:
        launch.stop(workspace)
    ready = sorted(starts)[len(starts) // 2]
    return [
        Row("import labkit", "ms", round(1000 * took, 1), None, "", round(IMPORT / took, 2), 1.0),
        Row("lab ready", "ms", round(1000 * ready, 1), None, "", round(START / ready, 2), 1.0),
    ]
