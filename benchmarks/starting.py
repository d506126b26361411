"""What a learner waits for: the import, the lab, and the first widget of a notebook.

The widget is timed as far as the kernel goes: from the start of the kernel's process, through
`FIRST_CELL`, to the message that puts the widget on the page. What a browser does with that message
is measured in the journeys (tests/browser).
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.measure import Row, alternate
from labkit.lab import launch
from labkit.lab.workspace import Workspace

IMPORT, START, WIDGET = 0.3, 2.0, 4.0  # seconds that we allow
FIRST_CELL = """
import labkit
lab = labkit.open_lab()
labkit.HeaderBrowser(lab.study("ct-head").files[0])
"""
_VIEW = "application/vnd.jupyter.widget-view+json"


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
            if turn == rounds:
                widgets = [_first_widget(workspace) for _ in range(rounds)]
            launch.stop(workspace)
    finally:
        launch.stop(workspace)
    ready = sorted(starts)[len(starts) // 2]
    shown = sorted(widgets)[len(widgets) // 2]
    return [
        Row("import labkit", "ms", round(1000 * took, 1), None, "", round(IMPORT / took, 2), 1.0),
        Row("lab ready", "ms", round(1000 * ready, 1), None, "", round(START / ready, 2), 1.0),
        Row("kernel to first widget, lab running", "ms", round(1000 * shown, 1), None, "",
            round(WIDGET / shown, 2), 1.0),
    ]  # fmt: skip


def _first_widget(workspace: Workspace) -> float:
    """Seconds from the start of a kernel to the message that shows a widget."""
    from jupyter_client.manager import KernelManager

    manager = KernelManager(kernel_name="python3")
    began = time.perf_counter()
    manager.start_kernel(env={**os.environ, "LABKIT_WORKSPACE": str(workspace.root)})
    client = manager.blocking_client()
    try:
        client.start_channels()
        client.wait_for_ready(timeout=60)
        asked = client.execute(FIRST_CELL)
        while True:
            message = client.get_iopub_msg(timeout=60)
            if message["parent_header"].get("msg_id") != asked:
                continue
            if message["msg_type"] == "error":
                raise RuntimeError(message["content"]["evalue"])
            if _VIEW in message["content"].get("data", {}):
                return time.perf_counter() - began
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
