"""Start, find and ask the process of the rooms."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any

from labkit.common.errors import LabError, LabkitError, LabNotRunning, PortTaken, UsageError
from labkit.lab.lock import FileLock
from labkit.workshop.release import Workshop
from labkit.workshop.rooms.portal import KEY_HEADER
from labkit.workshop.rooms.record import Record
from labkit.workshop.rooms.serve import LOCK

START = 120.0
"""Seconds that the process may take until it answers; it reads all modules first."""
_STOP = "Run `labkit workshop stop`, then `labkit workshop start`."


@dataclass(frozen=True)
class Service:
    """The running process of a workshop's rooms."""

    workshop: Workshop
    record: Record

    @property
    def url(self) -> str:
        """What learners open."""
        bind = self.record.bind
        return f"http://{f'[{bind}]' if ':' in bind else bind}:{self.record.port}/"

    def call(self, act: str, patience: float, **body: Any) -> Any:
        """Ask for one thing.

        Raises
        ------
        LabNotRunning
            Nobody answers.
        UsageError, LabError
            It cannot be done; the remedy is the process's own.
        """
        bind = self.record.bind
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(bind, bind)  # nosec B104: not bound
        link = http.client.HTTPConnection(host, self.record.port, timeout=patience)
        try:
            headers = {KEY_HEADER: self.record.key, "content-type": "application/json"}
            link.request("POST", f"/control/{act}", json.dumps(body), headers)
            answer = link.getresponse()
            status, data = answer.status, json.loads(answer.read())
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise LabNotRunning(
                f"The rooms do not answer ({type(error).__name__}).", remedy=_STOP
            ) from error
        finally:
            link.close()
        if status >= 400:
            kind = UsageError if status == 400 else LabError
            raise kind(data["error"], remedy=data["remedy"])
        return data


def find(workshop: Workshop) -> Service | None:
    """Return the running process of a workshop's rooms, or ``None``."""
    if not FileLock(workshop.folder / LOCK).held():
        return None
    return Service(workshop, Record.read(workshop.rooms))


def start(workshop: Workshop, *, bind: str, port: int, minutes: int) -> tuple[Service, str]:
    """Start the process of a workshop's rooms.

    Returns
    -------
    The process, and the instructor's code: it is said here, and kept nowhere.

    Raises
    ------
    LabError
        It did not start; says why.
    """
    log = workshop.folder / "rooms.log"
    detached: dict[str, Any] = {"start_new_session": True}
    if sys.platform == "win32":
        flags = subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW
        detached = {"creationflags": flags}
    command = [sys.executable, "-m", "labkit.workshop.rooms.serve"]
    command += [str(workshop.folder.resolve()), bind, str(port), str(minutes)]
    with log.open("ab") as output:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=output,
            cwd=workshop.folder, **detached,
        )  # fmt: skip
    said: SimpleQueue[bytes] = SimpleQueue()

    def listen() -> None:
        assert process.stdout is not None
        said.put(process.stdout.readline())
        process.stdout.close()
        process.wait()

    threading.Thread(target=listen, daemon=True, name="labkit-rooms").start()
    try:
        answer = json.loads(said.get(timeout=START))
    except (Empty, ValueError):
        raise LabError("The rooms did not start.", remedy=f"Read {log}, and try again.") from None
    if answer["state"] == "failed":
        kinds: dict[str, type[LabkitError]] = {"UsageError": UsageError, "PortTaken": PortTaken}
        raise kinds.get(answer["kind"], LabError)(answer["error"], remedy=answer["remedy"])
    found = find(workshop)
    if found is None or answer["state"] == "taken":
        raise LabError("Another program started the rooms just now.", remedy="Ask once more.")
    return found, str(answer["code"])


def wait_for_the_end(workshop: Workshop, patience: float = START) -> bool:
    """Wait until the process of a workshop's rooms has ended; False if it has not."""
    lock, until = FileLock(workshop.folder / LOCK), time.monotonic() + patience
    while lock.held():
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True
