"""A learner's notebook: a real kernel, and what its cells show, errors as the learner sees them."""

from __future__ import annotations

import os
import re
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import Empty
from typing import Any

from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager

LIMIT = 180.0
ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Shown:
    """What stood below a cell.

    Attributes
    ----------
    text
        Output and results, as text.
    error
        Name of the exception, or ``""``; its lines are in `text`.
    """

    text: str
    error: str = ""


class Notebook:
    """One kernel of a learner, and a client that runs cells in it."""

    def __init__(self, workspace: Path, **environment: str) -> None:
        self._env = {
            **{k: v for k, v in os.environ.items() if not k.startswith("LABKIT_")},
            "LABKIT_WORKSPACE": str(workspace), "LABKIT_LEARNER": "ada",
            "IPYTHONDIR": str(workspace.parent / "ipython"), "PYTHONPATH": str(ROOT),
            **environment,
        }  # fmt: skip
        self._manager = KernelManager(kernel_name="python3")
        self._manager.start_kernel(env=self._env, cwd=str(ROOT / "notebooks" / "beginner"))
        self._client: BlockingKernelClient = self._manager.client()
        self._connect()

    def _connect(self) -> None:
        self._client.start_channels()
        self._client.wait_for_ready(timeout=LIMIT)

    @property
    def pid(self) -> int:
        """The kernel's process."""
        provisioner: Any = self._manager.provisioner
        return int(provisioner.process.pid)

    def restart(self) -> None:
        """Kernel ▸ Restart Kernel."""
        self._client.stop_channels()
        self._manager.restart_kernel(now=True)
        self._client = self._manager.client()
        self._connect()

    def begin(self, source: str) -> str:
        """Send a cell and do not wait."""
        return self._client.execute(source)

    def run(self, source: str) -> Shown:
        """Run a cell to its end."""
        return self.end(self.begin(source))

    def end(self, sent: str) -> Shown:
        """Wait for a cell."""
        shown: list[str] = []
        error, until = "", time.monotonic() + LIMIT
        while True:
            try:
                message = self._client.get_iopub_msg(timeout=max(0.1, until - time.monotonic()))
            except Empty:
                raise AssertionError(f"a cell does not end: {''.join(shown)}") from None
            if message["parent_header"].get("msg_id") != sent:
                continue
            kind, content = message["msg_type"], message["content"]
            if kind == "stream":
                shown.append(content["text"])
            elif kind in ("execute_result", "display_data"):
                shown.append(content["data"].get("text/plain", ""))
            elif kind == "error":
                error = content["ename"]
                shown.append("\n".join(content["traceback"]))
            elif kind == "status" and content["execution_state"] == "idle":
                text = re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(shown))
                return Shown(text, error)

    def close(self) -> None:
        """End the kernel."""
        self._client.stop_channels()
        self._manager.shutdown_kernel(now=True)


@contextmanager
def notebook(workspace: Path, **environment: str) -> Iterator[Notebook]:
    """Open a notebook; its kernel ends with the block."""
    made = Notebook(workspace, **environment)
    try:
        yield made
    finally:
        made.close()


@contextmanager
def asleep(*pids: int) -> Iterator[None]:
    """Have processes stand still, as on a laptop whose lid is shut."""
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


__all__ = ["ROOT", "Notebook", "Shown", "asleep", "notebook", "sys"]
