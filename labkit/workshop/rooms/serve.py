"""The process of the rooms: ``python -m labkit.workshop.rooms.serve FOLDER BIND PORT MINUTES``.

It says one line of JSON on standard output (ready, taken, or failed and why), then nothing more,
and works until it is asked to end.
"""

from __future__ import annotations

import ipaddress
import json
import os
import signal
import socket
import sys
import threading
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from labkit.common.errors import LabkitError, PortTaken, UsageError
from labkit.common.serving import HttpService
from labkit.lab.lock import FileLock
from labkit.lab.problems import explained
from labkit.workshop.release import Workshop
from labkit.workshop.rooms.jupyter import clean_environment

LOCK = "rooms.lock"
LOOK = 0.5
"""Seconds between two looks at whether the workshop is still there."""


def listening_at(address: str, port: int, *, exactly: bool) -> socket.socket:
    """Listen at an address of this machine.

    Parameters
    ----------
    port
        Where it was last, or what the user named; 0 for any.
    exactly
        Whether no other will do.

    Raises
    ------
    UsageError
        It is no address of this machine.
    PortTaken
        The port that was named cannot be had.
    """
    try:
        family = socket.AF_INET6 if ipaddress.ip_address(address).version == 6 else socket.AF_INET
    except ValueError:
        raise UsageError(
            f"{address!r} is no address.", remedy="Name one of this machine, such as 192.168.1.20."
        ) from None
    for wanted in (port,) if exactly and port else dict.fromkeys((port, 0)):
        sock = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        if sys.platform != "win32":  # there, this option would let two programs share a port
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind((address, wanted))
            sock.listen(64)
            return sock
        except OSError as error:
            sock.close()
            if wanted == 0:
                raise UsageError(
                    f"Nothing can be served at {address} ({error.strerror}).",
                    remedy="Name an address that this machine has: `ip address` shows them.",
                ) from error
    raise PortTaken(
        f"Port {port} cannot be had at {address}.",
        remedy="Leave --port out, and a free one is found.",
    )


def _say(**line: object) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()
    silent = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silent, sys.stdout.fileno())
    os.close(silent)


def main(arguments: Sequence[str], say: Callable[..., None] = _say) -> int:
    """Serve the rooms of a workshop until told to end; returns the exit code.

    Parameters
    ----------
    say
        Called once, with what the one who started us is to know.
    """
    folder, bind, port, minutes = Path(arguments[0]), arguments[1], arguments[2], arguments[3]
    workshop = Workshop(folder)
    lock = FileLock(folder / LOCK)
    done = threading.Event()
    os.environ.update(clean_environment())  # before numpy is there: one thread, not one a core
    try:
        if not lock.acquire(patience=1.0):
            say(state="taken")
            return 0
        # Nothing that starts a thread comes before the nursery.
        from labkit.workshop.rooms.starter import starter

        nursery = starter()
        from labkit.workshop.rooms.house import House
        from labkit.workshop.rooms.portal import Portal

        house = House(workshop, nursery, minutes=int(minutes))
        sock = listening_at(bind, int(port) or house.record.port, exactly=bool(int(port)))
        service = HttpService("rooms")
        taken = service.take(sock)
        record, code = replace(house.record, bind=bind, port=taken).with_new_instructor()
        house.change(lambda _: record)
        for name in ("SIGTERM", "SIGINT", "SIGBREAK"):
            if hasattr(signal, name):
                signal.signal(getattr(signal, name), lambda *_: done.set())
        service.start(Portal(house, done.set).app())
    except Exception as error:  # whatever it is, the one who started us must be told
        clear = error if isinstance(error, LabkitError) else explained(error, folder)
        say(state="failed", kind=type(clear).__name__, error=clear.message, remedy=clear.remedy)
        with suppress(OSError):
            traceback.print_exc()
        return 1
    say(state="ready", code=code)
    while not done.wait(LOOK) and lock.in_place():
        pass
    house.close_all()
    service.stop()
    house.leave()
    lock.release()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
