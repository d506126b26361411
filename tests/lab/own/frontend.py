"""A Jupyter server, and as much of a browser as runs a notebook there and saves it."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from tornado.httpclient import HTTPRequest
from tornado.websocket import websocket_connect

from tooling.workbook import SETTINGS

TOKEN = "t" * 32
LIMIT = 120.0
SECTIONS = ("jupyter_server_config.d/labkit.json",)


class Frontend:
    """Talks to a server as JupyterLab in a browser does."""

    def __init__(self, base: str) -> None:
        self.base = base
        self.http = httpx.Client(
            base_url=base, headers={"Authorization": f"token {TOKEN}"}, trust_env=False,
            timeout=LIMIT,
        )  # fmt: skip

    def run(self, name: str, sources: list[str]) -> dict[str, Any]:
        """Open a notebook, run its cells in a kernel of its own; return it with its outputs."""
        cells = [
            {"cell_type": "code", "source": text, "outputs": [], "metadata": {}, "id": f"c{at}",
             "execution_count": None}
            for at, text in enumerate(sources)
        ]  # fmt: skip
        notebook = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
        self.save(name, notebook)
        body = {"path": name, "name": name, "type": "notebook", "kernel": {"name": "python3"}}
        session = self.http.post("api/sessions", json=body).raise_for_status().json()
        asyncio.run(asyncio.wait_for(self._execute(session["kernel"]["id"], cells), LIMIT))
        self.http.delete(f"api/sessions/{session['id']}").raise_for_status()
        return notebook

    def save(self, name: str, notebook: dict[str, Any]) -> None:
        """Save it, by the contents service."""
        body = {"type": "notebook", "format": "json", "content": notebook}
        self.http.put(f"api/contents/{name}", json=body).raise_for_status()

    async def _execute(self, kernel: str, cells: list[dict[str, Any]]) -> None:
        url = f"{self.base.replace('http', 'ws', 1)}api/kernels/{kernel}/channels?token={TOKEN}"
        link = await websocket_connect(HTTPRequest(url))
        for cell in cells:
            number = uuid.uuid4().hex
            header = {"msg_id": number, "msg_type": "execute_request", "session": "s",
                      "username": "", "version": "5.3", "date": ""}  # fmt: skip
            content = {"code": cell["source"], "silent": False, "allow_stdin": False}
            await link.write_message(json.dumps({
                "header": header, "parent_header": {}, "metadata": {}, "content": content,
                "channel": "shell", "buffers": [],
            }))  # fmt: skip
            while not self._done(json.loads(await link.read_message() or "{}"), number, cell):
                pass
        link.close()

    @staticmethod
    def _done(message: dict[str, Any], number: str, cell: dict[str, Any]) -> bool:
        kind, content = message["msg_type"], message["content"]
        if message["parent_header"].get("msg_id") != number:
            return False
        if kind in ("stream", "display_data", "execute_result", "error"):
            output = {key: value for key, value in content.items() if key != "transient"}
            cell["outputs"].append({"output_type": kind, **output})
        return bool(kind == "status" and content["execution_state"] == "idle")


@contextmanager
def jupyter(folder: Path, root: Path, **environment: str) -> Iterator[Frontend]:
    """Start a server with the settings of the workbook, on the notebooks in `root`."""
    for name in SECTIONS:
        file = folder / "config" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(SETTINGS[name]))
    places = {f"JUPYTER_{kind.upper()}_DIR": str(folder / kind) for kind in ("config", "data")}
    places |= {"JUPYTER_RUNTIME_DIR": str(folder / "runtime"), "IPYTHONDIR": str(folder / "ipy")}
    command = [
        *(sys.executable, "-m", "jupyter_server", "--ServerApp.open_browser=False"),
        *("--ServerApp.ip=127.0.0.1", "--ServerApp.port=0", "--ServerApp.allow_root=True"),
        f"--ServerApp.root_dir={root}",
    ]
    with (folder / "jupyter.log").open("wb") as log:
        process = subprocess.Popen(
            command, stdout=log, stderr=log, cwd=root,
            env={**os.environ, **places, "JUPYTER_TOKEN": TOKEN, **environment},
        )  # fmt: skip
    try:
        yield Frontend(_address(folder / "runtime", process))
    finally:
        process.terminate()
        process.wait(20)


def _address(runtime: Path, process: subprocess.Popen[bytes]) -> str:
    limit = time.monotonic() + LIMIT
    while time.monotonic() < limit and process.poll() is None:
        for file in runtime.glob("jpserver-*.json"):
            try:
                url: str = json.loads(file.read_text())["url"]
                httpx.get(f"{url}api", trust_env=False).raise_for_status()
            except (ValueError, KeyError, httpx.HTTPError):
                continue
            return url
        time.sleep(0.05)
    raise AssertionError("the Jupyter server did not start; see jupyter.log")
