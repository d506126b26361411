"""Talk to a running lab's control interface, with nothing but the standard library.

``http.client`` goes straight to loopback: no proxy setting of the machine can come between.
"""

from __future__ import annotations

import http.client
import json
from typing import Any
from urllib.parse import urlsplit

from labkit.common.errors import LabError, LabkitError, LabNotRunning, UsageError
from labkit.lab.description import Description

KEY_HEADER = "x-labkit-key"
TIMEOUT = 30.0
"""Seconds to wait for an answer; the slowest, a reset that seeds anew, takes about five."""


class Control:
    """One lab's control interface.

    Parameters
    ----------
    description
        Says where it is and holds the key.
    timeout
        Seconds to wait for an answer.
    """

    def __init__(self, description: Description, *, timeout: float = TIMEOUT) -> None:
        self.description = description
        self.timeout = timeout

    def call(self, method: str, path: str, body: object = None) -> Any:
        """Send one request and return the JSON of the answer.

        Raises
        ------
        LabNotRunning
            Nobody answers there, or what answers does not know our key.
        UsageError, LabError
            What was asked cannot be; the lab could not do it. The remedy is the lab's own.
        """
        parts = urlsplit(self.description.control_url)
        link = http.client.HTTPConnection(
            parts.hostname or "", parts.port or 0, timeout=self.timeout
        )
        headers = {KEY_HEADER: self.description.control_key, "content-type": "application/json"}
        try:
            link.request(
                method, parts.path + path, body=json.dumps(body).encode("utf-8"), headers=headers
            )
            answer = link.getresponse()
            status, text = answer.status, answer.read()
        except (OSError, http.client.HTTPException) as error:
            raise LabNotRunning(
                f"The lab does not answer ({type(error).__name__}).",
                remedy="Run `lab = labkit.open_lab()` again, or `labkit up` in a terminal.",
            ) from error
        finally:
            link.close()
        return _understood(status, text)


def _understood(status: int, text: bytes) -> Any:
    try:
        data = json.loads(text)
    except ValueError:
        data = None
    if status == 401 or data is None:
        raise LabNotRunning(
            "Another program answers where the lab was.",
            remedy="Run `labkit down` and then `labkit up`: the lab will take other ports.",
        )
    if status >= 400:
        kind: type[LabkitError] = UsageError if status == 400 else LabError
        raise kind(data.get("error", f"The lab refused ({status})."), remedy=data.get("remedy", ""))
    return data
