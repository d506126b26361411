"""Runs pip inside .venv: its progress as a bar, and its failures as one line with a remedy."""

from __future__ import annotations

import contextlib
import os
import queue
import re
import subprocess
import sys
import threading
from pathlib import Path
from typing import IO

from tooling.console import Progress, Trouble, no_space

# Settings of the user's own that would send packages elsewhere than into .venv.
_MISLEADING = ("PYTHONHOME", "PYTHONPATH", "PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_NO_BINARY")

# What pip says, and what it means; the first that matches counts.
_MEANINGS = [
    (r"No space left on device|Errno 28|Errno 122|not enough space", "space"),
    (r"CERTIFICATE_VERIFY_FAILED|SSLError", "certificate"),
    (
        r"NewConnectionError|ConnectionError|name resolution|Failed to establish|getaddrinfo"
        r"|ConnectTimeout|ReadTimeout|Read timed out|ProxyError|unreachable|Connection refused"
        r"|Connection broken|ProtocolError|IncompleteRead",
        "network",
    ),
    (r"DO NOT MATCH THE HASHES", "hashes"),
    (r"No matching distribution|Could not find a version", "platform"),
    (r"Permission denied|Read-only file system|Access is denied", "closed"),
]


def clean_environment() -> dict[str, str]:
    """The environment without what would lead pip or a kernel out of .venv."""
    env = {k: v for k, v in os.environ.items() if k not in _MISLEADING}
    return {**env, "PIP_USER": "0", "PIP_REQUIRE_VIRTUALENV": "0", "PYTHONIOENCODING": "utf-8"}


def _meaning(output: list[str], venv: Path) -> Trouble:
    text = "\n".join(output)
    kind = next((kind for pattern, kind in _MEANINGS if re.search(pattern, text)), "other")
    errors = [line for line in output if line.startswith("ERROR")] or output[-1:] or ["no output"]
    if kind == "space":
        return no_space(str(venv))
    if kind == "certificate":
        return Trouble(
            "The package index could not be trusted: its certificate is not known here.",
            "Behind a company proxy, set PIP_CERT to its certificate file and run again.",
        )
    if kind == "network":
        return Trouble(
            "The package index cannot be reached.",
            "Connect to the internet (or set HTTPS_PROXY) and run again; later starts need none.",
        )
    if kind == "hashes":
        return Trouble(
            "A downloaded package is not the one in the lock, so nothing of it was used.",
            "Run again; if it stays so, something between you and the index alters downloads.",
        )
    if kind == "platform":
        return Trouble(
            f"There is no ready-made package for this kind of machine: {errors[0]}",
            "Use 64-bit Linux (glibc 2.31 or newer), macOS or Windows with a Python from "
            "python.org or your system.",
        )
    if kind == "closed":
        return Trouble(
            f"pip may not write in {venv}.",
            "Copy the whole workbook to a folder of your own and run lab.py there.",
        )
    return Trouble(f"pip failed: {errors[0]}", f"The whole of what it said: {venv / 'pip.log'}")


def _installed(venv: Path) -> int:
    """Number of packages that have arrived."""
    posix, windows = "lib/python*/site-packages/*.dist-info", "Lib/site-packages/*.dist-info"
    return sum(1 for _ in venv.glob(windows if os.name == "nt" else posix))


def pip(
    python: Path, arguments: list[str], *, venv: Path, packages: int, label: str, holds: IO[str]
) -> None:
    """Run `pip install` with `arguments`.

    Parameters
    ----------
    packages
        Number of packages to come at most, for the progress bar.
    holds
        The lock of the set-up. pip holds it too, so that no second set-up begins beside a pip
        whose own set-up was killed.

    Raises
    ------
    Trouble
        If pip fails, with the likely cause and its remedy.
    """
    command = [str(python), "-m", "pip", "install", "--no-input", "--disable-pip-version-check"]
    process = subprocess.Popen(
        [*command, "--progress-bar", "off", "--retries", "3", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
        env=clean_environment(),
        pass_fds=() if sys.platform == "win32" else (holds.fileno(),),
    )
    lines: queue.Queue[str] = queue.Queue()
    reader = threading.Thread(target=_pass_on, args=(process, lines))
    reader.start()
    try:
        output = _follow(process, lines, reader, venv, Progress(label, packages))
    except BaseException:
        process.kill()
        process.wait()
        raise
    if process.returncode:
        trouble = _meaning(output, venv)
        with contextlib.suppress(OSError):  # the log is a help, and its disk may be what is full
            (venv / "pip.log").write_text("\n".join(output), encoding="utf-8")
        raise trouble


def _pass_on(process: subprocess.Popen[str], lines: queue.Queue[str]) -> None:
    for line in process.stdout or ():
        lines.put(line)


def _follow(
    process: subprocess.Popen[str],
    lines: queue.Queue[str],
    reader: threading.Thread,
    venv: Path,
    progress: Progress,
) -> list[str]:
    """Show what pip does until it ends, and return what it said."""
    output: list[str] = []
    found, installing, before, what = 0, False, _installed(venv), ""
    while process.poll() is None or reader.is_alive() or not lines.empty():
        try:
            line = lines.get(timeout=0.3).rstrip()
        except queue.Empty:
            line = ""
        if line:
            output.append(line)
        if line.startswith("Ignoring "):
            progress.total -= 1
        elif line.startswith(("Collecting ", "Requirement already")):
            found += 1
            what = line.split(" ")[1] if line.startswith("C") else "there already"
        elif line.startswith("Installing collected"):
            installing, what = True, "unpacking"
        # Downloading is the first half of the way, unpacking the second.
        arrived = _installed(venv) - before if installing else 0
        progress.show((found + max(arrived, 0)) // 2, what)
    if process.returncode == 0:
        progress.show(progress.total)
    progress.close()
    return output
