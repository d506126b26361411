"""A hub for the tests: started as in its container, with a browser in small for each learner."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import websocket

ROOT = Path(__file__).resolve().parents[2]
CONFIG = ROOT / "containers/hub/jupyterhub_config.py"
PROXY = "configurable-http-proxy"
PLACED = ROOT / "artifacts/hub/node_modules/.bin" / PROXY
PATIENCE = 120.0
"""Seconds for what takes ten on a quiet machine."""


def proxy() -> Path | None:
    """Where .ci/run or somebody has put the proxy; ``None`` where nobody has."""
    found = shutil.which(PROXY)
    return Path(found) if found else PLACED if PLACED.exists() else None


def until(what: Callable[[], Any], patience: float = PATIENCE, pause: float = 0.1) -> Any:
    """Wait for a condition; return what it was met with."""
    end = time.monotonic() + patience
    while not (found := what()):
        assert time.monotonic() < end, "it did not come to it"
        time.sleep(pause)
    return found


def may_enter(before: list[str]) -> bool:
    """Whether an account of a learner can run this Python, and read what a seat needs."""
    # Not setpriv: it would find the program while it still has root's capabilities.
    look = (
        "from importlib.util import find_spec as f; "
        "open(f('jupyterhub').origin); open(f('labkit').origin)"
    )
    code = (
        f"import subprocess, sys; sys.exit(subprocess.run([sys.executable, '-I', '-c', {look!r}], "
        "cwd='/', user=20000, group=20000, extra_groups=[]).returncode)"
    )
    try:
        done = subprocess.run(
            [*before, sys.executable, "-c", code], capture_output=True, check=False
        )
    except OSError:
        return False
    return done.returncode == 0


def opened_up(script: Path, program: Path) -> list[str]:
    """Return a command prefix under which closed folders, such as root's home, let through.

    It works in a mount namespace of its own: nobody else sees a change, and it ends with it.
    """
    closed: dict[Path, list[Path]] = {}
    for path in (Path(sys.base_prefix), Path(sys.prefix), ROOT, program.resolve().parents[3]):
        shut = [one for one in reversed(path.parents) if not one.stat().st_mode & 0o001]
        if shut:
            closed.setdefault(shut[0], []).append(path)
    lines = ["set -e"]
    for folder, paths in closed.items():
        for at, path in enumerate(paths):
            lines += [f"k{at}=$(mktemp -d)", f"mount --bind '{path}' $k{at}"]
        lines += [f"mount -t tmpfs -o mode=755 none '{folder}'"]
        for at, path in enumerate(paths):
            lines += [f"mkdir -p '{path}'", f"mount --bind $k{at} '{path}'"]
    script.write_text("\n".join([*lines, 'exec "$@"', ""]))
    return ["unshare", "--mount", "--propagation", "private", "sh", str(script)]


def free_ports(count: int) -> list[int]:
    """Return ports that nobody has now."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


class Hub:
    """A hub, as a program of its own."""

    def __init__(self, workshop: Path, program: Path) -> None:
        home = workshop.parent
        self.log = home / "hub.log"
        before: list[str] = []
        self.accounts = os.geteuid() == 0 and may_enter(before)
        if os.geteuid() == 0 and not self.accounts:
            before = opened_up(home / "open.sh", program)
            self.accounts = may_enter(before)
        before = before if self.accounts else []
        port, inside, control = free_ports(3)
        self.url = f"http://127.0.0.1:{port}"
        environment = {k: v for k, v in os.environ.items() if not k.startswith("LABKIT_")} | {
            "LABKIT_HUB_WORKSHOP": str(workshop), "LABKIT_HUB_PORT": str(port),
            "LABKIT_HUB_PORT_INSIDE": str(inside), "LABKIT_HUB_PORT_PROXY": str(control),
            "LABKIT_HUB_PROXY": str(program),
            "LABKIT_HUB_ACCOUNTS": "own" if self.accounts else "shared",
        }  # fmt: skip
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [*before, sys.executable, "-m", "jupyterhub", "-f", str(CONFIG)],
                cwd=home, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip
        until(self._answers)

    def _answers(self) -> bool:
        assert self.process.poll() is None, self.log.read_text()
        try:
            return httpx.get(f"{self.url}/hub/login", trust_env=False).status_code == 200
        except httpx.TransportError:
            return False

    def end(self) -> None:
        """Ask it to end, as the engine of containers does."""
        self.process.terminate()
        self.process.wait(PATIENCE)


class Browser:
    """What a browser does: one cookie jar, and the tokens that its pages send."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.web = httpx.Client(
            base_url=url, trust_env=False, follow_redirects=True, timeout=PATIENCE
        )

    def log_in(self, code: str, *, follow: bool = True) -> httpx.Response:
        """Type a code; who follows the answer has their server started."""
        page = self.web.get("/hub/login").text
        seal = re.search(r'name="_xsrf" value="([^"]+)"', page)
        assert seal
        given = {"_xsrf": seal[1], "username": "", "password": code}
        return self.web.post("/hub/login", data=given, follow_redirects=follow)

    def enter(self, name: str) -> None:
        """Wait until the learner's own JupyterLab is there."""
        until(lambda: "JupyterLab" in self.web.get(f"/user/{name}/lab").text)

    def run(self, name: str, code: str) -> str:
        """Run code in a new kernel, and return what it printed."""
        jar = {c.name: c.value for c in self.web.cookies.jar if c.path == f"/user/{name}/"}
        made = self.web.post(
            f"/user/{name}/api/kernels", json={}, headers={"X-XSRFToken": str(jar["_xsrf"])}
        )
        assert made.status_code == 201, made.text
        base = f"{self.url.replace('http', 'ws')}/user/{name}/api/kernels"
        line = websocket.create_connection(
            f"{base}/{made.json()['id']}/channels",
            cookie="; ".join(f"{k}={v}" for k, v in jar.items()), origin=self.url,
            timeout=PATIENCE, http_no_proxy=["127.0.0.1"],
        )  # fmt: skip
        header = {"msg_id": uuid.uuid4().hex, "msg_type": "execute_request", "version": "5.3",
                  "username": "", "session": uuid.uuid4().hex, "date": ""}  # fmt: skip
        content = {"code": code, "silent": False}
        line.send(json.dumps({
            "header": header, "parent_header": {}, "metadata": {}, "content": content,
            "channel": "shell", "buffers": [],
        }))  # fmt: skip
        said = ""
        try:
            while True:
                message = json.loads(line.recv())
                if message["parent_header"].get("msg_id") != header["msg_id"]:
                    continue
                kind, told = message["msg_type"], message["content"]
                assert kind != "error", "\n".join(told["traceback"])
                said += told["text"] if kind == "stream" and told["name"] == "stdout" else ""
                if kind == "status" and told["execution_state"] == "idle":
                    return said
        finally:
            line.close()


def folder() -> Path:
    """Make a folder that every account may enter."""
    made = Path(tempfile.mkdtemp(prefix="labkit-hub-"))
    made.chmod(0o755)
    return made
