"""What the lab has to remember over a restart, besides what its nodes keep."""

from __future__ import annotations

import base64
import json
import zlib
from pathlib import Path
from typing import Any

from labkit.pacs.durable import replace_synced


class State:
    """A few named values, durable at once.

    It is packed, so that who looks around in the workspace does not read by accident what an
    unannounced fault is. That is courtesy, not secrecy.

    Parameters
    ----------
    path
        The file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._values: dict[str, Any] = _read(path)

    def get(self, name: str, default: Any) -> Any:
        """Return a value, or `default` where there is none."""
        return self._values.get(name, default)

    def put(self, **values: Any) -> None:
        """Keep values, durably."""
        wanted = {**self._values, **values}
        packed = base64.b85encode(zlib.compress(json.dumps(wanted).encode(), 9))
        replace_synced(self._path, packed)
        self._values = wanted  # after it, so that a full disk leaves both as they were

    def forget(self) -> None:
        """Forget everything."""
        self._values = {}
        self._path.unlink(missing_ok=True)


def _read(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(zlib.decompress(base64.b85decode(path.read_bytes())))
    except (OSError, ValueError, zlib.error):  # not there, or damaged: nothing to remember
        return {}
    return found if isinstance(found, dict) else {}
