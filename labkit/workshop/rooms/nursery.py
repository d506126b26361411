"""Labs and JupyterLabs forked from one process that has read all modules: they share its memory.

This process reads what a lab and a JupyterLab import, and forks the nursery before it has threads;
the nursery forks a child for each order. A page of memory that nobody writes to is there once (copy
on write): the modules of 20 labs cost about as much as those of one.
"""

from __future__ import annotations

import gc
import json
import os
import select
import signal
import socket
import sys
import threading
import traceback
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

from labkit.common.errors import LabError, LabkitError, PortTaken
from labkit.lab.workspace import Workspace
from labkit.workshop.rooms.jupyter import Order, clean_environment

MODULES = (
    "labkit.lab.serve", "labkit.lab.embedded", "labkit.lab.proxy.node", "jupyterlab.labapp",
    *(f"jupyter_server.services.{name}.handlers"
      for name in ("api", "config", "contents", "events", "kernels", "kernelspecs", "nbconvert",
                   "security", "sessions", "shutdown")),
    "jupyter_server.services.kernels.connection.channels", "jupyter_server.nbconvert.handlers",
    "jupyter_server.services.contents.largefilemanager", "jupyter_server.kernelspecs.handlers",
    "jupyter_server.services.sessions.sessionmanager", "jupyter_server.view.handlers",
    "jupyter_server_terminals", "jupyter_lsp", "notebook_shim", "ipykernel.kernelspec", "IPython",
    "labkit.lab.own.extension", "nbformat", "nbconvert", "zmq.asyncio", "tornado.web",
)  # fmt: skip
MOST = 2 << 30
"""Bytes of data that a JupyterLab, or a kernel of it, may have: one that asks for more gets a
MemoryError of its own, and not the whole room the end of somebody else's process."""
START = 90.0
"""Seconds that a lab may take to start."""
LOOK = 0.5
"""Seconds between two looks at whether a child has ended."""
_LINE = 1 << 20


class Nursery:
    """Starts by forking; only where the system can, and before the process has threads."""

    def __init__(self) -> None:
        _read_modules()
        ours, theirs = socket.socketpair()
        self._taking_turns = threading.Lock()
        self._pid = os.fork()
        if self._pid == 0:
            _end_with(_nurse, theirs)
        theirs.close()
        self._socket = ours

    def lab(self, workspace: Workspace) -> None:
        """Start the lab of a workspace; see `Starter`."""
        workspace.prepare()
        said = self._ask("lab", workspace=str(workspace.root), log=str(workspace.output))
        if said["state"] == "failed":
            kind = PortTaken if said.get("kind") == "PortTaken" else LabError
            raise kind(said["error"], remedy=said["remedy"])

    def jupyter(self, order: Order) -> int:
        """Start a JupyterLab; see `Starter`."""
        return int(
            self._ask(
                "jupyter", arguments=order.arguments, environment=dict(order.environment),
                folder=str(order.folder), log=str(order.log),
            )["pid"]
        )  # fmt: skip

    def alive(self, pid: int) -> bool:
        """Whether a JupyterLab that was started runs; see `Starter`."""
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
        return True

    def close(self) -> None:
        """End the nursery; its children are asked to end with it."""
        self._socket.close()
        with suppress(ChildProcessError):
            os.waitpid(self._pid, 0)

    def _ask(self, kind: str, **order: Any) -> dict[str, Any]:
        """Send an order; what the child has to say comes over a pipe of its own."""
        with self._taking_turns:
            try:
                self._socket.sendall(json.dumps({"kind": kind, **order}).encode("utf-8") + b"\n")
                pipe = self._read()
            except OSError as error:
                raise _gone() from error
        with os.fdopen(pipe, "rb") as stream:
            line = stream.readline(_LINE)
        if not line:
            raise LabError(
                f"A {kind} ended while it started.", remedy=f"Read {order['log']}, then try again."
            )
        said: dict[str, Any] = json.loads(line)
        return said

    def _read(self) -> int:
        self._socket.settimeout(START)
        message, descriptors, _, _ = socket.recv_fds(self._socket, 1, 1)
        if not message:
            raise _gone()
        return descriptors[0] if descriptors else -1


def _gone() -> LabkitError:
    return LabError(
        "The process that starts labs has ended.",
        remedy="Run `labkit workshop stop`, then `labkit workshop start`.",
    )


def _read_modules() -> None:
    gc.disable()
    for name in MODULES:
        with suppress(ImportError):  # of another version of Jupyter: its children read it then
            import_module(name)
    gc.collect()
    gc.freeze()  # the collector would write to every object, and so copy every page
    gc.enable()


def _nurse(channel: socket.socket) -> None:
    """Fork a child for each order, until nobody is there to give one."""
    # What the parent holds, such as a lock, must be free when the parent has ended.
    os.closerange(3, channel.fileno())
    os.closerange(channel.fileno() + 1, os.sysconf("SC_OPEN_MAX"))
    silent = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silent, 1)
    os.close(silent)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # it ends when its parent does
    clean = clean_environment()
    for name in [name for name in os.environ if name not in clean]:
        del os.environ[name]
    children: set[int] = set()
    orders = channel.makefile("rb")
    while True:
        waiting = select.select([channel], [], [], LOOK)[0]
        _collect(children)
        if not waiting:
            continue
        line = orders.readline(_LINE)  # one at a time: who gave it waits for the answer
        if not line:
            break
        order = json.loads(line)
        reading, writing = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(reading)
            orders.close()
            channel.close()
            _end_with(_child, order, writing)
        children.add(pid)
        os.close(writing)
        socket.send_fds(channel, [b"."], [reading])
        os.close(reading)
    _collect(children)
    for pid in children:  # not collected, so no other process can have its number
        os.kill(pid, signal.SIGTERM)


def _collect(children: set[int]) -> None:
    """Forget those that have ended."""
    for pid in tuple(children):
        if os.waitpid(pid, os.WNOHANG)[0]:
            children.discard(pid)


def _child(order: dict[str, Any], writing: int) -> None:
    """Become a lab or a JupyterLab."""
    os.setsid()
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    _redirect(Path(order["log"]))

    def say(**line: Any) -> None:
        os.write(writing, json.dumps(line).encode("utf-8") + b"\n")
        os.close(writing)

    if order["kind"] == "lab":
        from labkit.lab.serve import main

        os.chdir(order["workspace"])
        main([order["workspace"]], say=say)
        return
    import resource

    from jupyterlab.labapp import main as jupyter  # type: ignore[import-untyped]

    with suppress(ValueError, OSError):  # a system may have a smaller limit already
        resource.setrlimit(resource.RLIMIT_DATA, (MOST, MOST))
    os.chdir(order["folder"])
    os.environ.clear()
    os.environ.update(order["environment"])
    say(pid=os.getpid())
    sys.argv = ["jupyter-lab", *order["arguments"]]
    jupyter()


def _redirect(log: Path) -> None:
    nothing = os.open(os.devnull, os.O_RDONLY)
    writing = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.dup2(nothing, 0)
    for descriptor in (1, 2):
        os.dup2(writing, descriptor)
    for descriptor in (nothing, writing):
        os.close(descriptor)


def _end_with(act: Any, *arguments: Any) -> NoReturn:
    """Run `act`, and end this process with it: nothing of the parent's is to run on here."""
    code = 0
    try:
        act(*arguments)
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    except BaseException:
        code = 1
        traceback.print_exc()
    finally:
        with suppress(Exception):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)
