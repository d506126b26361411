"""JupyterLab on a free port, and a notebook in it driven as a learner would.

::

    with jupyter(folder, theme="dark") as server:
        notebook = server.open(browser, "lesson.ipynb")
        notebook.run_all()
        notebook.output(3).get_by_role("searchbox").fill("patient")
"""

from __future__ import annotations

import json
import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Locator, Page

THEMES = {"light": "JupyterLab Light", "dark": "JupyterLab Dark"}


@dataclass
class NotebookPage:
    """One notebook, open in JupyterLab."""

    page: Page

    def choose_kernel(self) -> None:
        """Accept JupyterLab's question which kernel, asked of a notebook that does not say."""
        page = self.page
        page.wait_for_function(
            """() => document.querySelector(".jp-Dialog .jp-mod-accept")
                || window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel"""
        )
        accept = page.locator(".jp-Dialog .jp-mod-accept")
        if accept.count():
            accept.click()

    def run_all(self, timeout: float = 120) -> None:
        """Run every cell and wait until the kernel is idle; seconds."""
        self._command("notebook:run-all-cells")
        self.wait_idle(timeout)

    def restart_and_run_all(self, timeout: float = 120) -> None:
        """As `run_all`, in a new kernel."""
        self._command("kernelmenu:restart-and-clear")
        accept = self.page.locator(".jp-Dialog .jp-mod-accept")
        if accept.count():
            accept.click()
        self.run_all(timeout)

    def run_cell(self, number: int, timeout: float = 60) -> None:
        """Run one cell, counted from 0 over cells of all kinds."""
        self.cell(number).locator(".cm-content").first.click()
        self._command("notebook:run-cell")
        self.wait_idle(timeout)

    def replace_source(self, number: int, source: str) -> None:
        """Type new source into a code cell."""
        editor = self.cell(number).locator(".cm-content").first
        editor.click()
        self.page.keyboard.press("ControlOrMeta+a")
        self.page.keyboard.insert_text(source)

    def wait_idle(self, timeout: float = 60) -> None:
        """Wait until no cell is running or waiting, and the kernel is idle."""
        self.page.wait_for_function(
            """() => {
                const prompts = [...document.querySelectorAll(".jp-InputPrompt")];
                const busy = prompts.some((p) => p.textContent.includes("[*]"));
                const panel = window.jupyterapp.shell.currentWidget;
                return !busy && panel?.sessionContext?.session?.kernel?.status === "idle";
            }""",
            timeout=timeout * 1000,
        )

    def cell(self, number: int) -> Locator:
        """Locate a cell, counted from 0 over cells of all kinds; it is scrolled into sight."""
        self.page.evaluate(
            """(n) => window.jupyterapp.shell.currentWidget.content.scrollToItem(n, "auto")""",
            number,
        )
        return self.page.locator(f'.jp-Cell[data-windowed-list-index="{number}"]')

    def output(self, number: int) -> Locator:
        """Locate the outputs of a cell."""
        return self.cell(number).locator(".jp-OutputArea-output")

    def _command(self, name: str) -> None:
        self.page.evaluate("(name) => { window.jupyterapp.commands.execute(name); }", name)


@dataclass
class JupyterServer:
    """A running JupyterLab."""

    url: str
    token: str

    def open(
        self, browser: Browser, notebook: str, *, width: int = 1360, height: int = 1000
    ) -> NotebookPage:
        """Open a notebook, by its path in the server's folder, and wait for its kernel."""
        page = browser.new_page(viewport={"width": width, "height": height})
        page.goto(f"{self.url}lab/tree/{notebook}?token={self.token}&reset")
        page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=60_000)
        page.locator(".jp-Notebook .jp-Cell, .jp-Dialog").first.wait_for()
        opened = NotebookPage(page)
        opened.choose_kernel()
        opened.wait_idle()
        return opened


@contextmanager
def jupyter(
    root: Path, home: Path, *, theme: str = "light", env: Mapping[str, str] | None = None
) -> Iterator[JupyterServer]:
    """Serve a folder of notebooks.

    Parameters
    ----------
    root
        The folder with the notebooks.
    home
        An empty folder for settings and run-time files: the user's own are not read or touched.
    """
    _settings(home, theme)
    port, token = _free_port(), secrets.token_hex(16)
    command = [
        sys.executable, "-m", "jupyterlab", "--no-browser", f"--ServerApp.root_dir={root}",
        "--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}", "--ServerApp.port_retries=0",
        f"--IdentityProvider.token={token}", "--LabApp.expose_app_in_browser=True",
        "--ServerApp.allow_root=True",
    ]  # fmt: skip
    variables = {
        **os.environ,
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTERLAB_SETTINGS_DIR": str(home / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"),
        "IPYTHONDIR": str(home / "ipython"),
        **(env or {}),
    }
    log = home / "jupyter.log"
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, env=variables)
    try:
        server = JupyterServer(f"http://127.0.0.1:{port}/", token)
        _wait_until_up(server, process, log)
        yield server
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)


def _settings(home: Path, theme: str) -> None:
    folder = home / "settings" / "@jupyterlab" / "apputils-extension"
    folder.mkdir(parents=True, exist_ok=True)
    for name, values in {
        "themes": {"theme": THEMES[theme]},
        "notification": {"fetchNews": "false", "checkForUpdates": False},
    }.items():
        (folder / f"{name}.jupyterlab-settings").write_text(json.dumps(values), "utf-8")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_up(
    server: JupyterServer, process: subprocess.Popen[bytes], log: Path, timeout: float = 60
) -> None:
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(f"{server.url}api?token={server.token}", timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise RuntimeError(f"JupyterLab did not start:\n{log.read_text('utf-8', 'replace')[-3000:]}")
