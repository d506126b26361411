"""Runs the command-line tools that engineers use, and keeps what they print."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from labkit.common.errors import LabkitError, ResponseTimeout, UsageError
from labkit.common.html_table import preformatted
from labkit.dimse.commands import arguments, quoted
from labkit.dimse.peer import Peer

# Where installers put DCMTK without telling PATH.
_USUAL = ("/usr/bin", "/usr/local/bin", "/opt/homebrew/bin", "/opt/local/bin")


@dataclass(frozen=True)
class Transcript:
    """What a tool was asked and what it printed.

    Host, port, process numbers and folders of this machine are taken out, so that it can be kept.

    Attributes
    ----------
    tool
        Its name and version: ``"DCMTK 3.6.7"``.
    command
        The command line, with ``HOST PORT`` for the address.
    text
        What it printed, both streams.
    exit_code
        0 for success, as far as the tool tells.
    """

    tool: str
    command: str
    text: str
    exit_code: int = field(default=0)

    @property
    def lines(self) -> list[str]:
        """The printed lines."""
        return self.text.splitlines()

    def __str__(self) -> str:
        return "\n".join(
            [f"$ {self.command}", *self.lines, f"[{self.tool}, exit {self.exit_code}]"]
        )

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return preformatted(str(self))


def find_dcmtk(program: str) -> tuple[Path, str] | None:
    """Look for one of DCMTK's programs outside the Python environment.

    pynetdicom installs scripts named ``storescu``, ``findscu`` … into it, and dcm4che's have these
    names too; only ``--version`` tells them apart.

    Returns
    -------
    path, version
        ``None`` where there is none.
    """
    for folder in _folders():
        found = shutil.which(program, path=folder)
        if found and (number := _dcmtk_version(found)):
            return Path(found), number
    return None


def run_tool(
    act: str,
    peer: Peer,
    *,
    tool: str | None = None,
    verbose: bool = True,
    timeout: float = 120.0,
    ae_title: str = "LEARNER",
    **what: Any,
) -> Transcript:
    """Run DCMTK for an act, or pynetdicom's program where DCMTK is not installed.

    Parameters
    ----------
    act, peer, ae_title, what
        As of `labkit.dimse.command_lines`: `identifier`, `files`, `destination`, `model`, `folder`.
    tool
        ``"DCMTK"`` or ``"pynetdicom"``; ``None`` prefers DCMTK.
    verbose
        Have it tell each step (``-v``).
    timeout
        Seconds that it may take.

    Raises
    ------
    UsageError
        The tool asked for is not installed, or the act lacks something.
    ResponseTimeout
        It did not end in time.
    """
    found = find_dcmtk(f"{act}scu") if tool in (None, "DCMTK") else None
    if tool not in (None, "DCMTK", "pynetdicom") or (tool == "DCMTK" and found is None):
        raise UsageError(
            f"{tool} cannot be run here",
            remedy="Install DCMTK (https://dcmtk.org), or use tool='pynetdicom'.",
        )
    details = {"identifier": None, "files": (), "destination": None, "model": "study",
               "folder": "received", **what, "ae_title": ae_title}  # fmt: skip
    if isinstance(details["files"], (str, Path)):
        details["files"] = [details["files"]]
    kind = "DCMTK" if found else "pynetdicom"
    words = arguments(kind, act, peer.ae_title, peer.host, str(peer.port), **details)
    shown = arguments(kind, act, peer.ae_title, "HOST", "PORT", **details)
    if found:
        name, command = f"DCMTK {found[1]}", [str(found[0]), *words[1:]]
    else:
        name, command = f"pynetdicom {version('pynetdicom')}", [sys.executable, *words[1:]]
    if verbose:
        place = len(command) - len(words) + (1 if found else 4)
        command.insert(place, "-v")
        shown.insert(place, "-v")
    if act == "get":
        Path(str(details["folder"])).mkdir(parents=True, exist_ok=True)
    text, code = _run(command, timeout, name)
    files = [*map(str, details["files"]), str(details["folder"])]
    return Transcript(
        name,
        _clean(quoted(shown), peer, files),
        _clean(text, peer, files),
        code,
    )


def _run(command: Sequence[str], timeout: float, name: str) -> tuple[str, int]:
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=timeout,
            check=False,
            env={**os.environ, "TCP_NODELAY": "1"},  # DCMTK waits 40 ms a message without it
        )
    except subprocess.TimeoutExpired as error:
        raise ResponseTimeout(
            f"{name} did not end within {timeout:g} s",
            remedy="Check with C-ECHO that the peer answers, or give it longer (timeout=…).",
        ) from error
    except OSError as error:
        raise LabkitError(
            f"{name} cannot be started: {error.strerror}", remedy="Use tool='pynetdicom'."
        ) from error
    return done.stdout.decode("utf-8", "replace").replace("\r\n", "\n"), done.returncode


def _clean(text: str, peer: Peer, files: Sequence[str]) -> str:
    """Take out what differs from machine to machine and from run to run."""
    for file in sorted(files, key=len, reverse=True):
        text = text.replace(file, Path(file).name)
    text = re.sub(rf"{re.escape(peer.host)}([: ]+){peer.port}\b", r"HOST\1PORT", text)
    text = re.sub(rf"\b{re.escape(peer.host)}\b", "HOST", text)
    text = re.sub(rf"(?i)(port\W+){peer.port}\b", r"\1PORT", text)
    text = re.sub(r"(?i)\b(pid|process)([ :=#]*)\d+", r"\1\2N", text)
    return "\n".join(line.rstrip() for line in text.strip("\n").splitlines())


def _folders() -> Iterator[str]:
    seen = set()
    for folder in [*os.environ.get("PATH", "").split(os.pathsep), *_USUAL]:
        if folder and folder not in seen and not _in_environment(folder):
            seen.add(folder)
            yield folder


def _in_environment(folder: str) -> bool:
    """Whether pip puts scripts here: the virtual environment's folder, or the interpreter's own."""
    if sys.prefix == sys.base_prefix:
        return False  # no virtual environment: `--version` alone decides
    return Path(folder).resolve().is_relative_to(Path(sys.prefix).resolve())


def _dcmtk_version(program: str) -> str:
    try:
        done = subprocess.run(
            [program, "--version"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=20,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    match = re.search(rb"\$dcmtk: \S+ v(\S+)", done.stdout)
    return match.group(1).decode("ascii", "replace") if match else ""
