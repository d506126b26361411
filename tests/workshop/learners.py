"""Learners that a script plays: each through the page, in a kernel of their own JupyterLab."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import nbformat
from jupyter_client.blocking.client import BlockingKernelClient

from labkit.exercises.cells import call, mark, slug_of
from labkit.exercises.find import find

CELL = 120.0
"""Seconds that a cell may take on a machine that does much else."""


@dataclass(frozen=True)
class Plan:
    """What a learner does at one exercise, in order.

    Attributes
    ----------
    acts
        ``"reference"``, the name of a recorded wrong answer, ``"blank"``, ``"hint"`` or
        ``"solution"``.
    """

    slug: str
    acts: tuple[str, ...]

    @property
    def last(self) -> str:
        """What stands in the cell in the end: the last answer, or the blank."""
        answers = [act for act in self.acts if act not in ("hint", "solution")]
        return answers[-1] if answers else "blank"


@dataclass
class Learner:
    """Somebody with a code.

    Attributes
    ----------
    shown
        What the cells of exercises showed, by slug, in order.
    """

    name: str
    code: str
    page: str
    folder: Path
    shown: dict[str, list[str]] = field(default_factory=dict)

    def work(self, notebook: str, plans: dict[str, Plan]) -> None:
        """Enter by the page, run a notebook from top to bottom, and save it as it is then."""
        path = self.folder / "notebooks" / notebook
        pages = nbformat.read(path, as_version=4)
        with self._kernel(path) as kernel:
            for cell in pages.cells:
                if cell.cell_type != "code":
                    continue
                slug = slug_of(cell.source)
                if slug is None:
                    run(kernel, cell.source)
                    continue
                plan = plans.get(slug, Plan(slug, ("blank",)))
                for act in plan.acts:
                    source = f'print(repr({act}("{slug}")))'
                    if act not in ("hint", "solution"):
                        cell.source = composed(slug, act)
                        source = cell.source
                    self.shown.setdefault(slug, []).append(run(kernel, source))
        nbformat.write(pages, path)

    @contextmanager
    def _kernel(self, path: Path) -> Iterator[BlockingKernelClient]:
        led = httpx.post(self.page, data={"code": self.code}, timeout=CELL, trust_env=False)
        assert led.status_code == 303, led.text
        way = urlsplit(led.headers["location"])
        base = f"http://{way.netloc}/api"
        token = {"Authorization": f"token {parse_qs(way.query)['token'][0]}"}
        about = {"path": path.relative_to(self.folder).as_posix(), "type": "notebook",
                 "name": path.name, "kernel": {"name": "python3"}}  # fmt: skip
        with httpx.Client(headers=token, timeout=CELL, trust_env=False) as server:
            answer = server.post(f"{base}/sessions", json=about)
            assert answer.status_code == 201, answer.text
            kernel = answer.json()["kernel"]["id"]
            file = self.folder / ".lab" / "jupyter" / "runtime" / f"kernel-{kernel}.json"
            client = BlockingKernelClient(connection_file=str(file))
            client.load_connection_file()
            client.start_channels(hb=False)  # a busy machine misses beats of a kernel that lives
            try:
                ready(client)
                yield client
            finally:
                client.stop_channels()


def ready(client: BlockingKernelClient) -> None:
    """Wait until a kernel answers and what it shows is heard."""
    until = time.monotonic() + CELL
    while time.monotonic() < until:
        client.kernel_info()
        with suppress(Empty):
            client.get_shell_msg(timeout=1)
            client.get_iopub_msg(timeout=1)
            return
    raise AssertionError(f"a kernel did not answer within {CELL:.0f} s")


def composed(slug: str, act: str) -> str:
    """Return the cell of an exercise as a learner would have filled it in."""
    exercise = find(slug).load().exercise
    sources = {"blank": exercise.blank, "reference": exercise.reference}
    sources |= {wrong.name: wrong.source for wrong in exercise.wrong}
    return f"{mark(slug)}\n\n{sources[act]}\n\n{call(find(slug).load())}"


def run(kernel: BlockingKernelClient, source: str) -> str:
    """Run a cell; return what it showed as text. A cell that raises is no learner's, but ours."""
    sent, shown = kernel.execute(source, store_history=True), []
    until = time.monotonic() + CELL
    while True:
        try:
            message = kernel.get_iopub_msg(timeout=max(0.1, until - time.monotonic()))
        except Empty:
            raise AssertionError(f"no answer within {CELL:.0f} s to\n{source}") from None
        if message["parent_header"].get("msg_id") != sent:
            continue
        kind, content = message["msg_type"], message["content"]
        if kind == "error":
            trace = re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(content["traceback"]))
            raise AssertionError(f"{trace}\nin\n{source}")
        if kind == "stream":
            shown.append(content["text"])
        if kind in ("execute_result", "display_data"):
            shown.append(content["data"].get("text/plain", ""))
        if kind == "status" and content["execution_state"] == "idle":
            return "\n".join(shown)


def acts(folder: Path) -> list[dict[str, Any]]:
    """Return what a learner's journal holds."""
    text = (folder / ".lab" / "progress.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]
