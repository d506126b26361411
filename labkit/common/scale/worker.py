"""What runs on a worker. No exception leaves here for what is wrong with a study.

Dask writes a task's arguments into the log of the worker when it raises, and they hold names.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import os
import sys
import tempfile
import uuid
import warnings
from collections.abc import Callable
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from labkit.common.errors import LabkitError, NetworkError, UsageError

Act = Callable[[dict[str, Any]], dict[str, Any]]
"""Takes the payload of a unit and returns its part; both as JSON."""
_SAME = ("labkit", "pydicom")
#: What is in each unit, so that what a test or a user wants to be told of passes through.
Answer = dict[str, Any]


def versions() -> dict[str, str]:
    """Return what has to be the same on both sides for the result to be the same."""
    found = {"python": f"{sys.version_info[0]}.{sys.version_info[1]}"}
    for name in _SAME:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "none"
    return found


def look(probe: str) -> dict[str, Any]:
    """Say what this worker is, and whether it has the folder of a file that was just written."""
    path = Path(probe)
    try:
        seen = path.read_text("utf-8")
        mine = path.with_name(f"{path.name}-{uuid.uuid4().hex}")
        mine.write_text("", "utf-8")
        mine.unlink()
    except OSError as error:
        return {"versions": versions(), "seen": "", "why": error.strerror or str(error)}
    return {"versions": versions(), "seen": seen, "why": ""}


def perform(job: str, digest: str, part: str, payload: dict[str, Any]) -> Answer:
    """Do one unit and write its part.

    Parameters
    ----------
    job
        The job file, in the state folder.
    digest
        SHA-256 of the job file, in hexadecimal.
    part
        Where the part goes.
    payload
        The unit.

    Returns
    -------
    dict
        ``digest`` of the part; or ``failed``, why not, and ``network``, whether another would fare
        no better.

    Raises
    ------
    UsageError
        This worker does not have the folder, or is of another version: no unit's fault.
    """
    act = _act(job, digest)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # pydicom's warnings quote values
            made = act(payload)
        raw = json.dumps(made, ensure_ascii=False, separators=(",", ":")).encode()
        put(Path(part), raw)
    except LabkitError as error:
        return {"failed": error.message, "network": isinstance(error, NetworkError)}
    except OSError as error:
        return {"failed": f"{type(error).__name__}: {error.strerror}", "network": False}
    except Exception as error:  # whatever it is: it is this unit's, and its words may be PHI
        return {"failed": f"{type(error).__name__} in labkit", "network": False}
    return {"digest": hashlib.sha256(raw).hexdigest()}


@lru_cache(maxsize=4)
def _act(job: str, digest: str) -> Act:
    """Make what does the units of a job, once in a process."""
    try:
        raw = Path(job).read_bytes()
    except OSError as error:
        raise UsageError(
            f"a worker does not see {job} ({error.strerror})",
            remedy="Give --state a folder that every worker has under the same path.",
        ) from None
    if hashlib.sha256(raw).hexdigest() != digest:
        raise UsageError(
            f"a worker sees another {job}",
            remedy="Give --state a folder that every worker shares.",
        )
    found = json.loads(raw)
    if differs := difference(versions(), found["versions"]):
        raise UsageError(
            f"a worker that joined has {differs}", remedy="Install the same on every worker."
        )
    module, _, name = found["work"].partition(":")
    make: Callable[[dict[str, Any]], Act] = getattr(importlib.import_module(module), name)
    return make(found["spec"])


def difference(theirs: dict[str, str], ours: dict[str, str]) -> str:
    """Say which versions are others, in words; ``""`` if none."""
    return ", ".join(
        f"{name} {theirs.get(name, 'none')} where we have {ours[name]}"
        for name in ours
        if theirs.get(name) != ours[name]
    )


def put(path: Path, raw: bytes) -> None:
    """Write a file for its owner alone, whole or not at all; on the disk on return."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".part-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(raw)
            file.flush()
            os.fsync(descriptor)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
