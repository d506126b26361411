"""One learner's JupyterLab: its settings, how it is started, and whether it answers."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from labkit.lab.workspace import VARIABLE, Workspace
from labkit.workshop.release import Workshop
from labkit.workshop.rooms.record import Room

MINUTES = 45
"""A kernel that nobody used for so long is ended; the notebook stays as it is."""
_SHELL: dict[str, Any] = (
    {"terminado_settings": {"shell_command": [os.environ.get("SHELL") or "sh"]}}
    if sys.platform != "win32"
    else {}
)
# As in the workbook that a learner opens alone (tooling/workbook.py): nothing is fetched.
SETTINGS: dict[str, dict[str, Any]] = {
    "jupyter_lab_config.json": {
        "LabApp": {
            "news_url": None,
            "check_for_updates_class": "jupyterlab.NeverCheckForUpdate",
            "extension_manager": "readonly",
        }
    },
    "jupyter_server_config.json": {"ServerApp": _SHELL},
    "jupyter_server_config.d/labkit.json": {
        "ServerApp": {"jpserver_extensions": {"labkit.lab.own.extension": True}}
    },
    "labconfig/default_setting_overrides.json": {
        "@jupyterlab/apputils-extension:notification": {"fetchNews": "false"},
        "@jupyterlab/docmanager-extension:plugin": {
            "autosaveInterval": 20,  # seconds
            "defaultViewers": {"markdown": "Markdown Preview"},
        },
    },
}
EXTENSIONS = (
    "jupyterlab", "jupyter_lsp", "jupyter_server_terminals", "notebook_shim",
    "labkit.lab.own.extension",
)  # fmt: skip
"""What a learner's JupyterLab needs; whatever else is installed would cost memory in each."""
_SOCKETS = sys.platform != "win32"
"""Whether kernels listen at Unix sockets and not at ports. Each JupyterLab picks free ports for its
kernels and lets go of them until the kernel takes them; with twenty, two pick the same."""
_NOT_THEIRS = ("LABKIT_", "JUPYTER", "IPYTHON", "PYTEST")
"""Variables of the instructor's that do not reach a learner begin so."""
# Twenty learners share the cores: a thread a core in each process would only cost memory.
_THREADS = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


@dataclass(frozen=True)
class Order:
    """What has to be run for a JupyterLab.

    Attributes
    ----------
    arguments
        Of ``jupyter lab``.
    environment
        All of its variables.
    folder
        Where it works.
    log
        Where it writes what it has to say.
    """

    arguments: tuple[str, ...]
    environment: Mapping[str, str]
    folder: Path
    log: Path


@dataclass(frozen=True)
class Server:
    """A JupyterLab as it has written itself down.

    Attributes
    ----------
    port, pid
        Of it.
    token
        What it asks for.
    """

    host: str
    port: int
    pid: int
    token: str

    def ask(self, method: str, path: str, patience: float = 3.0) -> Any:
        """Return the JSON of an answer, ``None`` for an empty one.

        Raises
        ------
        OSError
            It does not answer, or refuses.
        """
        link = http.client.HTTPConnection(self.host, self.port, timeout=patience)
        try:
            link.request(method, path, headers={"Authorization": f"token {self.token}"})
            answer = link.getresponse()
            text = answer.read()
        except http.client.HTTPException as error:
            raise OSError(str(error)) from error
        finally:
            link.close()
        if answer.status >= 400:
            raise OSError(f"status {answer.status}")
        try:
            return json.loads(text) if text else None
        except ValueError as error:
            raise OSError("no JSON came back") from error

    def answers(self) -> bool:
        """Whether it is there, and is the one that takes this token."""
        with suppress(OSError):
            self.ask("GET", "/api/status")
            return True
        return False


def order(workshop: Workshop, room: Room, bind: str, minutes: int = MINUTES) -> Order:
    """Write the settings of a room's JupyterLab, and say how it is run."""
    folder, workspace = workshop.learner(room.name).resolve(), workshop.workspace(room.name)
    furnish(workspace)
    arguments = [
        f"--ServerApp.ip={bind}", f"--ServerApp.port={room.port}", "--ServerApp.port_retries=0",
        *options(folder, minutes),
    ]  # fmt: skip
    environment = {
        **variables(workspace, room.name, clean_environment()), "JUPYTER_TOKEN": room.token,
    }  # fmt: skip
    log = workspace.root / "jupyter" / "jupyterlab.log"
    return Order(tuple(arguments), environment, folder, log)


def furnish(workspace: Workspace) -> None:
    """Write the settings of a learner's JupyterLab into their workspace."""
    own = workspace.root / "jupyter"
    for name in ("config", "data", "ipython"):
        (own / name).mkdir(parents=True, exist_ok=True)
    if not (own / "runtime").is_dir():
        _make_runtime(own / "runtime")
    for name, settings in SETTINGS.items():
        file = own / "config" / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(json.dumps(settings), encoding="utf-8")


def options(folder: Path, minutes: int) -> list[str]:
    """Return the arguments of a learner's Jupyter server, but for where and to whom it answers."""
    found = [
        "--ServerApp.open_browser=False", f"--ServerApp.root_dir={folder}",
        f"--MappingKernelManager.cull_idle_timeout={minutes * 60}",
        "--MappingKernelManager.cull_interval=60", "--MappingKernelManager.cull_connected=True",
        f"--ServerApp.jpserver_extensions={_extensions()!r}",
    ]  # fmt: skip
    if _SOCKETS:
        found.append("--KernelManager.transport=ipc")
    if sys.platform != "win32" and os.geteuid() == 0:
        found.append("--ServerApp.allow_root=True")
    return found


def _make_runtime(link: Path) -> None:
    """Make the folder of sockets and connection files: near the root, since their paths are short.

    An address of a Unix socket has 103 bytes on macOS (``sun_path``), and a workshop may lie deep.
    """
    link.parent.mkdir(parents=True, exist_ok=True)
    link.unlink(missing_ok=True)  # it leads to one that a restart of the machine has cleared away
    if not _SOCKETS:
        link.mkdir()
        return
    place = tempfile.gettempdir()
    short = place if len(place) < 20 else "/tmp"  # nosec B108: mkdtemp makes it ours alone
    link.symlink_to(tempfile.mkdtemp(prefix="labkit-room-", dir=short))


def tidy(workspace: Workspace) -> None:
    """Take away what a JupyterLab that has ended needs no more."""
    link = workspace.root / "jupyter" / "runtime"
    if link.is_symlink():
        place = link.resolve()
        link.unlink()
        shutil.rmtree(place, ignore_errors=True)


def _extensions() -> dict[str, bool]:
    """Say of each extension that is installed whether it is loaded."""
    from jupyter_core.paths import jupyter_config_path
    from jupyter_server.extension.config import ExtensionConfigManager

    manager = ExtensionConfigManager(read_config_path=jupyter_config_path())
    found = manager.get_jpserver_extensions()  # type: ignore[no-untyped-call]
    return {name: name in EXTENSIONS for name in sorted({*found, *EXTENSIONS})}


def clean_environment() -> dict[str, str]:
    """Return the variables of this process without those that are about its own lab or Jupyter."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(_NOT_THEIRS)}
    return {**kept, **_THREADS}


def variables(workspace: Workspace, name: str, env: Mapping[str, str]) -> dict[str, str]:
    """Return what a learner's Jupyter server and kernels find in their environment."""
    own = workspace.root / "jupyter"
    path = [env.get("PATH"), str(Path(sys.executable).parent)]
    return {
        **env,
        **_THREADS,
        "PATH": os.pathsep.join(filter(None, path)),  # `labkit` works in JupyterLab's terminal
        VARIABLE: str(workspace.root),
        "LABKIT_LEARNER": name,
        "JUPYTER_CONFIG_DIR": str(own / "config"),
        "JUPYTER_RUNTIME_DIR": str((own / "runtime").resolve()),
        "JUPYTER_DATA_DIR": str(own / "data"),
        "JUPYTER_PREFER_ENV_PATH": "1",
        "IPYTHONDIR": str(own / "ipython"),
    }


def servers(workspace: Workspace, token: str, bind: str) -> Iterator[Server]:
    """Yield what the JupyterLabs of a workspace have written down, dead ones too."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(bind, bind)  # nosec B104: compared, not bound
    for path in (workspace.root / "jupyter" / "runtime").glob("jpserver-*.json"):
        # One that is just gone, or half written, is no server; nor is another token's ours.
        with suppress(OSError, ValueError, KeyError, TypeError):
            found = json.loads(path.read_text(encoding="utf-8"))
            if found["token"] == token:
                yield Server(host, int(found["port"]), int(found["pid"]), token)


def address(room: Room, host: str, notebook: str) -> str:
    """Return what leads a browser into a room, at a notebook."""
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{room.port}/lab/tree/notebooks/{quote(notebook)}?token={room.token}"
