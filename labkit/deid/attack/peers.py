"""The peers: PyPI dicom-anonymizer and deid, in a virtual environment of their own."""

from __future__ import annotations

import json
import subprocess
import sys
import venv
from pathlib import Path

from labkit.common.errors import DataError, UsageError

PEERS = {"dicom-anonymizer": "2.1.0", "deid": "0.4.13"}
"""Distribution on PyPI, and its version."""

_SCRIPT = Path(__file__).with_name("peer_script.py")


def environment(folder: Path) -> Path:
    """Make the virtual environment from PyPI if it is not there; return its interpreter.

    Raises
    ------
    DataError
        pip could not install them.
    """
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    if python.is_file():
        return python
    venv.create(folder, with_pip=True)
    wanted = [f"{name}=={version}" for name, version in PEERS.items()]
    done = subprocess.run(
        [str(python), "-m", "pip", "install", "--quiet", *wanted],
        capture_output=True, text=True, encoding="utf-8", check=False,
    )  # fmt: skip
    if done.returncode:
        raise DataError(
            f"the peers could not be installed: {done.stderr.strip()[-300:]}",
            remedy="they come from PyPI: is there a network?",
        )
    return python


def peer(name: str, python: Path, source: Path, out: Path) -> dict[str, float]:
    """Have a peer de-identify a study, as its documentation says.

    Parameters
    ----------
    name
        One of `PEERS`.
    python
        Interpreter that has it.
    out
        Made; files in it are in the folders of the source.

    Returns
    -------
    dict
        ``{"files": …, "failed": …, "seconds": …}``; seconds without starting up.

    Raises
    ------
    UsageError
        There is no such peer.
    DataError
        It could not be run.
    """
    if name not in PEERS:
        raise UsageError(f"there is no peer {name!r}", remedy=f"peers are {', '.join(PEERS)}")
    out.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        [str(python), str(_SCRIPT), name, str(source), str(out)],
        capture_output=True, text=True, encoding="utf-8", check=False,
    )  # fmt: skip
    last = done.stdout.strip().splitlines()[-1:] or [""]
    if done.returncode or not last[0].startswith("{"):
        raise DataError(f"{name} failed: {done.stderr.strip()[-300:]}", remedy="run it by hand")
    found: dict[str, float] = json.loads(last[0])
    return found
