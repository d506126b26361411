"""Copies at a site of studies whose original is elsewhere, and who retires them."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from labkit.pacs.durable import replace_synced

if TYPE_CHECKING:
    from labkit.exchange.network.site import Site


class Copies:
    """The studies that a site keeps as copies, the oldest first; in a file, so that they are known
    after a restart.

    Parameters
    ----------
    path
        The file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._studies: list[str] = json.loads(path.read_text()) if path.exists() else []

    @property
    def studies(self) -> list[str]:
        """Study Instance UIDs, the oldest first."""
        with self._lock:
            return list(self._studies)

    def keep(self, study: str, site: Site, most: int) -> list[str]:
        """Count a study as a copy, the newest; retire what is over `most` (0: nothing ever).

        Returns
        -------
        list of str
            Study Instance UIDs of those that were retired.
        """
        with self._lock:
            if study in self._studies:
                self._studies.remove(study)
            self._studies.append(study)
            # What waits to be passed on is the only one there is: no copy yet.
            old = self._studies[:-most] if most else []
            retired = [each for each in old if not site.waits(each)]
            self._studies = [each for each in self._studies if each not in retired]
            replace_synced(self._path, json.dumps(self._studies).encode())
        for each in retired:
            site.remove(each)
        return retired
