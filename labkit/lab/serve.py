"""The lab's own process: ``python -m labkit.lab.serve WORKSPACE``, started by ``launch.py``.

It says one line of JSON on standard output (ready, taken, or failed and why), then nothing more,
and works until it is asked to end or its workspace is deleted.
"""

from __future__ import annotations

import json
import os
import secrets
import signal
import sys
import threading
import traceback
from contextlib import suppress

import labkit
from labkit.common.errors import LabError
from labkit.lab.control import control_app
from labkit.lab.description import Description, read
from labkit.lab.enterprise import Enterprise
from labkit.lab.http import HOST, HttpService
from labkit.lab.lock import FileLock
from labkit.lab.problems import explained
from labkit.lab.workspace import Workspace

LOOK = 0.5
"""Seconds between two looks at whether the workspace is still there."""


class Server:
    """An enterprise and its control interface, for one workspace whose lock we hold.

    Parameters
    ----------
    workspace
        Where everything is kept.
    """

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.done = threading.Event()
        self.enterprise = Enterprise(workspace)
        self._control = HttpService("control")
        self._key = secrets.token_urlsafe(24)

    def start(self) -> None:
        """Start everything, on the ports of last time where they are free."""
        before = _last_time(self.workspace)
        ports = {name: node.port for name, node in before.nodes.items()} if before else {}
        try:
            self.enterprise.start(ports, fhir_port=_port(before.fhir_url) if before else 0)
            self._control.bind(_port(before.control_url) if before else 0)
            app = control_app(self.enterprise, key=self._key, shutdown=self.done.set)
            self._control.start(app)
            self._describe()
        except BaseException:
            self.stop()
            raise
        self.enterprise.moved = self._describe

    def _describe(self) -> None:
        """Write down where everything is now."""
        Description(
            version=labkit.__version__,
            pid=os.getpid(),
            control_url=f"http://{HOST}:{self._control.port}/lab",
            control_key=self._key,
            nodes=self.enterprise.addresses(),
            fhir_url=self.enterprise.fhir_url,
        ).write(self.workspace.description)

    def stop(self) -> None:
        """Stop everything; what was acknowledged stays."""
        self._control.stop()
        self.enterprise.stop()


def _last_time(workspace: Workspace) -> Description | None:
    try:
        return read(workspace.description)
    except LabError:
        return None  # damaged: nothing in it is needed, the ports will be new


def _port(url: str) -> int:
    return int(url.rsplit(":", 1)[1].split("/")[0])


def _say(**line: str) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()
    silent = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silent, sys.stdout.fileno())  # so that the launcher reads to the end of what we said
    os.close(silent)


def _still_ours(workspace: Workspace, mark: tuple[int, int]) -> bool:
    try:
        status = workspace.lock.stat()
    except OSError:
        return False
    return (status.st_dev, status.st_ino) == mark


def main(arguments: list[str] | None = None) -> int:
    """Serve the workspace named by the first argument until told to end."""
    folder = (sys.argv[1:] if arguments is None else arguments)[0]
    workspace = Workspace.at(folder)
    lock = FileLock(workspace.lock)
    try:
        if not lock.acquire(patience=1.0):
            _say(state="taken")
            return 0
        server = Server(workspace)
        for name in ("SIGTERM", "SIGINT", "SIGBREAK"):
            if hasattr(signal, name):
                signal.signal(getattr(signal, name), lambda *_: server.done.set())
        server.start()
    except Exception as error:  # whatever it is, the one who started us must be told
        clear = explained(error, workspace.root)
        _say(state="failed", kind=type(clear).__name__, error=clear.message, remedy=clear.remedy)
        with suppress(OSError):  # the disk that holds the log may be full
            traceback.print_exc()
            sys.stderr.flush()
        return 1
    _say(state="ready")
    status = workspace.lock.stat()
    while not server.done.wait(LOOK):
        if not _still_ours(workspace, (status.st_dev, status.st_ino)):
            break
    server.stop()
    lock.release()
    return 0


if __name__ == "__main__":
    sys.exit(main())
