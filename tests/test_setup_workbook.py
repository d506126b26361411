"""The open workbook, for real: JupyterLab and the lab start, answer, and end on Ctrl-C."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from tooling import workbook
from tooling.console import Trouble
from tooling.workbook import Server

ROOT = Path(__file__).resolve().parent.parent
OPEN = (
    "import sys; from pathlib import Path; from tooling.workbook import open_workbook; "
    "sys.exit(open_workbook(Path(sys.executable), browser=False, port=0))"
)
posix = pytest.mark.skipif(sys.platform == "win32", reason="sends POSIX signals")


class Workbook:
    """`lab.py --no-browser` without the set-up: the interpreter of the tests has everything."""

    def __init__(self, workspace: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", OPEN],
            cwd=ROOT,
            env={**os.environ, "LABKIT_WORKSPACE": str(workspace)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.before, self.url = "", ""
        for line in self.process.stdout or ():
            self.before += line
            if found := re.search(r"http\S+", line):
                self.url = found.group()
                return

    def get(self, path: str) -> bytes:
        base, token = self.url.split("lab/tree/")[0], self.url.split("token=")[1]
        request = urllib.request.Request(base + path, headers={"Authorization": f"token {token}"})
        with urllib.request.urlopen(request, timeout=10) as response:
            return bytes(response.read())

    def end(self, how: signal.Signals) -> str:
        self.process.send_signal(how)
        return self.process.communicate(timeout=60)[0]


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def ports_of_the_lab(workspace: Path) -> list[int]:
    text = (workspace / "lab.json").read_text(encoding="utf-8")
    ports = [int(port) for port in re.findall(r'"port": (\d+)', text)]
    assert ports
    assert all(map(answers, ports))
    return ports


@posix
def test_starts_answers_and_ends(tmp_path: Path) -> None:
    book = Workbook(tmp_path)
    assert book.url.startswith("http://127.0.0.1:"), book.before
    assert "lab/tree/notebooks/00_start_here.ipynb?token=" in book.url
    with urllib.request.urlopen(book.url, timeout=10) as page:
        assert b"JupyterLab" in page.read()
    assert json.loads(book.get("api/contents/notebooks"))["type"] == "directory"
    asks = json.loads(book.get("lab/api/settings/@jupyterlab/apputils-extension:notification"))
    assert asks["schema"]["properties"]["fetchNews"]["default"] == "false"
    ports = ports_of_the_lab(tmp_path)
    said = book.end(signal.SIGINT)
    assert book.process.returncode == 0, said
    assert "lab has stopped" in said
    assert not answers(int(re.findall(r":(\d+)/", book.url)[0]))
    assert not any(map(answers, ports))


@posix
def test_a_second_start_finds_the_first(tmp_path: Path) -> None:
    first = Workbook(tmp_path)
    second = Workbook(tmp_path)
    rest = second.process.communicate(timeout=60)[0]
    assert second.process.returncode == 0, rest
    assert second.url == first.url
    assert first.get("api/status")
    assert "lab has stopped" in first.end(signal.SIGTERM)
    assert first.process.returncode == 0


@posix
def test_ends_when_jupyterlab_is_shut_down_from_its_menu(tmp_path: Path) -> None:
    book = Workbook(tmp_path)
    base, token = book.url.split("lab/tree/")[0], book.url.split("token=")[1]
    Server(base, token).shut_down()
    said = book.process.communicate(timeout=60)[0]
    assert book.process.returncode == 0
    assert "JupyterLab has ended" in said
    assert "lab has stopped" in said


@posix
def test_a_jupyterlab_that_is_killed_is_an_error_and_the_lab_ends(tmp_path: Path) -> None:
    book = Workbook(tmp_path)
    ports = ports_of_the_lab(tmp_path)
    runtime = next((tmp_path / "jupyter" / "runtime").glob("jpserver-*.json"))
    os.kill(json.loads(runtime.read_text(encoding="utf-8"))["pid"], signal.SIGKILL)
    said = book.process.communicate(timeout=60)[0]
    assert book.process.returncode == 1
    assert "JupyterLab broke off" in said
    assert not any(map(answers, ports))


def test_a_taken_port_is_said() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(Trouble, match=f"Port {port} cannot be had.*\n.*Leave --port out"):
            workbook._check_port(port)


@pytest.mark.parametrize("port", [-1, 65536, 10**12])
def test_a_port_that_is_none_is_said(port: int) -> None:
    with pytest.raises(Trouble, match="cannot be had"):
        workbook._check_port(port)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"url": 1}', '{"url": "http://x"}'])
def test_a_broken_runtime_file_is_no_server(text: str, tmp_path: Path) -> None:
    folder = tmp_path / "jupyter" / "runtime"
    folder.mkdir(parents=True)
    (folder / "jpserver-1.json").write_text(text, encoding="utf-8")
    assert workbook._running(tmp_path) is None


def test_what_jupyterlab_said_last_is_passed_on(tmp_path: Path) -> None:
    (tmp_path / "jupyter").mkdir()
    workbook._log_of(tmp_path).write_text("first\nPort 1 is already in use.\n\n", encoding="utf-8")
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    with pytest.raises(Trouble, match=r"did not start: Port 1 is already in use"):
        workbook._wait_for(dead, {"JUPYTER_TOKEN": "x"}, tmp_path)


def test_what_the_lab_says_is_passed_on(tmp_path: Path) -> None:
    if sys.platform == "win32":
        pytest.skip("makes a program out of a script")
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\necho 'labkit: No room.\n  -> Make some.' >&2\nexit 1\n")
    python.chmod(0o755)
    with pytest.raises(Trouble, match=r"The lab did not start. No room.\n  -> Make some."):
        workbook._lab(python, dict(os.environ), "up")


def test_a_workspace_that_cannot_be_made_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("LABKIT_WORKSPACE", str(tmp_path / "file"))
    with pytest.raises(Trouble):
        workbook.open_workbook(Path(sys.executable), browser=False, port=0)


def test_no_browser_without_a_window(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr(workbook.webbrowser, "open", opened.append)
    monkeypatch.setattr(sys, "platform", "linux")
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "WSL_DISTRO_NAME"):
        monkeypatch.delenv(name, raising=False)
    server = Server("http://127.0.0.1:1/", "t")
    workbook._show(server, browser=True)
    assert opened == []
    monkeypatch.setenv("DISPLAY", ":0")
    workbook._show(server, browser=False)
    assert opened == []
    workbook._show(server, browser=True)
    assert opened == ["http://127.0.0.1:1/lab/tree/notebooks/00_start_here.ipynb?token=t"]


def test_labkit_is_on_the_path_but_hides_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "first")
    scripts = tmp_path / "bin"
    env = workbook._environment(scripts / "python", tmp_path)
    assert env["PATH"] == f"first{os.pathsep}{scripts}"


def test_a_server_that_is_gone_does_not_answer() -> None:
    started = time.monotonic()
    assert not Server("http://127.0.0.1:1/", "t").answers()
    assert time.monotonic() - started < 5
