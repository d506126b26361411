"""One report to a board, and what the lab has to say for it."""

from __future__ import annotations

import http.client
import json
import ssl
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from labkit.common.errors import HttpError, LabkitError, NetworkError
from labkit.exercises.joining import Joined
from labkit.exercises.wire import NODES, LabState, Report

KEY_HEADER = "X-Labkit-Key"
"""What shows that it is the laptop that was first to report as this learner."""
TIMEOUT = 5.0
"""Seconds that a board may be silent."""
_LARGEST = 64 << 10


def post(joined: Joined, key: str, report: Report, *, timeout: float = TIMEOUT) -> dict[str, Any]:
    """Send a report; return the board's answer: ``next`` and ``shown``.

    Raises
    ------
    HttpError
        The board does not take it; the remedy is the board's own.
    NetworkError
        Nobody answers there.
    """
    return _ask(joined, key, "POST", report.body(), timeout)


def take_back(joined: Joined, key: str, *, timeout: float = TIMEOUT) -> None:
    """Have a board forget what it was told of this learner; raises as `post` does."""
    _ask(joined, key, "DELETE", json.dumps({"who": joined.who}).encode("ascii"), timeout)


def _ask(joined: Joined, key: str, method: str, body: bytes, timeout: float) -> dict[str, Any]:
    parts = urlsplit(joined.url)
    host, port = parts.hostname or "", parts.port
    link: http.client.HTTPConnection
    if parts.scheme == "https":
        safe = ssl.create_default_context()
        link = http.client.HTTPSConnection(host, port, timeout=timeout, context=safe)
    else:
        link = http.client.HTTPConnection(host, port, timeout=timeout)
    headers = {"Authorization": f"Bearer {joined.code}", KEY_HEADER: key,
               "Content-Type": "application/json"}  # fmt: skip
    try:
        link.request(method, f"{parts.path}/api/acts", body=body, headers=headers)
        answer = link.getresponse()
        status, text = answer.status, answer.read(_LARGEST)
    except (OSError, http.client.HTTPException) as error:
        raise NetworkError(
            f"No board answers at {joined.url} ({type(error).__name__}).",
            remedy="Check the address, and that this laptop is in the network of the room.",
        ) from error
    finally:
        link.close()
    try:
        data = json.loads(text)
    except ValueError:
        data = None
    if not isinstance(data, dict):
        data = {"error": f"What answers at {joined.url} is no board ({status})."}
    if status != 200 or type(data.get("next")) is not int:
        said = str(data.get("error", f"The board answered {status}."))[:400]
        remedy = str(data.get("remedy", "Check the address with the instructor."))[:400]
        raise HttpError(said, status=status, remedy=remedy)
    return data


def lab_state(workspace: Path) -> LabState:
    """Ask the lab of a workspace, open or secure, how it is; starts nothing.

    Only labs that labkit itself serves are asked: of own servers nothing is told.
    """
    from labkit.lab import launch  # here: a kernel that has not joined should not pay for it
    from labkit.lab.embedded import lab_of
    from labkit.lab.workspace import Workspace

    own = Workspace(workspace)
    try:
        for each in (own, own.beside):
            description = launch.find(each, patience=TIMEOUT)
            if description is not None:
                rows = lab_of(each, description).whole_health()
                ill = tuple(row.name for row in rows if not row.healthy and row.name in NODES)
                return LabState("well" if rows else "ill", ill)
    except LabkitError:
        return LabState("ill")  # it runs, and does not answer
    return LabState("down")
