"""The open workbook: JupyterLab and the lab side by side, until Ctrl-C ends both.

JupyterLab runs in a process group of its own, so that Ctrl-C reaches this program alone and the end
is orderly: kernels first, then the server, then the lab.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import webbrowser
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tooling.console import Trouble, say, trouble_of
from tooling.environment import ROOT
from tooling.installer import clean_environment

FIRST_PAGE = "notebooks/00_start_here.ipynb"
START_LIMIT = 90.0  # seconds; a slow disk that has never read these files needs about 20
END_LIMIT = 10.0
# What JupyterLab reads, by file in its folder of settings. The learner's own choices come on top.
SETTINGS: dict[str, dict[str, object]] = {
    "jupyter_lab_config.json": {
        # Nothing is fetched while learning: no news, no look for updates, no extension shop.
        "LabApp": {
            "news_url": None,
            "check_for_updates_class": "jupyterlab.NeverCheckForUpdate",
            "extension_manager": "readonly",
        }
    },
    # Without this its terminal is a login shell, which sets the path anew and loses `labkit`.
    "jupyter_server_config.json": {
        "ServerApp": {"terminado_settings": {"shell_command": [os.environ.get("SHELL") or "sh"]}}
        if sys.platform != "win32"
        else {}
    },
    # What a user's own servers show is not saved in a notebook (docs/own-servers.md).
    "jupyter_server_config.d/labkit.json": {
        "ServerApp": {"jpserver_extensions": {"labkit.lab.own.extension": True}}
    },
    "labconfig/default_setting_overrides.json": {
        "@jupyterlab/apputils-extension:notification": {"fetchNews": "false"},
        "@jupyterlab/docmanager-extension:plugin": {
            "autosaveInterval": 20,  # seconds; Ctrl-C in the terminal must not cost more
            "defaultViewers": {"markdown": "Markdown Preview"},  # the glossary is for reading
        },
    },
}


@dataclass(frozen=True)
class Server:
    """A JupyterLab that answers.

    Attributes
    ----------
    base
        ``http://127.0.0.1:PORT/``.
    token
        The secret that lets a browser in.
    """

    base: str
    token: str

    @property
    def page(self) -> str:
        """What to open in a browser."""
        return f"{self.base}lab/tree/{FIRST_PAGE}?token={self.token}"

    def answers(self) -> bool:
        """Whether it is there and takes the token."""
        return self._ask("GET", "api/status", wait=2.0)

    def shut_down(self) -> None:
        """Ask it to end its kernels and itself."""
        self._ask("POST", "api/shutdown", wait=END_LIMIT)

    def _ask(self, method: str, path: str, wait: float) -> bool:
        headers = {"Authorization": f"token {self.token}"}
        request = urllib.request.Request(self.base + path, method=method, headers=headers)
        # A proxy of the user's must not be asked for an address on this machine.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=wait) as response:
                return bool(response.status == 200)
        except (OSError, ValueError):
            return False


def open_workbook(python: Path, *, browser: bool, port: int) -> int:
    """Start both, say where, wait for the end, end both. Returns the exit code."""
    workspace = Path(os.environ.get("LABKIT_WORKSPACE") or ROOT / ".lab").expanduser().resolve()
    try:
        for folder in ("config", "runtime", "data"):
            (workspace / "jupyter" / folder).mkdir(parents=True, exist_ok=True)
        for name, settings in SETTINGS.items():
            file = workspace / "jupyter" / "config" / name
            file.parent.mkdir(exist_ok=True)
            file.write_text(json.dumps(settings), encoding="utf-8")
    except OSError as error:
        raise trouble_of(error, str(workspace)) from error
    env = _environment(python, workspace)
    already = _running(workspace)
    if already:
        _lab(python, env, "up")
        say(f"The workbook is already open: {already.page}")
        _show(already, browser)
        return 0
    _check_port(port)
    with _signals_as_interrupt():
        return _run(python, env, workspace, browser, port)


def _run(python: Path, env: dict[str, str], workspace: Path, browser: bool, port: int) -> int:
    say("Starting the lab and JupyterLab ...")
    jupyter, server = None, None
    try:
        jupyter = _start_jupyter(python, env, workspace, port)
        _lab(python, env, "up")
        server = _wait_for(jupyter, env, workspace)
        say(f"\n  {server.page}\n")
        say("Open this address if no browser opens by itself. Ctrl-C here closes the workbook.")
        _show(server, browser)
        while jupyter.poll() is None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                jupyter.wait(timeout=1.0)  # short, so that Windows sees Ctrl-C
        if jupyter.returncode:
            log = _log_of(workspace)
            raise Trouble("JupyterLab broke off.", f"Run lab.py again; what it said: {log}")
        say("JupyterLab has ended.")
    except KeyboardInterrupt:
        say("\nClosing the workbook ...")
    finally:
        # A second Ctrl-C must not leave half of it running; every wait below has a limit.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        if jupyter:
            _end(jupyter, server)
        _lab(python, env, "down")
    say("The workbook is closed and the lab has stopped. Your work and your progress are kept.")
    return 0


def _environment(python: Path, workspace: Path) -> dict[str, str]:
    own, env = workspace / "jupyter", clean_environment()
    return {
        **env,
        # `labkit` works in JupyterLab's terminal. Last on the path: pynetdicom puts scripts with
        # the names of DCMTK's tools beside it, and those must not hide DCMTK.
        "PATH": os.pathsep.join(filter(None, [env.get("PATH"), str(python.parent)])),
        "LABKIT_WORKSPACE": str(workspace),
        "JUPYTER_TOKEN": secrets.token_hex(16),
        # The learner's other Jupyter, if any, is left alone, and does not change this one.
        "JUPYTER_CONFIG_DIR": str(own / "config"),
        "JUPYTER_RUNTIME_DIR": str(own / "runtime"),
        "JUPYTER_DATA_DIR": str(own / "data"),
        "JUPYTER_PREFER_ENV_PATH": "1",
    }


def _running(workspace: Path) -> Server | None:
    """The JupyterLab that already serves this workspace, if one does."""
    return next((server for server in _servers(workspace) if server.answers()), None)


def _servers(workspace: Path) -> Iterator[Server]:
    """What JupyterLab has written down of its servers, dead ones too."""
    for path in (workspace / "jupyter" / "runtime").glob("jpserver-*.json"):
        # One that is just gone, or half written, is no server.
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            found = json.loads(path.read_text(encoding="utf-8"))
            yield Server(found["url"], found["token"])


def _check_port(port: int) -> None:
    if not port:
        return
    with socket.socket() as probe:
        if sys.platform != "win32":  # there, this option would let two programs share a port
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except (OSError, OverflowError) as error:
            raise Trouble(
                f"Port {port} cannot be had: another program has it, or it is reserved.",
                "Leave --port out, and a free port is found.",
            ) from error


def _start_jupyter(
    python: Path, env: dict[str, str], workspace: Path, port: int
) -> subprocess.Popen[bytes]:
    command = [
        *(str(python), "-m", "jupyterlab", "--ServerApp.open_browser=False"),
        *("--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}", "--ServerApp.port_retries=0"),
        f"--ServerApp.root_dir={ROOT}",
    ]
    if sys.platform != "win32" and os.geteuid() == 0:
        command.append("--ServerApp.allow_root=True")
    with _log_of(workspace).open("wb") as log:
        return subprocess.Popen(
            command,
            cwd=ROOT,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            # A process group of its own, spelt for POSIX and for Windows.
            start_new_session=sys.platform != "win32",
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
        )


def _log_of(workspace: Path) -> Path:
    return workspace / "jupyter" / "jupyterlab.log"


def _wait_for(jupyter: subprocess.Popen[bytes], env: dict[str, str], workspace: Path) -> Server:
    limit = time.monotonic() + START_LIMIT
    while time.monotonic() < limit and jupyter.poll() is None:
        # Found by its token: on Windows the process that we started only starts the real one.
        for server in _servers(workspace):
            if server.token == env["JUPYTER_TOKEN"] and server.answers():
                return server
        time.sleep(0.1)
    lines = _log_of(workspace).read_text(encoding="utf-8", errors="replace").split("\n")
    last = next((line for line in reversed(lines) if line.strip()), "it said nothing")
    how = "did not start" if jupyter.poll() is not None else f"is silent after {START_LIMIT:.0f} s"
    raise Trouble(f"JupyterLab {how}: {last.strip()}", f"All it said: {_log_of(workspace)}")


def _show(server: Server, browser: bool) -> None:
    """Open a browser, if there is one with a window."""
    windows = sys.platform in ("win32", "darwin") or any(
        os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "WSL_DISTRO_NAME")
    )
    if browser and windows:  # a text browser would take over this terminal
        webbrowser.open(server.page)


def _end(jupyter: subprocess.Popen[bytes], server: Server | None) -> None:
    if server and jupyter.poll() is None:
        server.shut_down()
    for give_up in (jupyter.terminate, jupyter.kill):
        try:
            jupyter.wait(timeout=END_LIMIT if server else 0.1)
            return
        except subprocess.TimeoutExpired:
            give_up()
    jupyter.wait()


def _lab(python: Path, env: dict[str, str], verb: str) -> None:
    """Run `labkit up` or `labkit down`; what it says of a failure is passed on."""
    done = subprocess.run(
        [str(python), "-m", "labkit", verb, "--json"],
        cwd=ROOT,
        env=env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="replace",
    )
    if done.returncode and verb == "up":
        said = done.stderr.strip().splitlines() or ["labkit: no reason given"]
        remedy = said[-1].strip().removeprefix("->").strip()
        raise Trouble(f"The lab did not start. {said[0].removeprefix('labkit: ')}", remedy)


@contextlib.contextmanager
def _signals_as_interrupt() -> Iterator[None]:
    """Let a closed terminal or a polite kill end the workbook as Ctrl-C does."""
    names = [name for name in ("SIGTERM", "SIGHUP", "SIGBREAK") if hasattr(signal, name)]
    before = {name: signal.getsignal(getattr(signal, name)) for name in ["SIGINT", *names]}
    for name in names:
        signal.signal(getattr(signal, name), signal.default_int_handler)
    # A program started in the background by a script may have been told to ignore Ctrl-C.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        for name, handler in before.items():
            signal.signal(getattr(signal, name), handler)
