"""What workers do in tests: they say that they have begun, and wait to be let on."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

LONG = 120.0
"""Seconds after which a wait is given up; no test comes near it."""


def until(ready: Callable[[], Any], what: str) -> Any:
    """Wait for a condition."""
    end = time.monotonic() + LONG
    while time.monotonic() < end:
        found = ready()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError(f"never: {what}")


def worker(spec: dict[str, Any]) -> Any:
    """A unit notes in ``begun`` who does it, waits for ``go`` if it is to, notes in ``did``."""
    home = Path(spec["home"])

    def act(payload: dict[str, Any]) -> dict[str, Any]:
        name = payload["name"]
        with (home / "begun").open("a") as file:
            file.write(f"{name} {os.getpid()}\n")
        if name in spec.get("poison", ()) and not (home / "mended").exists():
            os.kill(os.getpid(), signal.SIGKILL)
        if name in spec.get("slow", ()):
            until((home / "go").exists, "let on")
        if name in spec.get("wrong", ()):
            raise ValueError("Doe^Jane")
        with (home / "did").open("a") as file:
            file.write(f"{name}\n")
        return {"made of": name}

    return act


def begun(home: Path) -> dict[str, int]:
    """Unit → pid of who began it last."""
    try:
        lines = (home / "begun").read_text().splitlines()
    except OSError:
        return {}
    return {name: int(pid) for name, pid in (line.split() for line in lines)}


def did(home: Path) -> list[str]:
    """The units that were done to their end, in that order."""
    return (home / "did").read_text().splitlines()


def alive(pid: int) -> bool:
    """Whether a process runs."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().split(")")[1].split()[0] != "Z"
    except OSError:
        return False
