"""Start, find and end the one background process of a workspace."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from typing import Any

import labkit
from labkit.common.errors import LabError, LabkitError, LabNotRunning, PortTaken
from labkit.lab.description import Description, read
from labkit.lab.lock import FileLock
from labkit.lab.problems import explained
from labkit.lab.remote import Control
from labkit.lab.secure.mark import agree
from labkit.lab.workspace import Workspace

PATIENCE = 90.0
"""Seconds that a start may take: a slow disk and a first loading of the stories are in it."""
GRACE = 10.0
"""Seconds that a lab may take to end by itself."""
HURRY = 10.0
"""Seconds until a lab that does not answer counts as ill."""
_DOWN_UP = "Run `labkit down`, then `labkit up`."


def find(workspace: Workspace, *, patience: float = PATIENCE) -> Description | None:
    """Return the running lab of `workspace`, or ``None``.

    Waits for one that is just starting.

    Raises
    ------
    LabError
        A lab runs, but it cannot be used: it does not answer, or another labkit started it.
    """
    deadline = time.monotonic() + patience
    while (holder := _holder(workspace)) is not None:
        try:
            description = read(workspace.description)
        except LabError as error:
            raise LabError(f"A lab runs here, but {error.message}", remedy=_DOWN_UP) from error
        if description is not None and description.pid == holder:
            return _answering(description, workspace)
        if time.monotonic() >= deadline:
            raise LabError(f"The lab in {workspace.root} does not get ready.", remedy=_DOWN_UP)
        time.sleep(0.02)
    return None


def joined(workspace: Workspace) -> Description:
    """Return the running lab of `workspace`; start nothing.

    Raises
    ------
    LabNotRunning
        There is none.
    """
    found = find(workspace)
    if found is None:
        raise LabNotRunning(f"No lab runs in {workspace.root}.", remedy="Run `labkit up`.")
    return found


def _holder(workspace: Workspace) -> int | None:
    """Return the pid of the lab of `workspace`, or ``None``."""
    try:
        return FileLock(workspace.lock).holder()
    except OSError as error:  # somebody else's folder, for example
        raise explained(error, workspace.root) from error


def _answering(description: Description, workspace: Workspace) -> Description | None:
    try:
        Control(description, timeout=HURRY).call("GET", "/ping")
    except LabNotRunning as error:
        if not FileLock(workspace.lock).held():
            return None  # it ended while we asked
        raise LabError(
            f"A lab runs in {workspace.root} but does not answer.", remedy=_DOWN_UP
        ) from error
    if description.version != labkit.__version__:
        raise LabError(
            f"The lab was started by labkit {description.version}; "
            f"this is labkit {labkit.__version__}.",
            remedy=f"{_DOWN_UP} Nothing that it holds is lost.",
        )
    return description


def start(workspace: Workspace, *, secure: bool = False, patience: float = PATIENCE) -> Description:
    """Return the running lab of `workspace`, starting it if it does not run.

    Several callers at once get the same lab.

    Parameters
    ----------
    secure
        Whether a new lab has its doors guarded. A folder that holds a lab keeps to what it was.

    Raises
    ------
    LabError
        It did not start; the message says why.
    UsageError
        A secure lab is asked for in the folder of an open one.
    """
    try:
        workspace.prepare()
    except LabError:  # the disk is full: a lab that runs can be joined all the same
        running = find(workspace, patience=0.0) if workspace.root.is_dir() else None
        if running is None or running.secure != secure:
            raise
        return running
    agree(workspace, secure)
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        found = find(workspace, patience=max(0.0, deadline - time.monotonic()))
        if found is not None:
            return found
        said = _spawn(workspace, patience=max(1.0, deadline - time.monotonic()))
        if said.get("state") == "failed":
            kind = PortTaken if said.get("kind") == "PortTaken" else LabError
            raise kind(said["error"], remedy=said["remedy"])
    raise LabError(
        f"The lab in {workspace.root} did not start within {patience:.0f} seconds.",
        remedy=f"Read {workspace.output}, then try `labkit up` again.",
    )


def stop(workspace: Workspace, *, grace: float = GRACE) -> bool:
    """End the lab of `workspace`; False if none was running.

    It is asked to end by its control interface. One that does not is ended by its pid, which is
    known to be ours: the process that wrote it holds the workspace's lock at this moment.
    """
    if _holder(workspace) is None:
        return False
    lock = FileLock(workspace.lock)
    if _asked_to_end(workspace, grace) and _gone(lock, grace):
        return True
    for name in ("SIGTERM", "SIGKILL"):
        pid, number = lock.holder(), getattr(signal, name, signal.SIGTERM)
        if pid is None:
            return True
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return True
        except OSError as error:
            raise explained(error, workspace.root) from error
        if _gone(lock, grace):
            return True
    raise LabError(
        f"The lab in {workspace.root} does not end.", remedy="End it by hand, or restart."
    )


def stop_all(workspace: Workspace) -> None:
    """End the lab of `workspace`, and the secure one beside it."""
    for where in (workspace, workspace.beside):
        if where.root.is_dir():
            stop(where)


def _asked_to_end(workspace: Workspace, grace: float) -> bool:
    """Ask by the control interface; False if it cannot be reached or ``lab.json`` is damaged."""
    try:
        description = read(workspace.description)
        if description is None:
            return False
        Control(description, timeout=grace).call("POST", "/shutdown")
    except LabkitError:
        return False
    return True


def _gone(lock: FileLock, grace: float) -> bool:
    deadline = time.monotonic() + grace
    while lock.held():
        if time.monotonic() >= deadline:
            return False
        time.sleep(0.02)
    return True


def _command(workspace: Workspace) -> list[str]:
    return [sys.executable, "-m", "labkit.lab.serve", str(workspace.root)]


def _last_words(workspace: Workspace) -> str:
    """Return the last line that the lab's process wrote, to be put after an error message."""
    try:
        lines = workspace.output.read_text(encoding="utf-8", errors="replace").split("\n")
    except OSError:
        return ""
    said = [line.strip() for line in lines if line.strip()]
    return f" ({said[-1][:200]})" if said else ""


def _spawn(workspace: Workspace, *, patience: float) -> dict[str, Any]:
    """Run the server detached, and return the one line it says when it is ready or gives up."""
    detached: dict[str, Any] = {"start_new_session": True}
    if sys.platform == "win32":
        flags = subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW
        detached = {"creationflags": flags}
    try:
        with workspace.output.open("ab") as output:
            process = subprocess.Popen(
                _command(workspace),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=output,
                cwd=workspace.root,
                **detached,
            )
    except OSError as error:
        raise explained(error, workspace.root) from error
    said: queue.Queue[bytes] = queue.Queue()

    def listen() -> None:
        assert process.stdout is not None
        said.put(process.stdout.readline())
        process.stdout.close()
        process.wait()  # collected when it ends, so that no zombie and no warning stays behind

    thread = threading.Thread(target=listen, daemon=True, name="labkit-launch")
    thread.start()
    try:
        line = said.get(timeout=patience)
    except queue.Empty:
        return {"state": "slow"}
    try:
        answer: dict[str, Any] = json.loads(line)
    except ValueError:
        answer = {
            "state": "failed",
            "error": f"The lab in {workspace.root} ended while it started{_last_words(workspace)}.",
            "remedy": f"Read {workspace.output}, then try `labkit up` again.",
        }
    if answer["state"] != "ready":
        thread.join(GRACE)  # it has given up: let it leave the folder before the caller acts on it
    return answer
