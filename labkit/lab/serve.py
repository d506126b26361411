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
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import labkit
from labkit.common.errors import LabError
from labkit.common.serving import HOST, HttpService
from labkit.lab.control import control_app
from labkit.lab.description import Description, read
from labkit.lab.enterprise import Enterprise
from labkit.lab.lock import FileLock
from labkit.lab.nodes import AUTH, DICOMWEB, FHIR, PROXY
from labkit.lab.problems import explained
from labkit.lab.proxy.node import RECEIVE
from labkit.lab.ris import HL7
from labkit.lab.secure.guarding import Guarding
from labkit.lab.secure.mark import is_secure
from labkit.lab.workspace import Workspace

if TYPE_CHECKING:
    from labkit.lab.containers.supply import Supply

_CONTROL = "control"
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
        self.guarding = guarding_of(workspace)
        supply = supplied(workspace, secure=self.guarding.secure)
        self.backend = "embedded" if supply is None else "containers"
        self.enterprise = Enterprise(workspace, supply, self.guarding)
        self._control = HttpService(_CONTROL)
        self._key = secrets.token_urlsafe(24)

    def start(self) -> None:
        """Start everything, on the ports of last time where they are free."""
        ports = _last_time(self.workspace)
        try:
            self.enterprise.start(ports, fhir_port=ports.get(FHIR, 0))
            self._control.bind(ports.get(_CONTROL, 0))
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
            hl7_port=self.enterprise.ris.port,
            backend=self.backend,
            dicomweb_url=self.enterprise.dicomweb_url,
            proxy_url=self.enterprise.proxy.url,
            proxy_port=self.enterprise.proxy.receive_port,
            secure=self.guarding.secure,
            auth_url=self.guarding.auth_url,
        ).write(self.workspace.description)

    def stop(self) -> None:
        """Stop everything; what was acknowledged stays."""
        self._control.stop()
        self.enterprise.stop()


def guarding_of(workspace: Workspace) -> Guarding:
    """Return what guards the doors of a workspace.

    Raises
    ------
    LabError
        It was a secure lab, and what says so is gone.
    """
    if not is_secure(workspace):
        return Guarding()
    from labkit.lab.secure.wiring import SecureGuarding

    return SecureGuarding(workspace)


def supplied(workspace: Workspace, *, secure: bool = False) -> Supply | None:
    """Return the products of a workspace on containers; ``None`` on the embedded back end.

    Raises
    ------
    LabError
        The workspace is of a secure lab, and of its products one file says that they are there, and
        the other, with what opens them, is missing.
    """
    if secure:
        return _guarded(workspace)
    if not workspace.products.exists():
        return None
    from labkit.lab.containers.products import read as read_products
    from labkit.lab.containers.supply import Supply

    found = read_products(workspace.products)
    return Supply(found) if found is not None else None


def _guarded(workspace: Workspace) -> Supply | None:
    """Return the products behind a secure lab: its own alone, those of the environment are open."""
    own, shared = workspace.root / "products.json", workspace.product_secrets
    if not own.exists() and not shared.exists():
        return None
    from labkit.lab.containers.guarded import GuardedSupply
    from labkit.lab.containers.products import read as read_products
    from labkit.lab.containers.secrets import read as read_secrets

    found, secrets = read_products(own), read_secrets(shared)
    if found is None or secrets is None:
        raise LabError(
            f"{workspace.root.name} is a secure lab on containers, and "
            f"{(own if found is None else shared).name} of it is missing.",
            remedy="Run `labkit up --backend containers --secure`, which makes it again.",
        )
    return GuardedSupply(found, secrets)


def _last_time(workspace: Workspace) -> dict[str, int]:
    """Return the port that each service had, as far as ``lab.json`` tells."""
    with suppress(LabError, ValueError, TypeError, AttributeError):  # damaged: take new ports
        before = read(workspace.description)
        if before is not None:
            ports = {name: int(node.port) for name, node in before.nodes.items()}
            ports[FHIR] = urlsplit(before.fhir_url).port or 0
            ports[DICOMWEB] = urlsplit(before.dicomweb_url).port or 0
            ports[PROXY] = urlsplit(before.proxy_url).port or 0
            ports[RECEIVE] = before.proxy_port
            ports[HL7] = before.hl7_port
            ports[AUTH] = urlsplit(before.auth_url).port or 0
            ports[_CONTROL] = urlsplit(before.control_url).port or 0
            return {name: port for name, port in ports.items() if 0 < port < 1 << 16}
    return {}


def _say(**line: str) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()
    silent = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silent, sys.stdout.fileno())  # so that the launcher reads to the end of what we said
    os.close(silent)


def main(arguments: Sequence[str], say: Callable[..., None] = _say) -> int:
    """Serve the workspace named by the first argument until told to end.

    Parameters
    ----------
    say
        Called once, with what the one who started us is to know.

    Returns
    -------
    int
        The exit code.
    """
    folder = arguments[0]
    workspace = Workspace.at(folder)
    lock = FileLock(workspace.lock)
    try:
        if not lock.acquire(patience=1.0):
            say(state="taken")
            return 0
        server = Server(workspace)
        for name in ("SIGTERM", "SIGINT", "SIGBREAK"):
            if hasattr(signal, name):
                signal.signal(getattr(signal, name), lambda *_: server.done.set())
        server.start()
    except Exception as error:  # whatever it is, the one who started us must be told
        clear = explained(error, workspace.root)
        say(state="failed", kind=type(clear).__name__, error=clear.message, remedy=clear.remedy)
        with suppress(OSError):  # the disk that holds the log may be full
            traceback.print_exc()
            sys.stderr.flush()
        return 1
    say(state="ready")
    while not server.done.wait(LOOK) and lock.in_place():
        pass  # a workspace that is deleted or moved away has nobody left to serve
    server.stop()
    lock.release()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
